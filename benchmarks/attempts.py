"""What `hard_tests.py` counts: an attempt to make the program lose, spoil or fail something."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from vocal_separation_sanity_check.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
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


def start(
    workspace: Path, command: list[str], *flags: str, **environment: str
) -> subprocess.Popen[str]:
    """Start one of the scripts."""
    script, *own = command
    arguments = [sys.executable, str(ROOT / script), "--workspace", str(workspace), *own, *flags]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(arguments, errors="replace", env=os.environ | environment, **pipes)


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


def wait_for(process: subprocess.Popen[str], seconds: float) -> None:
    """Let some time pass, but no longer than a process runs."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


@contextmanager
def small_disk(folder: Path, size_kb: int) -> Iterator[bool]:
    """Mount a disk of so many kB in a folder's place; False where this user may not."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(folder)]
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    if not is_mounted:
        print("full disks: left out, this user may not mount a tmpfs")
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", str(folder)], check=True)
