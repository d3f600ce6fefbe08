"""What both check commands do: which songs, with which settings."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from vocal_separation_sanity_check.check import (
    OnOutcome,
    SongOutcome,
    ablate_song,
    check_folder,
    check_song,
    compile_kernels,
    failed,
    logged,
    tell_failures,
    told_earlier,
    write_ablation,
)
from vocal_separation_sanity_check.commands.check_commands import Check
from vocal_separation_sanity_check.commands.command_line import began_with_ctrl_c
from vocal_separation_sanity_check.commands.progress import phase_bar
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprints import is_compiled
from vocal_separation_sanity_check.locks import clear_lock
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.processes import SecondProcess
from vocal_separation_sanity_check.report import Drawing, score_card, verdict_card, write_index
from vocal_separation_sanity_check.separation import AblationRow, mean_rows
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import (
    CheckedSong,
    SongJob,
    checked_songs,
    place_of_results,
    prepared_songs,
)


def run_check(
    check: Check, options: argparse.Namespace, second: SecondProcess | None = None
) -> None:
    """Check every prepared song, or the one asked for, and print a report card of each.

    Parameters
    ----------
    check : Check
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.
    second : SecondProcess, optional
        Draws the pictures and, where the kernels have to be compiled, compiles half of them.

    Raises
    ------
    InputError
        If nothing is prepared, a file cannot be used, or a result cannot be written.
    """
    settings = replace(
        Settings(),
        target=options.target,
        n_iterations=options.iterations,
        hop_length=options.hop_length,
        seed=options.seed,
    )
    jobs = _jobs(check, settings, options)
    results = options.workspace / check.results
    if options.scheduler is None and not is_compiled():
        print("Compiling the kernels; this happens once and takes half a minute.", flush=True)
        compile_kernels(second)
    clear_lock(jobs[0].results.parent)  # which a run on a cluster holds
    failures: dict[Path, tuple[str, str]] = {}

    def note(outcome: SongOutcome) -> None:
        if outcome.status == "failed":
            folder = next(job.results for job in jobs if job.song == outcome.song)
            failures[folder] = (outcome.song, outcome.reason)

    try:
        if options.all or options.scheduler is not None:
            check_folder(jobs, results, options.scheduler, note)
        else:
            _check_one_by_one(jobs, results, note, second, with_ablation=options.ablate)
    finally:
        if results.is_dir() or failures:
            write_index(results, check.suffix, failures)
    index = results / "index.html"
    page = jobs[0].path("report", ".html") if len(jobs) == 1 else index
    if len(jobs) > 1 or options.all or options.scheduler is not None:
        print(f"Listen: {printable(str(page))}")
    if len(jobs) == 1 and len(checked_songs(results, check.suffix)) > 1:
        print(f"All songs: {index}")
    if options.open:
        webbrowser.open(page.resolve().as_uri())


def _jobs(check: Check, settings: Settings, options: argparse.Namespace) -> list[SongJob]:
    """What is prepared, or the one song that was asked for."""
    rtg = options.workspace / "rtg" / check.prepared
    songs = prepared_songs(rtg)
    jobs = []
    for song, prepared in songs.items():
        name, results = place_of_results(
            options.workspace / check.results,
            check.suffix,
            song,
            prepared,
            is_alone=prepared == rtg,
        )
        if options.song not in (None, song, name):
            continue
        job = SongJob(
            song=name,
            prepared=prepared,
            results=results,
            suffix=check.suffix,
            settings=settings,
            is_quick=options.quick,
            is_full_quality=options.full_quality,
            workspace=options.workspace,
        )
        jobs.append(job)
    if not jobs:
        known = ", ".join(songs)
        raise InputError(f"no prepared song is called {options.song!r}; there is: {known}")
    return jobs


def _check_one_by_one(
    jobs: Sequence[SongJob],
    results: Path,
    on_outcome: OnOutcome,
    second: SecondProcess | None,
    *,
    with_ablation: bool,
) -> None:
    """Check songs and print a card of each; of several, one that fails does not stop the others."""
    ablations: list[list[AblationRow]] = []
    failures = []
    for job in jobs:
        try:
            is_last = job is jobs[-1]
            ablations += _check(job, second, is_last=is_last, with_ablation=with_ablation)
        except InputError as error:
            failures.append(failed(job.song, str(error)))
            on_outcome(failures[-1])
            if len(jobs) == 1:
                raise
        except Exception as error:
            is_asked_for = isinstance(error, BrokenPipeError) or began_with_ctrl_c(error)
            if len(jobs) == 1 or is_asked_for:
                raise
            failures.append(failed(job.song, logged(error, job)))
            on_outcome(failures[-1])
        else:
            continue
        print(f"{printable(job.song)}\n  {printable(failures[-1].line)}")
    if len(ablations) > 1:
        write_ablation(mean_rows(ablations), results, f"_of_all{jobs[0].suffix}")
    tell_failures(failures, jobs, "; see above")


def _check(
    job: SongJob, second: SecondProcess | None, *, is_last: bool, with_ablation: bool
) -> list[list[AblationRow]]:
    def draw(drawing: Drawing) -> Callable[[], dict[str, bytes]]:
        if second is None:
            return drawing.draw
        pictures = second.begin(drawing.draw)
        if is_last:
            second.end_when_done()
        return pictures

    def tell(song: CheckedSong) -> None:
        tqdm.write(verdict_card(song, song.path("report", ".html")))
        sys.stdout.flush()

    with phase_bar(job.song) as progress:
        checked, scores = check_song(job, progress, draw, tell)
    print(score_card(checked, scores))
    kept = told_earlier(job)
    if kept:
        print(f"  {printable(kept)}")
    return [ablate_song(checked)] if with_ablation and checked.is_judged else []
