"""How well acapellas as people have them are lined up: records, other edits, loops, channels.

Run:  python benchmarks/released.py [--songs 24] [--part report] [--only KIND ...]

KIND: one of CURVES, or edits, channels, loops, strangers, long.

"right" is a pair whose place is off by less than 1 ms at nine in ten of the sung moments, with the
right polarity. "lost" is how much worse the extraction is than with the vocal itself in its true
place (SI-SDR against the vocal as it sounds in the song). The songs of part "tune" were used while
the aligner was made, those of part "report" never.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import releases  # noqa: E402
from disturb import RATE_HZ  # noqa: E402
from released_channels import KINDS as CHANNEL_KINDS  # noqa: E402
from released_channels import show_channels  # noqa: E402
from released_errors import (  # noqa: E402
    Outcome,
    cut_errors_s,
    judged,
    place_errors_ms,
    sung_moments,
)
from released_trials import (  # noqa: E402
    Trial,
    edited_trial,
    looped_trial,
    medley,
    names_of,
    trial,
)
from releases import TURNS_HZ, Player  # noqa: E402

from vocal_separation_sanity_check import align  # noqa: E402


def one_curve(job: tuple[str, Path, int]) -> Outcome:
    """Make a pair of this kind and line it up."""
    kind, path, seed = job
    made = trial(kind, path, seed)
    found = align(made.mixture, made.acapella.samples, RATE_HZ)
    return judged(made, path.stem[:24], found, with_separation=True)


CURVES = (
    "mastered", "wow 33", "wow 45", "wow 78", "wet", "all", "flutter", "instrumental",
    "bending", "nudged",
)  # fmt: skip


def show_curves(kinds: Sequence[str], jobs_of: Callable, run: Callable, *, verbose: bool) -> list:
    """Print a row for each kind."""
    print("kind           n  right  conf.  conf.   median ms    90 % ms   lost dB")
    print("                      %      %  wrong  (of songs)  (of songs)  mean  worst")
    every = []
    for kind in kinds:
        outcomes = run(one_curve, jobs_of(kind))
        every += outcomes
        wrong = [o for o in outcomes if o.is_confident and not o.is_right]
        lost = [o.lost_db for o in outcomes]
        print(
            f"{kind:13s}{len(outcomes):3d}  {100 * np.mean([o.is_right for o in outcomes]):5.1f}"
            f"  {100 * np.mean([o.is_confident for o in outcomes]):5.1f}  {len(wrong):5d}"
            f"  {np.median([o.median_ms for o in outcomes]):10.3f}"
            f"  {np.median([o.worst_ms for o in outcomes]):10.3f}"
            f"  {np.mean(lost):4.2f}  {max(lost):5.1f}",
            flush=True,
        )
        for o in outcomes:
            if verbose and (not o.is_right or not o.is_confident or o.lost_db > 1.5):
                print(f"    {o}")
    return every


def one_edit(job: tuple[str, Path, int]) -> Outcome:
    """Make a long pair and line it up."""
    source, _, seed = job
    made = edited_trial(source, seed)
    found = align(made.mixture, made.acapella.samples, RATE_HZ)
    outcome = judged(made, f"{source} {seed}", found, with_separation=False)
    return replace(outcome, cut_errors_s=cut_errors_s(made, found))


def show_edits(jobs_of: Callable, run: Callable, part: str, *, verbose: bool) -> list[Outcome]:
    """Print a row for each source of edited songs."""
    print("\nedits                     n  sung moments   cuts   within  worst  segments  invented")
    print("                             within 1 ms %         50 ms %     ms")
    every: list[Outcome] = []
    for source, n_pairs in ((f"songs {part}", None), ("medley", 6), (f"unedited {part}", None)):
        outcomes = run(one_edit, jobs_of(source)[:n_pairs])
        every += outcomes
        cuts = np.array([error for outcome in outcomes for error in outcome.cut_errors_s])
        invented = sum(o.n_segments > 1 for o in outcomes) if "unedited" in source else 0
        within = 100 * np.mean(cuts < 0.05) if len(cuts) else np.nan
        print(
            f"{source:23s}{len(outcomes):4d}"
            f"  {100 * np.mean([o.sung_share for o in outcomes]):12.1f}"
            f"  {len(cuts):5d}  {within:7.1f}  {1000 * cuts.max(initial=0):5.0f}"
            f"  {np.mean([o.n_segments for o in outcomes]):8.1f}  {invented:8d}",
            flush=True,
        )
        for o in outcomes:
            if verbose and (o.sung_share < 0.95 or max(o.cut_errors_s, default=0) > 0.05):
                print(f"    {replace(o, cut_errors_s=tuple(np.round(o.cut_errors_s, 3)))}")
    return every


def one_loop(job: tuple[str, Path, int]) -> Outcome:
    """Make a bar that repeats and line its voice up."""
    kind, path, seed = job
    made = looped_trial(int(kind.split()[-1]), path, seed)
    found = align(made.mixture, made.acapella.samples, RATE_HZ)
    return judged(made, path.stem[:24], found, with_separation=False)


def one_stranger(job: tuple[str, Path, int]) -> Outcome:
    """A song with the voice of another one, from a record player."""
    part, path, seed = job
    paths = names_of(part)
    strange = paths[(paths.index(path) + 1 + seed % (len(paths) - 1)) % len(paths)]
    if strange.stem.split(" - ")[0] == path.stem.split(" - ")[0]:
        strange = paths[(paths.index(strange) + 5) % len(paths)]
    song, other = trial("mastered", path, seed), trial("wow 33", strange, seed + 1)
    found = align(song.mixture, other.acapella.samples, RATE_HZ)
    return Outcome(
        path.stem[:24], found.confidence, found.is_confident, False, np.inf, np.inf, 0.0,
        note=f"{strange.stem[:24]} {found.reason[:60]}",
    )  # fmt: skip


def show_loops(jobs_of: Callable, run: Callable, *, verbose: bool) -> list[Outcome]:
    """Print a row for bars that repeat three and eight times."""
    print("\na bar repeated            n  right or ambiguous  right  ambiguous  conf. wrong")
    every: list[Outcome] = []
    for kind in ("bar 3", "bar 8"):
        outcomes = run(one_loop, jobs_of(kind))
        every += outcomes
        settled = sum(o.is_right or o.is_ambiguous for o in outcomes)
        wrong = sum(o.is_confident and not o.is_right for o in outcomes)
        print(
            f"{kind[4:]} times{'':17s}{len(outcomes):4d}  {settled:18d}"
            f"  {sum(o.is_right for o in outcomes):5d}  {sum(o.is_ambiguous for o in outcomes):9d}"
            f"  {wrong:11d}",
            flush=True,
        )
        for o in outcomes:
            if verbose and not o.is_right:
                print(f"    {o}")
    return every


def show_strangers(jobs_of: Callable, run: Callable, part: str, n: int) -> list[Outcome]:
    """Print how many voices of other songs are refused."""
    jobs = [(part, path, seed) for (_, path, seed) in jobs_of(part)] + [
        (part, path, seed + 31) for (_, path, seed) in jobs_of(part)
    ]
    outcomes = run(one_stranger, jobs[: 2 * n])
    refused = sum(not outcome.is_confident for outcome in outcomes)
    highest = max(outcomes, key=lambda outcome: outcome.confidence)
    print(
        f"\nother songs' voices: refused {refused} of {len(outcomes)}, highest confidence "
        f"{highest.confidence:.2f} ({highest.name} with {highest.note})",
        flush=True,
    )
    return outcomes


def show_calibration(outcomes: Sequence[Outcome]) -> None:
    """Print claimed confidence against the share that was right."""
    print("\nconfidence      n  claimed %  right %")
    edges = (0.5, 0.7, 0.9, 0.99, 1.0 + 1e-9)
    for low, high in pairwise(edges):
        inside = [o for o in outcomes if low <= o.confidence < high]
        if inside:
            print(
                f"{low:.2f} to {min(high, 1):.2f} {len(inside):4d}"
                f"  {100 * np.mean([o.confidence for o in inside]):9.1f}"
                f"  {100 * np.mean([o.is_right for o in inside]):7.1f}"
            )
    refused = [o for o in outcomes if o.confidence < 0.5]
    print(f"below 0.50  {len(refused):4d}  left as they came")


def show_long() -> None:
    """Print what 209 s cost, on an even clock and from a record player."""
    mixture, vocal = medley()
    swings = {"even clock": Player(clock_ppm=604.0, lead_s=3.21, polarity=-1)}
    swings["record player"] = replace(swings["even clock"], swing=0.001, swings_hz=TURNS_HZ["33"])
    print("\n209 s                s   peak MB  error, median ms   90 %")
    for name, player in swings.items():
        acapella = releases.played(vocal.astype(float), player)
        acapella = replace(acapella, samples=acapella.samples.astype(np.float32))
        made = Trial(mixture, acapella, vocal, vocal)
        align(mixture[: 8 * RATE_HZ], acapella.samples[: 8 * RATE_HZ], RATE_HZ)
        begin = time.perf_counter()
        found = align(mixture, acapella.samples, RATE_HZ)
        seconds = time.perf_counter() - begin
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        errors = place_errors_ms(made, found, sung_moments(made))
        print(
            f"{name:16s}{seconds:6.1f}  {peak_mb:8.0f}  {np.median(errors):16.4f}"
            f"  {np.percentile(errors, 90):6.4f}",
            flush=True,
        )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--only", nargs="*", default=None)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    paths = names_of(arguments.part)

    def jobs_of(kind: str) -> list[tuple[str, Path, int]]:
        # Each kind begins elsewhere in the list, so that all songs of the part are used.
        first = 7 * CURVES.index(kind) if kind in CURVES else 0
        return [
            (kind, paths[(first + number) % len(paths)], arguments.seed * 1000 + number)
            for number in range(arguments.songs)
        ]

    print(
        f"{platform.machine()}, {os.cpu_count()} cores, seed {arguments.seed}, part "
        f"{arguments.part}: {len(paths)} songs"
    )
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:

        def run(function: Callable, jobs: Sequence) -> list:
            return list(pool.map(function, jobs))

        kinds = [kind for kind in CURVES if arguments.only is None or kind in arguments.only]
        outcomes = show_curves(kinds, jobs_of, run, verbose=arguments.verbose)
        if arguments.only is None or "edits" in arguments.only:
            outcomes += show_edits(jobs_of, run, arguments.part, verbose=arguments.verbose)
        if arguments.only is None or "channels" in arguments.only:
            print()
            show_channels(CHANNEL_KINDS, jobs_of, run, verbose=arguments.verbose)
        if arguments.only is None or "loops" in arguments.only:
            outcomes += show_loops(jobs_of, run, verbose=arguments.verbose)
        if arguments.only is None or "strangers" in arguments.only:
            outcomes += show_strangers(jobs_of, run, arguments.part, arguments.songs)
    show_calibration(outcomes)
    if arguments.only is None or "long" in arguments.only:
        show_long()


if __name__ == "__main__":
    main()
