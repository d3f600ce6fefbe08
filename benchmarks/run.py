"""What the engine takes, beside the plain ways and the last release, in one run: writes RESULTS.md.

Run:  python benchmarks/run.py [COMMIT]

The last release is the newest tag, or the commit named in `LAST_RELEASE`, or the given one. It is
unpacked beside this tree and does the same with the same libraries in turns, so that the comparison
means the same on any machine. Where a row takes a quarter more than there, this names it and exits
with 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from against import compared_rows
from fit_speed import CHECK_EVERY, CLOSE_DB, RATE, autograd, ours, score
from install_size import install_rows
from kernel_limits import best_s, kernel_table, machine_limits
from last_release import last_release
from machine import PAIRS, clips, machine
from numpy.typing import NDArray
from plain_numpy import NumpyFit, fingerprint_seconds
from separation_speed import SECONDS, length_rows, separation_rows
from whole_command import Run, exponent, run_full_length

from vocal_separation_sanity_check import Settings, fingerprint
from vocal_separation_sanity_check.sound.reading import read_mono
from vocal_separation_sanity_check.spectral.masks import ideal_masks
from vocal_separation_sanity_check.spectral.transform import stft

LENGTHS_S = (5, 20, 80, 209, 600)
MOST_NUMPY_S = 60.0
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure, print and write."""
    start = perf_counter()
    lines = []
    worse: list[str] = []
    commit = sys.argv[1] if len(sys.argv) > 1 else last_release()
    waiting = partial(waits, commit, worse)
    for part in (heading, waiting, fits, fingerprints, kernels, commands, separating, start_up):
        for line in part():
            lines.append(line)
            print(line, flush=True)
    lines.append(f"\nAll of this took {perf_counter() - start:.0f} s.")
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if worse:
        sys.exit("worse by a quarter than the last release: " + "; ".join(worse))


def heading() -> Iterator[str]:
    """What ran where, and what else did."""
    yield "# Benchmarks\n\nWritten by `make bench`; do not edit.\n"
    yield f"{machine()}. Load of the machine before the run: {os.getloadavg()[0]:.1f}."


def fits() -> Iterator[str]:
    """From STFT to mask: ours, torch autograd, plain NumPy."""
    settings = Settings()
    pairs = list(clips())
    yield "\n## The fit, 4.7 s, from STFT to mask\n"
    yield "| | seconds | steps | dB under the ideal mask |\n|---|---|---|---|"
    seconds, gaps, steps = [], [], []
    for _, mixture, vocal in pairs:
        spectra = stft(mixture, settings), stft(vocal, settings)
        mask, n_steps = ours(*spectra, settings)
        seconds.append(best_s(lambda spectra=spectra: ours(*spectra, settings), 5))
        ideal = score(ideal_masks(spectra[1], spectra[0])["psm"], spectra[0], vocal, settings)
        gaps.append(ideal - score(mask, spectra[0], vocal, settings))
        steps.append(n_steps)
    yield (
        f"| ours, eight clips, median | {np.median(seconds):.3f} | {np.median(steps):.0f} | "
        f"{np.median(gaps):.3f} (worst {max(gaps):.3f}) |"
    )
    name, mixture, vocal = pairs[-1]
    spectra = stft(mixture, settings), stft(vocal, settings)
    ideal = score(ideal_masks(spectra[1], spectra[0])["psm"], spectra[0], vocal, settings)
    yield f"| ours, {name} | {seconds[-1]:.3f} | {steps[-1]} | {gaps[-1]:.3f} |"
    their_s, their_steps, their_gap = autograd(spectra, ideal, vocal, settings)
    yield f"| Adam, torch autograd | {their_s:.1f} | {their_steps} | {their_gap:.3f} |"
    fit = NumpyFit(*spectra, RATE)
    spent, gap = 0.0, np.inf
    while gap > CLOSE_DB and spent < MOST_NUMPY_S:
        start = perf_counter()
        for _ in range(CHECK_EVERY):
            fit.step()
        spent += perf_counter() - start
        gap = ideal - score(fit.mask(), spectra[0], vocal, settings)
    yield f"| Adam, plain NumPy gradient | {spent:.1f} | {fit.n_steps} | {gap:.3f} |"


def fingerprints() -> Iterator[str]:
    """All measurements of 4.7 s: ours, plain NumPy."""
    _, mixture, _ = next(clips())
    magnitude = np.abs(stft(mixture, Settings()))
    found = fingerprint(magnitude)
    own_s = best_s(lambda: fingerprint(magnitude))
    plain_s, profiles = fingerprint_seconds(magnitude)
    profiles = profiles.transpose(0, 2, 1)
    error = np.abs(found.linear_profiles - profiles).max() / np.abs(profiles).max()
    yield "\n## The fingerprint, 4.7 s, 780 300 numbers\n"
    yield "| | seconds | largest difference of the profiles |\n|---|---|---|"
    yield f"| ours | {own_s:.4f} | |\n| plain NumPy | {plain_s:.2f} | {error:.0e} |"


