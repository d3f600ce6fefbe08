"""Seconds that 30 s of song take: the network alone, and the whole of `separate.py`.

Run:  python benchmarks/separation_speed.py [MODEL]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import soundfile
import torch
from machine import machine
from unet.songs.vocal_separation import SHIPPED_MODEL, load_network, separate_sound

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 30
RATE_HZ = 44100
REPEATS = 9


def timed(call: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each call, after one that does not count."""
    call()
    seconds = []
    for _ in range(repeats):
        began = perf_counter()
        call()
        seconds.append(perf_counter() - began)
    return seconds


def main() -> None:
    """Print the best and the median of several runs."""
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED_MODEL
    network, _ = load_network(model)
    front_end = network.front_end
    n_windows = front_end.n_windows(SECONDS * front_end.sample_rate_hz)
    shape = (1, front_end.n_channels, front_end.n_bins, n_windows)
    spectra = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.complex64)
    sound = np.random.default_rng(0).normal(0, 0.1, (SECONDS * RATE_HZ, 2)).astype(np.float32)
    with torch.inference_mode():
        alone = timed(lambda: network(spectra), REPEATS)
    in_memory = timed(lambda: separate_sound(sound, RATE_HZ, network), REPEATS)
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        soundfile.write(song, sound.clip(-1, 1), RATE_HZ)
        command = [sys.executable, ROOT / "separate.py", song, "--model", model, "-o", folder]
        whole = timed(lambda: subprocess.run(command, check=True, capture_output=True), 3)
    print(f"{machine()}\n{SECONDS} s of stereo at {RATE_HZ} Hz, {torch.get_num_threads()} threads")
    for name, seconds in (
        ("network alone, mask from spectrogram", alone),
        ("vocals from sound in memory", in_memory),
        ("separate.py, start-up included", whole),
    ):
        print(f"  {name:<38} best {min(seconds):.3f} s, median {np.median(seconds):.3f} s")


if __name__ == "__main__":
    main()
