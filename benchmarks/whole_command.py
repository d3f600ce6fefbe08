"""The whole command in a process of its own: seconds, memory, and where the time goes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
import soundfile
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
RATE = 22050
POLL_S = 0.005


@dataclass(frozen=True)
class Run:
    """What a command took.

    Attributes
    ----------
    duration_s : float
        Of the song.
    wall_s, cpu_s, peak_mb : float
    seconds : dict of str to float
        By phase, from `results.json`.
    gap_db : float
        SI-SDR under the ideal mask's.
    """

    duration_s: float
    wall_s: float
    cpu_s: float
    peak_mb: float
    seconds: dict[str, float]
    gap_db: float


def run_full_length(
    workspace: Path, mixture: NDArray[np.float32], vocal: NDArray[np.float32], *flags: str
) -> Run:
    """Run the full-length check on two signals at 22 050 Hz."""
    folder = workspace / "rtg" / "no-limit"
    folder.mkdir(parents=True, exist_ok=True)
    for name, signal in (("stereo_mixture", mixture), ("isolated_vocal", vocal)):
        soundfile.write(folder / f"{name}.wav", signal, RATE, subtype="PCM_24")
    script = str(ROOT / "sanity_check_full_length.py")
    wall_s, cpu_s, peak_mb = measured([script, "--workspace", str(workspace), *flags])
    facts = json.loads((workspace / "output_full" / "results_full.json").read_text())
    scores = facts["si_sdr_db"]
    return Run(
        duration_s=len(mixture) / RATE,
        wall_s=wall_s,
        cpu_s=cpu_s,
        peak_mb=peak_mb,
        seconds=facts["seconds"],
        gap_db=scores["psm"] - scores["extraction"],
    )


def measured(command: list[str]) -> tuple[float, float, float]:
    """Run a script: seconds, of them processor's of all cores, and most memory in MB.

    Where it starts other processes, their own memory counts at the moment of the most; libraries
    that they share with the first are counted once.
    """
    start = perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    done, peak_mb = 0, 0.0
    while not done:
        sleep(POLL_S)
        # What the system tells at the end is at least what this process had when it forked.
        others_mb = sum(_memory_mb(child, "RssAnon") for child in _children(process.pid))
        peak_mb = max(peak_mb, _memory_mb(process.pid, "VmHWM") + others_mb)
        done, status, used = os.wait4(process.pid, os.WNOHANG)
    assert status == 0, status
    return perf_counter() - start, used.ru_utime + used.ru_stime, peak_mb


def _memory_mb(pid: int, kind: str) -> float:
    """What the system tells: ``VmHWM``, the most so far, ``RssAnon``, what is not of files, now.

    0 for a process that is no more.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(rf"{kind}:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _children(pid: int) -> list[int]:
    """Processes that a process has started."""
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in told.split()]


def exponent(x: list[float], y: list[float]) -> float:
    """Slope of the line through logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
