"""How much better than any mask a song minus the rebuilt reference is.

Run:  python benchmarks/beyond_the_mask.py [--songs 24] [--part report] [--only KIND ...]
          [--lengths clips joined medley]

KIND: one of `path_trials.KINDS`, or strangers.

SI-SDR in dB of the source that was given and of the rest, in the song as it was mastered. The
limiter's work may be counted to either of them: "before" takes what went into the limiter for the
truth of what was given, "through" the same times the limiter's gain; the rest is the song minus it.
Songs of part "tune" were used while the rebuilding was made, those of part "report" never.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numba
import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from disturb import RATE_HZ  # noqa: E402
from path_trials import KINDS, PathTrial, path_trial, strangers_trial  # noqa: E402
from released_trials import names_of  # noqa: E402

from vocal_separation_sanity_check import Settings, align, rebuild, separate  # noqa: E402
from vocal_separation_sanity_check.scoring import si_sdr_db  # noqa: E402
from vocal_separation_sanity_check.separation import BlockSeparation, findings_of  # noqa: E402
from vocal_separation_sanity_check.spectral import ideal_extraction  # noqa: E402

WAYS = ("mask", "mask of the rebuilt", "ideal mask", "short filter", "rebuilt")
FIGURES = ("given, before", "given, through", "rest, before", "rest, through")
_RESTS = (2, 3)
MEDLEY_KINDS = ("dry", "wet -9", "record wet -9", "exact")
MOST_DB = 150.0
"""Counted of an estimate that is the truth to the last bit."""

Job = tuple[str, str, str, int]
"""Kind, name of the song, part, seed."""


@dataclass(frozen=True)
class PathOutcome:
    """What came of a pair."""

    name: str
    is_lined_up: bool
    figures_db: dict[str, tuple[float, ...]]
    """By way: each of `FIGURES`."""
    is_advised: bool
    """Whether the subtraction is said to be better than the mask."""
    left_db: float
    is_used: bool
    seconds: tuple[float, float, float]
    """For lining up, rebuilding, and the mask."""

    def better_by_db(self, figure: int) -> float:
        """Of the subtraction over the better of mask and short filter."""
        others = max(self.figures_db[way][figure] for way in ("mask", "short filter"))
        return self.figures_db["rebuilt"][figure] - others

    def is_right(self, figure: int) -> bool:
        """Whether the advice is, for this truth of the rest."""
        subtracted, masked = (
            self.figures_db[way][figure] for way in ("rebuilt", "mask of the rebuilt")
        )
        return self.is_advised == (subtracted >= masked)


@dataclass(frozen=True)
class StrangerOutcome:
    """What came of a song and the voice of another."""

    name: str
    is_lined_up: bool
    is_present: bool
    """Whether a subtraction would be written, were it lined up."""
    taken_db: float
    """Energy that would be subtracted, in dB of the song's."""


def one_pair(job: Job) -> PathOutcome:
    """Make a pair, line it up, and take it apart in every way."""
    kind, name, part, seed = job
    made = path_trial(kind, name, part, seed)
    begin = time.perf_counter()
    found = align(made.song, made.given, RATE_HZ)
    lined_up = time.perf_counter()
    rebuilt, path = rebuild(made.song, found.aligned, RATE_HZ, made.source)
    done = time.perf_counter()
    extracted, findings = _masked(made, rebuilt)
    masked = time.perf_counter()
    today = separate(made.song, found.aligned, Settings(), made.source)
    estimates = {
        "mask": today.vocal if made.source == "vocal" else today.music,
        "mask of the rebuilt": extracted,
        "short filter": found.aligned,
        "rebuilt": rebuilt,
    }
    figures = {way: _figures_db(made, estimate) for way, estimate in estimates.items()}
    figures["ideal mask"] = _ideal_db(made)
    return PathOutcome(
        name=f"{kind}, {Path(name).stem[:24]}",
        is_lined_up=found.is_confident,
        figures_db=figures,
        is_advised=findings.subtraction.is_better,
        left_db=findings.subtraction.left_db,
        is_used=path.is_used,
        seconds=(lined_up - begin, done - lined_up, masked - done),
    )


