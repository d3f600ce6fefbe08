"""What `hard_tests.py` counts: an attempt to make the program lose, spoil or fail something."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import soundfile
from numpy.typing import NDArray

from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import sha256_of
from vocal_separation_sanity_check.songs import read_original, read_results
from vocal_separation_sanity_check.spectral import istft, stft

ROOT = Path(__file__).resolve().parents[1]
RATE_HZ = 22050
PREPARE = ["prepare_audio_files.py", "--no-align"]
CHECK = ["sanity_check_complete.py", "--quick"]
ENDINGS = ("done", "told", "lost", "wrong", "traceback")
"""As it should; refused in a line; something is gone; something is not what it claims to be."""


class LostError(AssertionError):
    """A file, a song or a process is not where it should be."""


class WrongError(AssertionError):
    """Results vouch for what is not so."""


class TracebackError(AssertionError):
    """A command showed one."""


@dataclass(frozen=True)
class Attempt:
    """How one attempt ended.

    Attributes
    ----------
    attack : str
        What was tried.
    ending : str
        One of `ENDINGS`.
    told : str
        What there is to say of it.
    """

    attack: str
    ending: str
    told: str = ""


def tried(attack: str, act: Callable[[], object]) -> Attempt:
    """Make an attempt; an `InputError`, or what a command told of, is as good as success."""
    try:
        told = act()
    except InputError as error:
        return Attempt(attack, "told", str(error))
    except (LostError, WrongError, TracebackError) as error:
        return Attempt(attack, type(error).__name__.removesuffix("Error").lower(), str(error))
    except Exception:
        return Attempt(attack, "traceback", traceback.format_exc())
    return Attempt(attack, "told" if told == "told" else "done")


def table(attempts: Iterable[Attempt]) -> str:
    """Count attempts by attack and ending."""
    counts = Counter((attempt.attack, attempt.ending) for attempt in attempts)
    attacks = list(dict.fromkeys(attack for attack, _ in counts))
    rows = [("what was tried", "times", *ENDINGS)]
    for attack in attacks:
        numbers = [counts[attack, ending] for ending in ENDINGS]
        rows.append((attack, str(sum(numbers)), *map(str, numbers)))
    totals = [sum(counts[attack, ending] for attack in attacks) for ending in ENDINGS]
    rows.append(("all", str(sum(totals)), *map(str, totals)))
    return "\n".join(f"{row[0]:<58}" + "".join(f"{n:>10}" for n in row[1:]) for row in rows)


def start(workspace: Path, command: list[str], *flags: str) -> subprocess.Popen[str]:
    """Start one of the scripts."""
    script, *own = command
    arguments = [sys.executable, str(ROOT / script), "--workspace", str(workspace), *own, *flags]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(arguments, errors="replace", **pipes)


def ended(process: subprocess.Popen[str]) -> str:
    """Wait for a script; "told" where it refused."""
    out, errors = process.communicate(timeout=300)
    if "Traceback" in out + errors or "traceback:" in out:
        raise TracebackError(errors + out)
    if process.returncode not in (0, 2, -signal.SIGKILL):
        raise LostError(f"status {process.returncode}: {errors}")
    return "told" if process.returncode == 2 else "done"


def kill(process: subprocess.Popen[str]) -> None:
    """End a script with kill -9, and make sure that its own processes end as well."""
    others = []
    if process.poll() is None:
        others = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
    ended(process)
    if psutil.wait_procs(others, timeout=10)[1]:
        raise LostError("processes outlived their parent")


def write_prepared(workspace: Path, name: str, duration_s: float = 1.5, seed: int = 0) -> Path:
    """Make a prepared song."""
    folder = workspace / "rtg" / "100-window" / name
    folder.mkdir(parents=True, exist_ok=True)
    song = demo_song(duration_s, RATE_HZ)
    gain = 0.5 ** (seed % 3)
    for file, sound in (("stereo_mixture", song.mixture), ("isolated_vocal", song.vocal)):
        soundfile.write(folder / f"{file}.wav", gain * sound.mean(1), RATE_HZ, subtype="PCM_24")
    return folder


def write_pair(workspace: Path, name: str, duration_s: float = 2.0, gain: float = 1.0) -> Path:
    """Put a pair into process/; give its song's path. Each file appears at once, as a copy does."""
    folder = workspace / "process" / "100-window"
    folder.mkdir(parents=True, exist_ok=True)
    song = demo_song(duration_s, RATE_HZ)
    for role, sound in (("full", song.mixture), ("stem", song.vocal)):
        part = folder / f".{name}.{role}.wav"
        soundfile.write(part, gain * sound, RATE_HZ, subtype="PCM_16")
        os.replace(part, folder / f"{name}_100-{role}.wav")
    return folder / f"{name}_100-full.wav"


def wait_for(process: subprocess.Popen[str], seconds: float) -> None:
    """Let some time pass, but no longer than a process runs."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


def vouched(workspace: Path, name: str) -> bool:
    """Whether a song claims to be finished; then everything about it must be so.

    Each file has the contents that were written; mixture, mask and extraction belong together; and
    what was separated in full quality sums to the file that was prepared.
    """
    results = workspace / "output" / name
    path = results / "results.json"
    if not path.exists():
        return False
    facts = read_results(path)
    for file, digest in facts["files"].items():
        if sha256_of(results / file) != digest:
            raise WrongError(f"{results / file} is not what was written")
    settings = Settings(**facts["settings"])
    with np.load(results / "mask.npz", allow_pickle=False) as held:
        mask, hop_length = held["mask"], int(held["hop_length"])
    if hop_length != settings.hop_length:
        raise WrongError(f"{results}: a mask of one check beside the results of another")
    mixture, vocal, music = (
        soundfile.read(results / f"{file}.wav", dtype="float32")[0]
        for file in ("1_original_mixture", "extracted_vocal", "extracted_music")
    )
    expected = istft(mask * stft(mixture, settings), len(mixture), settings)
    if np.abs(vocal + music - mixture).max() > 1e-5 or np.abs(vocal - expected).max() > 1e-3:
        raise WrongError(f"{results}: mixture, mask and extraction do not belong together")
    if facts["depends_on"]["full_quality"]:
        _check_full_quality(workspace, name, mixture, ("vocal", "music"))
        subtracted = ("rebuilt_vocal", "subtracted_music")
        if any(f"full_quality_{part}.wav" in facts["files"] for part in subtracted):
            _check_full_quality(workspace, name, mixture, subtracted)
    return True


def _check_full_quality(
    workspace: Path, name: str, mixture: NDArray[np.float32], parts: tuple[str, str]
) -> None:
    """Two parts sum to the original, whose mean over the channels is the mixture."""
    results, prepared = workspace / "output" / name, workspace / "rtg" / "100-window" / name
    sounds = [soundfile.read(results / f"full_quality_{part}.wav")[0] for part in parts]
    total = np.sum(sounds, axis=0)
    n_common = min(len(total), len(mixture))
    if np.abs(total.mean(1)[:n_common] - mixture[:n_common]).max() > 1e-3:
        raise WrongError(f"{results}: full quality is of another song than the rest")
    inputs = read_results(results / "results.json")["depends_on"]["inputs"]
    facts = prepared / "original.json"
    if facts.exists() and inputs["original"] == sha256_of(facts):
        original = read_original(prepared, workspace).mixture
        whole = soundfile.read(original.path)[0]
        is_same = sha256_of(original.path) == original.sha256
        if is_same and np.abs(total - whole[: len(total)]).max() > 1e-6:
            raise WrongError(f"{results}: full quality does not sum to the original")
