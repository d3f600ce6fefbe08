"""How well pairs that were disturbed on purpose are lined up again: the table by disturbance.

Run:  python benchmarks/alignment.py [--pairs 24] [--seed 1] [--data ../shared/data]

"within" columns compare with what was done to the vocal: the offset at the start of the mix and
the drift. A wrong answer is one whose timeline is off by more than a sample somewhere where the
reference sounds, or whose polarity is wrong.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from disturb import RATE_HZ, Disturbance, disturbed, drawn  # noqa: E402

from vocal_separation_sanity_check import Alignment, align  # noqa: E402

MP3_DELAY_SAMPLES = 1105
"""LAME's 576 and the decoder's 529, at the rate of the file."""

Pair = tuple[np.ndarray, np.ndarray]
Trial = tuple[np.ndarray, np.ndarray, Disturbance]


def load_pairs(data: Path, count: int) -> list[Pair]:
    """Mixture and vocal of `count` songs, mono: the eight pairs first, then MUSDB18."""
    pairs = []
    for full in sorted((data / "pairs").glob("*_100-full.flac"))[:count]:
        stem = full.with_name(full.name.replace("-full", "-stem"))
        pairs.append((mono(*soundfile.read(full)), mono(*soundfile.read(stem))))
    for path in sorted((data / "musdb18-7s" / "train").glob("*.mp4")):
        if len(pairs) == count:
            break
        mixture, vocal = (stream_of(path, stream) for stream in (0, 4))
        if np.sqrt(np.mean(vocal**2)) > 0.05 * np.sqrt(np.mean(mixture**2)):
            pairs.append((mixture, vocal))
    return pairs


def mono(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """One channel of what `soundfile.read` gives, at the benchmarks' rate."""
    channel = samples if samples.ndim == 1 else samples.mean(axis=1)
    return soxr.resample(channel, rate_hz, RATE_HZ, "VHQ").astype(np.float32)


def stream_of(path: Path, stream: int, n_channels: int = 1) -> np.ndarray:
    """One stream of a stem file at the benchmarks' rate; (n_samples, n_channels) of several."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", f"0:{stream}"]
    command += ["-ac", str(n_channels), "-ar", str(RATE_HZ), "-f", "f32le", "-"]
    raw = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.float32)
    return raw if n_channels == 1 else raw.reshape(-1, n_channels)


def drawn_trial(kinds: str, delay_s: float, ppm: float) -> Callable[..., Trial]:
    """Trial with a vocal disturbed as `disturb.drawn` says."""

    def make(rng: np.random.Generator, pair: Pair, _other: Pair) -> Trial:
        what = drawn(rng, kinds, delay_s, ppm)
        return pair[0], disturbed(pair[1], what), what

    return make


def ten_seconds(rng: np.random.Generator, pair: Pair, other: Pair) -> Trial:
    """Up to 10 s of silence before the vocal, or of other music before the mix."""
    what = replace(drawn(rng, "polarity", 0, 1000), delay_s=float(rng.uniform(-10, 10)))
    if what.delay_s > 0:
        return pair[0], disturbed(pair[1], what), what
    lead = round(-what.delay_s * RATE_HZ)
    mixture = np.concatenate([np.resize(other[0], lead), pair[0]])
    vocal = disturbed(pair[1], replace(what, delay_s=0.0))
    return mixture, vocal, replace(what, delay_s=-lead / RATE_HZ * (1 + what.clock_ppm * 1e-6))


def buried(rng: np.random.Generator, pair: Pair, _other: Pair) -> Trial:
    """The vocal 15 dB below the accompaniment."""
    what = drawn(rng, "polarity", 0.5, 1000)
    backing = pair[0] - pair[1]
    ratio = np.sqrt(np.mean(backing**2) / np.mean(pair[1] ** 2)) * 10 ** (-15 / 20)
    vocal = (pair[1] * ratio).astype(np.float32)
    return backing + vocal, disturbed(vocal, what), what


def instrumental(rng: np.random.Generator, pair: Pair, _other: Pair) -> Trial:
    """The music in place of the voice."""
    what = drawn(rng, "polarity gain", 0.5, 1000)
    return pair[0], disturbed(pair[0] - pair[1], what), what


KINDS: dict[str, Callable[..., Trial]] = {
    "nothing": drawn_trial("", 0, 0),
    "offset 0.5 s": drawn_trial("", 0.5, 0),
    "offset 0.5 s, drift 1000 ppm": drawn_trial("polarity", 0.5, 1000),
    "offset 10 s, drift 1000 ppm": ten_seconds,
    "drift 2 %": drawn_trial("polarity", 0.5, 20000),
    "gain 12 dB": drawn_trial("polarity gain", 0.5, 1000),
    "15 dB below the music": buried,
    "instrumental": instrumental,
    "shelf 6 dB": drawn_trial("polarity shelf", 0.5, 1000),
    "MP3": drawn_trial("polarity mp3", 0.5, 1000),
    "Opus": drawn_trial("polarity opus", 0.5, 1000),
    "all, MP3": drawn_trial("polarity gain shelf mp3", 0.5, 1000),
    "all, Opus": drawn_trial("polarity gain shelf opus", 0.5, 1000),
}


def judge(found: Alignment, what: Disturbance) -> dict[str, float]:
    """Errors of one answer, and whether it is confident and wrong."""
    stretch = 1 + what.true_drift_ppm * 1e-6
    true_offset = what.true_offset_samples
    if what.codec == "mp3":
        true_offset -= MP3_DELAY_SAMPLES * stretch
    heard = found.window_times_s[found.window_weights > 0.01] * RATE_HZ
    true_delay = heard - (heard - true_offset) / stretch
    miss = float(np.abs(found.timeline.delay(heard) - true_delay).max(initial=0.0))
    right_polarity = found.polarity == what.polarity
    return {
        "confident": found.is_confident,
        "offset": abs(found.offset_samples - true_offset),
        "drift": abs(found.drift_ppm - what.true_drift_ppm),
        "polarity": right_polarity,
        "wrong": found.is_confident and (miss > 1.0 or not right_polarity),
    }


def show_disturbances(pairs: list[Pair], seed: int) -> None:
    """Print a row for each kind of disturbance."""
    print("disturbance                     n  conf.  offset within     drift within   pol.  conf.")
    print("                                      %   0.1    1 smp %    1    5 ppm %     %  wrong")
    for kind, make in KINDS.items():
        rng = np.random.default_rng(seed)
        results = []
        for number, pair in enumerate(pairs):
            mixture, vocal, what = make(rng, pair, pairs[number - 1])
            results.append(judge(align(mixture, vocal, RATE_HZ), what))
        columns = {
            name: np.array([float(result[name]) for result in results]) for name in results[0]
        }
        percent = [
            np.mean(columns["confident"]), np.mean(columns["offset"] <= 0.1),
            np.mean(columns["offset"] <= 1), np.mean(columns["drift"] <= 1),
            np.mean(columns["drift"] <= 5), np.mean(columns["polarity"]),
        ]  # fmt: skip
        cells = "  ".join(f"{100 * value:5.1f}" for value in percent)
        print(f"{kind:30s}{len(results):4d}  {cells}  {int(columns['wrong'].sum()):5d}", flush=True)


def show_wrong_songs(pairs: list[Pair]) -> None:
    """Print the confidences with the next song's vocal."""
    confidences = np.array([
        align(pair[0], pairs[number - 1][1], RATE_HZ).confidence
        for number, pair in enumerate(pairs)
    ])  # fmt: skip
    print(
        f"another song's vocal: n {len(confidences)}, highest confidence {confidences.max():.3f}, "
        f"below the threshold {100 * np.mean(confidences < 0.5):.1f} %"
    )