def one_stranger(job: Job) -> StrangerOutcome:
    """Line the voice of another song up, and subtract it in spite of what is found."""
    _, name, part, seed = job
    made = strangers_trial(name, part, seed)
    found = align(made.song, made.given, RATE_HZ)
    rebuilt, _ = rebuild(made.song, found.aligned, RATE_HZ)
    _, findings = _masked(made, rebuilt)
    taken = float(np.sum(rebuilt.astype(float) ** 2) / np.sum(made.song.astype(float) ** 2))
    return StrangerOutcome(
        Path(name).stem[:24],
        found.is_confident,
        findings.subtraction.is_present,
        10 * np.log10(max(taken, 1e-12)),
    )


def _masked(made: PathTrial, target: np.ndarray):
    """What the mask fitted to this target takes out of the song, and the findings."""
    song = BlockSeparation(made.song, target, Settings(), made.source, gain=1.0)
    extracted = np.concatenate([part.extracted for part in song.parts()])
    return extracted, findings_of(song, made.source)


def _figures_db(made: PathTrial, estimate: np.ndarray) -> tuple[float, ...]:
    song, found = made.song.astype(float), estimate.astype(float)
    figures = (
        si_sdr_db(found, made.before_limiter),
        si_sdr_db(found, made.through_limiter),
        si_sdr_db(song - found, song - made.before_limiter),
        si_sdr_db(song - found, song - made.through_limiter),
    )
    return tuple(float(np.clip(figure, -MOST_DB, MOST_DB)) for figure in figures)


def _ideal_db(made: PathTrial) -> tuple[float, ...]:
    """Each truth's own ideal mask."""
    before, through = (
        _figures_db(made, ideal_extraction(truth.astype(np.float32), made.song, Settings()))
        for truth in (made.before_limiter, made.through_limiter)
    )
    return before[0], through[1], before[2], through[3]


def show_pairs(title: str, outcomes: Sequence[PathOutcome], *, verbose: bool) -> None:
    """Print what came of the pairs of a kind; what was not lined up is counted and left out."""
    lined_up = [outcome for outcome in outcomes if outcome.is_lined_up]
    print(f"\n{title}: {len(lined_up)} of {len(outcomes)} lined up", flush=True)
    if not lined_up:
        return
    print(f"    {'SI-SDR, dB':22s}" + "".join(f"{figure:>15s}" for figure in FIGURES))
    for way in WAYS:
        means = np.mean([outcome.figures_db[way] for outcome in lined_up], axis=0)
        print(f"    {way:22s}" + "".join(f"{mean:15.1f}" for mean in means))
    over = np.array([[o.better_by_db(figure) for figure in range(4)] for o in lined_up])
    for label, row in (("mean", over.mean(axis=0)), ("worst", over.min(axis=0))):
        print(f"    {f'over the better, {label}':22s}" + "".join(f"{each:15.1f}" for each in row))
    right = [np.mean([o.is_right(figure) for o in lined_up]) for figure in _RESTS]
    print(f"    {'advice right, %':52s}" + "".join(f"{100 * share:15.1f}" for share in right))
    seconds = np.mean([outcome.seconds for outcome in lined_up], axis=0)
    print(
        f"    path used in {sum(o.is_used for o in lined_up)}, subtraction advised in "
        f"{sum(o.is_advised for o in lined_up)}; seconds to line up {seconds[0]:.1f}, rebuild "
        f"{seconds[1]:.1f}, mask {seconds[2]:.1f}",
        flush=True,
    )
    for outcome in lined_up:
        unlucky = outcome.better_by_db(2) < -0.3 or not outcome.is_right(2)
        if verbose and unlucky:
            numbers = {
                way: tuple(round(figure, 1) for figure in figures)
                for way, figures in outcome.figures_db.items()
            }
            print(f"        {outcome.name}: left {outcome.left_db:.1f} dB, {numbers}")


