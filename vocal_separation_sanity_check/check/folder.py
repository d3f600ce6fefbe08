"""Check every song of a folder: a line for each, a table of all, and what failed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from vocal_separation_sanity_check.check.outcome import SongOutcome
from vocal_separation_sanity_check.check.processes import run_in_processes
from vocal_separation_sanity_check.check.summary import write_summary
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.songs import SongJob


def check_folder(jobs: Sequence[SongJob], results: Path, scheduler: str | None) -> None:
    """Check every song of a folder that is not finished, and tell of each.

    Parameters
    ----------
    jobs : sequence of SongJob
    results : Path
        Where `summary.csv` goes.
    scheduler : str or None
        Address of a Dask scheduler that gets the songs.

    Raises
    ------
    InputError
        If a song failed, at the end.
    """
    width = max(len(printable(job.song)) for job in jobs)

    def row(song: str, told: str) -> str:
        return f"  {printable(song):{width}}  {printable(told)}".rstrip()

    outcomes: list[SongOutcome] = []
    with tqdm(total=len(jobs), unit="song", leave=False, disable=None) as bar:

        def tell(outcome: SongOutcome) -> None:
            outcomes.append(outcome)
            tqdm.write(row(outcome.song, outcome.line))
            for warning in outcome.warnings:
                tqdm.write(textwrap.indent(textwrap.fill(printable(warning), 90), " " * 6))
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
    write_summary(outcomes, table)
    print(f"All songs: {table}")
    failures = [outcome for outcome in outcomes if outcome.status == "failed"]
    if not failures:
        return
    print("Failed:")
    for outcome in sorted(failures, key=lambda outcome: outcome.song):
        print(row(outcome.song, outcome.reason))
    raise InputError(f"{len(failures)} of {len(jobs)} songs failed; see above or {table}")
