"""Seconds that 30 s of song take `separate.py`, by ONNX Runtime and by PyTorch in one run.

Run:  python benchmarks/separation_speed.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from time import perf_counter

import numpy as np
import soundfile
from machine import machine
from whole_command import measured

from unet.separating import SHIPPED_MODEL, SHIPPED_WEIGHTS, load_network, separate_sound

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 30
RATE_HZ = 44100
REPEATS = 9
COMMAND_REPEATS = 5
LENGTHS_S = (30, 209, 600)


def in_turns(calls: Sequence[Callable[[], object]], repeats: int) -> list[list[float]]:
    """Seconds of each call, one after another so that all meet the same load; one goes before."""
    for call in calls:
        call()
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, spent in zip(calls, seconds, strict=True):
            began = perf_counter()
            call()
            spent.append(perf_counter() - began)
    return seconds


def separation_rows() -> Iterator[str]:
    """Rows of a table: seconds, best and median, and how far the two are apart."""
    models = (SHIPPED_MODEL, SHIPPED_WEIGHTS)
    networks = [load_network(path, "cpu")[0] for path in models]
    front_end = networks[0].front_end
    shape = (2, front_end.n_bins, front_end.n_windows(SECONDS * front_end.sample_rate_hz))
    rng = np.random.default_rng(0)
    spectra = (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)
    sound = rng.normal(0, 0.1, (SECONDS * RATE_HZ, 2)).astype(np.float32).clip(-1, 1)
    masks = [network.masks(spectra) for network in networks]
    vocals = [separate_sound(sound, RATE_HZ, network)["vocals"] for network in networks]
    apart_db = 20 * np.log10((vocals[0] - vocals[1]).std() / vocals[1].std())
    alone = [lambda network=network: network.masks(spectra) for network in networks]
    memory = [
        lambda net=network: separate_sound(sound, RATE_HZ, net)["vocals"] for network in networks
    ]
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        soundfile.write(song, sound, RATE_HZ)
        script = [sys.executable, ROOT / "separate.py", song, "-o", folder, "--device", "cpu"]
        whole = [
            lambda path=path: subprocess.run([*script, "--model", path], check=True, stdout=-3)
            for path in models
        ]
        yield "| | ONNX Runtime, s | PyTorch, s | apart |\n|---|---|---|---|"
        for name, calls, repeats, apart in (
            ("the network alone", alone, REPEATS, f"{np.abs(masks[0] - masks[1]).max():.0e}"),
            ("vocals of a sound in memory", memory, REPEATS, f"{apart_db:.0f} dB"),
            ("`separate.py`, whole command", whole, COMMAND_REPEATS, ""),
        ):
            seconds = in_turns(calls, repeats)
            cells = (f"{min(spent):.3f}, median {np.median(spent):.3f}" for spent in seconds)
            yield f"| {name} | {' | '.join(cells)} | {apart} |"


def length_rows() -> Iterator[str]:
    """Rows of a table: what the whole command takes by the length of the song."""
    yield "| song, s | seconds | of them processor | peak memory, MB |\n|---|---|---|---|"
    minute = np.random.default_rng(0).normal(0, 0.1, (60 * RATE_HZ, 2)).clip(-1, 1)
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        for length_s in LENGTHS_S:
            soundfile.write(song, np.resize(minute, (length_s * RATE_HZ, 2)), RATE_HZ)
            script = [str(ROOT / "separate.py"), str(song), "-o", folder, "--device", "cpu"]
            wall_s, cpu_s, peak_mb = measured(script)
            yield f"| {length_s} | {wall_s:.1f} | {cpu_s:.1f} | {peak_mb:.0f} |"


def main() -> None:
    """Print the tables."""
    print(f"{machine()}\n{SECONDS} s of stereo at {RATE_HZ} Hz\n")
    for row in chain(separation_rows(), [""], length_rows()):
        print(row, flush=True)


if __name__ == "__main__":
    main()
