"""Songs that `hard_tests.py` prepares and checks, and whether what came of them is so."""

from __future__ import annotations

import os
import shutil
import subprocess
from argparse import Namespace
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import soundfile
from attempts import WrongError
from numpy.typing import NDArray

from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.files import sha256_of
from vocal_separation_sanity_check.prepare import prepare_pairs
from vocal_separation_sanity_check.songs import read_original, read_results
from vocal_separation_sanity_check.sound import read_sound
from vocal_separation_sanity_check.spectral import istft, stft

RATE_HZ = 22050


def write_prepared(workspace: Path, name: str) -> Path:
    """Make a prepared song."""
    folder = workspace / "rtg" / "100-window" / name
    folder.mkdir(parents=True, exist_ok=True)
    song = demo_song(1.5, RATE_HZ)
    for file, sound in (("stereo_mixture", song.mixture), ("isolated_vocal", song.vocal)):
        soundfile.write(folder / f"{file}.wav", sound.mean(1), RATE_HZ, subtype="PCM_24")
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


def noise(n_samples: int, seed: int = 23) -> NDArray[np.float64]:
    """Make a noise in which nothing repeats."""
    return 0.1 * np.random.default_rng(seed).standard_normal(n_samples)


def encode(
    path: Path, sound: NDArray[np.floating], options: list[str], rate_hz: int = 44100
) -> bool:
    """Encode with ffmpeg, to a pipe where the options end in one; False where it is missing."""
    if shutil.which("ffmpeg") is None:
        print("what needs ffmpeg: left out, it is not installed")
        return False
    memory = BytesIO()
    soundfile.write(memory, sound, rate_hz, format="WAV", subtype="PCM_16")
    target = [] if options[-1:] == ["-"] else ["-y", str(path)]
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "-", *options, *target],
        input=memory.getvalue(),
        stdout=subprocess.PIPE,
        check=True,
    )
    if not target:
        path.write_bytes(done.stdout)
    return True


def prepare(workspace: Path, *, is_aligned: bool = False) -> str:
    """Prepare what lies in process/, in this process; give what it told."""
    options = dict.fromkeys(["mixture", "vocal", "instrumental", "start", "offset_ms"])
    options |= dict.fromkeys(["drift_ppm", "polarity", "timeline"]) | {"no_align": not is_aligned}
    with redirect_stdout(StringIO()) as out:
        prepare_pairs(Namespace(workspace=workspace, **options))
    return out.getvalue()


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
    # A pair ends where its shorter file does, and zeros follow; encoders make the song longer.
    n_common = min(len(total), len(np.trim_zeros(mixture, "b")))
    if np.abs(total.mean(1)[:n_common] - mixture[:n_common]).max() > 1e-3:
        raise WrongError(f"{results}: full quality is of another song than the rest")
    inputs = read_results(results / "results.json")["depends_on"]["inputs"]
    facts = prepared / "original.json"
    if facts.exists() and inputs["original"] == sha256_of(facts):
        original = read_original(prepared, workspace).mixture
        whole = read_sound(original.path).samples
        is_same = sha256_of(original.path) == original.sha256
        if is_same and np.abs(total - whole[: len(total)]).max() > 1e-6:
            raise WrongError(f"{results}: full quality does not sum to the original")