def kernels() -> Iterator[str]:
    """Flops and bytes against copy bandwidth and FMA rate."""
    bandwidth, rate = machine_limits()
    yield "\n## The kernels against the machine\n"
    yield (
        f"A copy moves {bandwidth / 1e9:.1f} GB/s, a matrix product does {rate / 1e9:.0f} Gflop/s "
        "(float32, all cores), measured in this run; fastest of 25 runs each. The bound is the "
        "larger of flops over rate and bytes over bandwidth.\n"
    )
    yield "| kernel, 4.7 s | ms | Mflop | MB | Gflop/s | GB/s | bound, ms | of the bound |"
    yield "|---|---|---|---|---|---|---|---|"
    _, mixture, _ = next(clips())
    for name, seconds, flops, moved in kernel_table(np.abs(stft(mixture, Settings()))):
        bound = max(flops / rate, moved / bandwidth)
        yield (
            f"| {name} | {1000 * seconds:.2f} | {flops / 1e6:.1f} | {moved / 1e6:.1f} | "
            f"{flops / seconds / 1e9:.1f} | {moved / seconds / 1e9:.1f} | {1000 * bound:.2f} | "
            f"{100 * bound / seconds:.0f} % |"
        )


def medley() -> list[NDArray[np.float32]]:
    """Mixture and vocal of the song of 209 s."""
    return [read_mono(PAIRS / f"medley_nl-{role}.flac", 22050) for role in ("full", "stem")]


def waits(commit: str, worse: list[str]) -> Iterator[str]:
    """What a person waits for, beside the last release."""
    yield "\n## What a person waits for\n"
    yield (
        f"Whole commands from outside, the best of some runs in turns with the last release's "
        f"({commit[:12]}). Bound: an interpreter that loads what every such command loads, and "
        "does nothing.\n"
    )
    yield from compared_rows(commit, worse)


def commands() -> Iterator[str]:
    """The whole full-length command by length of the song."""
    song = medley()
    runs = []
    yield "\n## The whole full-length command, `--quick`\n"
    yield "| song, s | seconds | of them processor | fit, s | peak memory, MB | dB under ideal |"
    yield "|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        for length_s in LENGTHS_S:
            cut = [np.resize(sound, round(length_s * 22050)) for sound in song]
            runs.append(run_full_length(Path(folder), *cut, "--quick"))
            run = runs[-1]
            yield (
                f"| {run.duration_s:.0f} | {run.wall_s:.1f} | {run.cpu_s:.1f} | "
                f"{run.seconds['fit']:.2f} | {run.peak_mb:.0f} | {run.gap_db:.3f} |"
            )
    x = [run.duration_s for run in runs]
    fit_s = [run.seconds["fit"] for run in runs]
    yield (
        f"\nFrom {x[0]:.0f} s to {x[-1]:.0f} s the fit grows with the power "
        f"{exponent(x, fit_s):.2f} of the length, the command from {x[2]:.0f} s on with "
        f"{exponent(x[2:], [run.wall_s for run in runs[2:]]):.2f}, memory from {x[2]:.0f} s on "
        f"with {exponent(x[2:], [run.peak_mb for run in runs[2:]]):.2f}. Of more than 300 s the "
        "report card judges the first 300, and beyond 420 s the page holds no sound.\n"
    )
    yield from phases(runs[3])


def phases(run: Run) -> Iterator[str]:
    """Seconds by phase."""
    yield f"| phase, {run.duration_s:.0f} s | " + " | ".join(run.seconds) + " | start-up |"
    yield "|---" * (len(run.seconds) + 2) + "|"
    rest = run.wall_s - sum(run.seconds.values())
    yield "| s | " + " | ".join(f"{s:.2f}" for s in run.seconds.values()) + f" | {rest:.2f} |"


def separating() -> Iterator[str]:
    """`separate.py` by ONNX Runtime and by PyTorch, and what has to be installed for it."""
    yield f"\n## Separating without an acapella, {SECONDS} s of stereo\n"
    for rows in (separation_rows, length_rows, install_rows):
        yield from rows()
        yield ""


def start_up() -> Iterator[str]:
    """What loading takes, by module."""
    code = "import vocal_separation_sanity_check.commands.checking"
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    ).stderr
    rows = [
        line.split("|") for line in told.splitlines() if "|" in line and "cumulative" not in line
    ]
    total = {name.strip(): int(both) / 1000 for _, both, name in rows}
    yield "\n## Start-up\n"
    shown = ("numpy", "numba", "scipy.fft", "soundfile")
    all_of_it = total["vocal_separation_sanity_check.commands.checking"]
    loaded = [f"all of a check {all_of_it:.0f} ms"]
    loaded += [f"{name} {total[name]:.0f} ms" for name in shown if name in total]
    late = ("matplotlib", "scipy.signal", "distributed", "torch")
    assert not [name for name in late if name in total]
    yield f"`python -X importtime`: {', '.join(loaded)}; {', '.join(late)} are loaded only where"
    yield "they are used."


if __name__ == "__main__":
    main()
