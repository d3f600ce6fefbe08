"""Check every song of a folder: a line for each, a table of all, and what failed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from vocal_separation_sanity_check.check.outcome import OnOutcome, SongOutcome
from vocal_separation_sanity_check.check.processes import run_in_processes
from vocal_separation_sanity_check.check.summary import write_summary
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.songs import (
    EARLIER,
    SongJob,
    checked_songs,
    earlier_files,
    read_results,
)


def check_folder(
    jobs: Sequence[SongJob], results: Path, scheduler: str | None, on_outcome: OnOutcome
) -> None:
    """Check every song of a folder that is not finished, and tell of each.

    Parameters
    ----------
    jobs : sequence of SongJob
    results : Path
        Where `summary.csv` goes.
    scheduler : str or None
        Address of a Dask scheduler that gets the songs.
    on_outcome : callable
        Told what became of each song, as soon as it is known.

    Raises
    ------
    InputError
        If a song failed, at the end.
    """
    job_of = {job.song: job for job in jobs}
    outcomes: list[SongOutcome] = []
    with tqdm(total=len(jobs), unit="song", leave=False, disable=None) as bar:

        def tell(outcome: SongOutcome) -> None:
            outcomes.append(outcome)
            on_outcome(outcome)
            tqdm.write(_row(jobs, outcome.song, outcome.line))
            for warning in outcome.warnings:
                tqdm.write(textwrap.indent(textwrap.fill(printable(warning), 90), " " * 6))
            kept = told_earlier(job_of[outcome.song])
            if kept and outcome.status == "done":
                tqdm.write(_row(jobs, "", kept))
            bar.update()

        waiting = []
        with ThreadPoolExecutor() as threads:  # several songs' files are read at a time
            for job, facts in zip(jobs, threads.map(SongJob.finished, jobs), strict=True):
                if facts is None:
                    waiting.append(job)
                else:
                    tell(SongOutcome(job.song, "finished before", "", facts))
        if scheduler is None:
            run_in_processes(waiting, tell)
        else:
            # Dask is loaded only where a cluster is asked for.
            from vocal_separation_sanity_check.check.cluster import run_on_cluster

            run_on_cluster(scheduler, waiting, tell)
    table = results / "summary.csv"
    write_summary([*outcomes, *_others(jobs, results)], table)
    print(f"All songs: {table}")
    tell_failures(outcomes, jobs, f"; see above or {table}")


def tell_failures(outcomes: Sequence[SongOutcome], jobs: Sequence[SongJob], where: str) -> None:
    """List the songs that failed, and end with them.

    Parameters
    ----------
    outcomes : sequence of SongOutcome
    jobs : sequence of SongJob
        All songs of the run.
    where : str
        End of the message: where else they are told.

    Raises
    ------
    InputError
        If there are any.
    """
    failures = [outcome for outcome in outcomes if outcome.status == "failed"]
    if not failures:
        return
    print("Failed:")
    for outcome in sorted(failures, key=lambda outcome: outcome.song):
        print(_row(jobs, outcome.song, outcome.reason))
    raise InputError(f"{len(failures)} of {len(jobs)} songs failed{where}")


def told_earlier(job: SongJob) -> str:
    """Say which files of earlier checks lie beside a song's results; empty where there are none."""
    names = earlier_files(job.results, job.suffix)
    if not names:
        return ""
    return f"Kept from an earlier check, in {job.results / EARLIER}: {', '.join(names)}"


def _row(jobs: Sequence[SongJob], song: str, told: str) -> str:
    width = max(len(printable(job.song)) for job in jobs)
    return f"  {printable(song):{width}}  {printable(told)}".rstrip()


def _others(jobs: Sequence[SongJob], results: Path) -> list[SongOutcome]:
    """Songs of earlier runs whose results lie there, too."""
    asked_for = {job.results for job in jobs}
    others = []
    for folder, name in checked_songs(results, jobs[0].suffix).items():
        if folder not in asked_for:
            try:
                facts = read_results(folder / jobs[0].facts_path.name)
            except InputError:
                continue  # the index names it
            others.append(SongOutcome(name, "not in this run", "", facts))
    return others