def show_advice(outcomes: Sequence[PathOutcome]) -> None:
    """Print how often the advice was right over all kinds."""
    lined_up = [outcome for outcome in outcomes if outcome.is_lined_up]
    right = [sum(o.is_right(figure) for o in lined_up) for figure in _RESTS]
    print(
        f"\nadvice right: {right[0]} of {len(lined_up)} (before the limiter), {right[1]} (through)"
    )


def show_strangers(outcomes: Sequence[StrangerOutcome]) -> None:
    """Print how often a voice of another song would be subtracted, and how much of it."""
    taken = [outcome.taken_db for outcome in outcomes]
    print(
        f"\nother songs' voices: refused {sum(not o.is_lined_up for o in outcomes)} of "
        f"{len(outcomes)}; lined up by force, {sum(o.is_present for o in outcomes)} would be "
        f"subtracted, of the song's energy at most {max(taken):.1f} dB (median "
        f"{np.median(taken):.1f})",
        flush=True,
    )


def show_medley(kinds: Sequence[str], part: str, seed: int, *, verbose: bool) -> list[PathOutcome]:
    """209 s, one pair at a time on all cores: what it costs."""
    one_pair(("wet -9", str(names_of(part)[0]), part, seed))
    every = []
    for kind in kinds:
        outcome = one_pair((kind, "medley", part, seed))
        show_pairs(f"{kind}, 209 s", [outcome], verbose=verbose)
        every.append(outcome)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n209 s: {peak_mb:.0f} MB at most, all ways and truths in memory")
    return every


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=24, help="clips of 6.8 s for each kind")
    parser.add_argument("--joined", type=int, default=3, help="songs of 80 s for each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    kinds = (*KINDS, "strangers")
    parser.add_argument("--only", nargs="*", choices=kinds, default=kinds, metavar="KIND")
    lengths = ("clips", "joined", "medley")
    parser.add_argument("--lengths", nargs="*", choices=lengths, default=lengths)
    parser.add_argument("--verbose", action="store_true", help="tell every pair that came out bad")
    return parser.parse_args()


def main() -> None:
    """Print everything."""
    arguments = _arguments()
    part, seed, verbose = arguments.part, 1000 * arguments.seed, arguments.verbose
    paths = [str(path) for path in names_of(part)]
    n_cores = os.cpu_count() or 1
    print(
        f"{platform.machine()}, {n_cores} cores, seed {arguments.seed}, {len(paths)} songs ({part})"
    )
    kinds = [kind for kind in KINDS if kind in arguments.only]

    def clips(kind: str) -> list[Job]:
        # Each kind begins elsewhere in the list, so that all songs of the part are used.
        first = 7 * KINDS.index(kind) if kind in KINDS else 0
        chosen = [paths[(first + number) % len(paths)] for number in range(arguments.songs)]
        return [(kind, name, part, seed + number) for number, name in enumerate(chosen)]

    def joined(kind: str) -> list[Job]:
        seeds = range(seed, seed + arguments.joined)
        return [(kind, f"joined {number}", part, number) for number in seeds]

    every: list[PathOutcome] = []
    with ProcessPoolExecutor(
        n_cores, get_context("spawn"), initializer=numba.set_num_threads, initargs=(1,)
    ) as pool:

        def run(function, jobs: Sequence[Job]) -> list:
            results: Iterable = pool.map(function, jobs)
            return list(tqdm(results, jobs[0][0], len(jobs), leave=False))

        for length, duration_s, jobs_of in (("clips", 6.8, clips), ("joined", 80, joined)):
            for kind in kinds if length in arguments.lengths else ():
                outcomes = run(one_pair, jobs_of(kind))
                show_pairs(f"{kind}, {duration_s:g} s", outcomes, verbose=verbose)
                every += outcomes
        if "strangers" in arguments.only and "clips" in arguments.lengths:
            show_strangers(run(one_stranger, clips("strangers")))
    if "medley" in arguments.lengths:
        chosen = [kind for kind in MEDLEY_KINDS if kind in kinds]
        every += show_medley(chosen, part, seed, verbose=verbose)
    show_advice(every)


if __name__ == "__main__":
    main()
