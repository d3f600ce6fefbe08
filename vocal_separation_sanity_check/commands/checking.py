"""What both check commands do: which songs, with which settings."""

from __future__ import annotations

import argparse
import webbrowser
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vocal_separation_sanity_check.check import (
    ablate_song,
    check_folder,
    check_song,
    write_ablation,
)
from vocal_separation_sanity_check.commands.check_commands import Check
from vocal_separation_sanity_check.commands.progress import phase_bar
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprints import is_compiled
from vocal_separation_sanity_check.locks import clear_lock
from vocal_separation_sanity_check.report import report_card, write_index
from vocal_separation_sanity_check.separation import mean_rows
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import (
    HOW_TO_PREPARE,
    MIXTURE_NAME,
    REFERENCE_NAMES,
    SongJob,
)


def run_check(check: Check, options: argparse.Namespace) -> None:
    """Check every prepared song, or the one asked for, and print a report card of each.

    Parameters
    ----------
    check : Check
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.

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
    songs = prepared_songs(options.workspace / "rtg" / check.prepared)
    if options.song is not None:
        if options.song not in songs:
            known = ", ".join(name for name in songs if name) or "a single song, without a name"
            raise InputError(f"no prepared song is called {options.song!r}; there is: {known}")
        songs = {options.song: songs[options.song]}
    if not is_compiled():
        print("Compiling the kernels; this happens once and takes about half a minute.", flush=True)
    results = options.workspace / check.results
    jobs = [
        SongJob(
            song=song,
            prepared=prepared,
            results=results / song,
            suffix=check.suffix,
            settings=settings,
            is_quick=options.quick,
            is_full_quality=options.full_quality,
            workspace=options.workspace,
        )
        for song, prepared in songs.items()
    ]
    clear_lock(jobs[0].results.parent)  # which a run on a cluster holds
    try:
        if options.all or options.scheduler:
            check_folder(jobs, results, options.scheduler)
        else:
            _check_one_by_one(jobs, results, with_ablation=options.ablate)
    finally:
        page = results / "index.html" if jobs[0].song else jobs[0].path("report", ".html")
        if jobs[0].song and results.is_dir():
            write_index(results, check.suffix)
    if jobs[0].song:
        print(f"Listen: {page}")
    if options.open:
        webbrowser.open(page.resolve().as_uri())


def _check_one_by_one(jobs: Sequence[SongJob], results: Path, *, with_ablation: bool) -> None:
    ablations = []
    for job in jobs:
        with phase_bar(job.song) as progress:
            checked = check_song(job, progress)
        print(report_card(checked, checked.path("report", ".html")))
        if with_ablation and checked.is_judged:
            ablations.append(ablate_song(checked))
    if len(ablations) > 1:
        write_ablation(mean_rows(ablations), results, jobs[0].suffix)


def prepared_songs(folder: Path) -> dict[str, Path]:
    """Find what has been prepared.

    Parameters
    ----------
    folder : Path
        ``rtg/100-window`` or ``rtg/no-limit``.

    Returns
    -------
    dict of str to Path
        Folder of each song; a single song in the flat folder has no name.

    Raises
    ------
    InputError
        If there is none.
    """
    if (folder / MIXTURE_NAME).is_file():
        return {"": folder}
    below = sorted(folder.iterdir()) if folder.is_dir() else []
    names = (MIXTURE_NAME, *REFERENCE_NAMES.values())
    songs = {path.name: path for path in below if any((path / name).is_file() for name in names)}
    if not songs:
        raise InputError(f"nothing is prepared in {folder}; run {HOW_TO_PREPARE}")
    return songs