def show_long(data: Path, seed: int) -> None:
    """Print cost and error on the 209 s pair, and on 4.7 s pieces of either against the whole."""
    mixture, vocal = (
        mono(*soundfile.read(data / "pairs" / f"medley_nl-{name}.flac"))
        for name in ("full", "stem")
    )
    what = Disturbance(delay_s=3.21, clock_ppm=604, polarity=-1)
    moved = disturbed(vocal, what)
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.perf_counter()
    found = align(mixture, moved, RATE_HZ)
    seconds = time.perf_counter() - begin
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    errors = judge(found, what)
    print(
        f"209 s pair: {seconds:.1f} s, peak {peak_mb:.0f} MB ({before_mb:.0f} before), offset "
        f"error {errors['offset']:.3f} samples, drift error {errors['drift']:.3f} ppm, null depth "
        f"{found.null.overall.before_db:.1f} -> {found.null.overall.after_db:.1f} dB"
    )
    rng = np.random.default_rng(seed)
    length = round(4.7 * RATE_HZ)
    for name in ("acapella in the song", "mix out of the acapella"):
        errors_samples, confident = [], 0
        for start in rng.integers(0, len(vocal) - length, 8):
            part = slice(int(start), int(start) + length)
            if name.startswith("acapella"):
                found, expected = align(mixture, vocal[part], RATE_HZ), int(start)
            else:
                found, expected = align(mixture[part], vocal, RATE_HZ), -int(start)
            if found.is_confident:
                confident += 1
                errors_samples.append(abs(found.offset_samples - expected))
        print(f"4.7 s {name}: {confident} of 8 confident, worst {max(errors_samples):.2f} samples")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    pairs = load_pairs(arguments.data, arguments.pairs)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, seed {arguments.seed}, {len(pairs)} songs"
    )
    show_long(arguments.data, arguments.seed)
    show_disturbances(pairs, arguments.seed)
    show_wrong_songs(pairs)


if __name__ == "__main__":
    main()
