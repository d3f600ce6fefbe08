"""An hour of music is prepared in memory that does not grow with it, and in proportionate time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from attempts import ROOT, Attempt, LostError, WrongError, tried
from numpy.typing import NDArray
from whole_command import measured

RATE_HZ = 22050
MINUTES = (10, 60)
MOST_MB = 700.0
MOST_RATIO = 1.25
"""By how much a minute of the long song may take longer than one of the short."""
LATE_S = 1.5


def phrases(rng: np.random.Generator, duration_s: float) -> NDArray[np.float32]:
    """Draw coloured noise that comes and goes: nothing repeats, so only one place is right."""
    n_samples = round(duration_s * RATE_HZ)
    noise = rng.standard_normal(n_samples, np.float32)
    noise[1:] += noise[:-1].copy()
    sounds = rng.uniform(size=n_samples // RATE_HZ + 1) > 0.3
    return 0.05 * noise * np.repeat(sounds, RATE_HZ)[:n_samples]


def long_songs(workspace: Path) -> Iterator[Attempt]:
    """Peak memory of a long song, and its time against a short one's."""
    seconds: dict[int, float] = {}

    def prepare(minutes: int) -> None:
        folder = workspace / str(minutes)
        files = [folder / name for name in ("song.wav", "acapella.wav")]
        folder.mkdir(parents=True)
        voice, rest = (phrases(np.random.default_rng(seed), 60 * minutes) for seed in (1, 2))
        soundfile.write(files[0], voice + rest, RATE_HZ)
        soundfile.write(files[1], voice[round(LATE_S * RATE_HZ) :], RATE_HZ)
        del voice, rest
        flags = ["--workspace", folder, "--mixture", files[0], "--vocal", files[1]]
        wall_s, _, peak_mb = measured([str(ROOT / "prepare_audio_files.py"), *map(str, flags)])
        print(f"{minutes} min are prepared in {wall_s:.0f} s and {peak_mb:.0f} MB")
        facts = json.loads((folder / "rtg" / "no-limit" / "alignment.json").read_text())
        if abs(facts["offset_ms"] - 1000 * LATE_S) > 0.01:
            raise WrongError(f"{minutes} min: found at {facts['offset_ms']} ms")
        if peak_mb > MOST_MB:
            raise LostError(f"{minutes} min took {peak_mb:.0f} MB, wanted at most {MOST_MB:.0f}")
        seconds[minutes] = wall_s
        short, long = MINUTES
        if minutes == long and wall_s * short > MOST_RATIO * seconds[short] * long:
            raise LostError(f"{long} min took {wall_s:.0f} s, {short} min {seconds[short]:.0f} s")

    for minutes in MINUTES:
        yield tried("a long song is prepared", lambda minutes=minutes: prepare(minutes))
