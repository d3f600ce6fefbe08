"""How long 30 s of song take `separate.py`: the network alone, and the whole command."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch

from unet.vocal_separation import SHIPPED_MODEL, load_network

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 30
N_RUNS = 10
RATE_HZ = 44100


def main() -> None:
    """Print both times, the best and the median of several runs."""
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED_MODEL
    network, _ = load_network(model)
    front_end = network.front_end
    draw = torch.Generator().manual_seed(0)
    n_windows = front_end.n_windows(SECONDS * front_end.sample_rate_hz)
    shape = (1, front_end.n_channels, front_end.n_bins, n_windows)
    spectra = torch.randn(shape, generator=draw, dtype=torch.complex64)
    with torch.inference_mode():
        network(spectra)
        alone = [_seconds(lambda: network(spectra)) for _ in range(N_RUNS)]
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        sound = np.random.default_rng(0).normal(0, 0.1, (SECONDS * RATE_HZ, 2)).clip(-1, 1)
        soundfile.write(song, sound, RATE_HZ)
        command = [sys.executable, ROOT / "separate.py", song, "--model", model, "-o", folder]
        whole = [
            _seconds(lambda: subprocess.run(command, check=True, capture_output=True))
            for _ in range(3)
        ]
    print(f"{SECONDS} s of stereo at {RATE_HZ} Hz, {torch.get_num_threads()} threads")
    for name, seconds in (("network alone", alone), ("separate.py, start-up included", whole)):
        print(f"{name:<32} best {min(seconds):.3f} s, median {np.median(seconds):.3f} s")


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
