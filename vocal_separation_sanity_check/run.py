"""What both check scripts do: which songs, with which settings."""

from __future__ import annotations

import argparse
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vocal_separation_sanity_check import measurement_kernels
from vocal_separation_sanity_check.ablation import mean_rows
from vocal_separation_sanity_check.ablation_files import ablate_song, write_ablation
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.folder_check import check_folder
from vocal_separation_sanity_check.prepared_files import MIXTURE_NAME, REFERENCE_NAMES
from vocal_separation_sanity_check.progress import phase_bar
from vocal_separation_sanity_check.report_card import report_card
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.song_check import check_song
from vocal_separation_sanity_check.song_job import SongJob
from vocal_separation_sanity_check.songs_page import write_index


@dataclass(frozen=True)
class Check:
    """One of the two lengths a song is checked at.

    Attributes
    ----------
    prepared : str
        Folder under ``rtg/``.
    results : str
        Folder of the results.
    suffix : str
        Of the results' names, before the extension.
    """

    prepared: str
    results: str
    suffix: str


CLIP_CHECK = Check("100-window", "output", "")
FULL_LENGTH_CHECK = Check("no-limit", "output_full", "_full")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that both check scripts take.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    defaults = Settings()
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--song", metavar="NAME", help="check one of several prepared songs")
    which.add_argument(
        "--all",
        action="store_true",
        help="check every song that is not finished yet, on all cores: summary.csv",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="send the songs to a Dask cluster, as --all does"
    )
    parser.add_argument(
        "--full-quality",
        action="store_true",
        help="separate the original file too: its rate, channels and bit depth",
    )
    parser.add_argument(
        "--target",
        choices=("phase-sensitive", "magnitude"),
        help="match what a mask can rebuild, or plain magnitude (default: by coherence)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="leave out BSSEval and pitch, which take longest"
    )
    parser.add_argument(
        "--ablate",
        action="store_true",
        help="fit with parts of the fingerprint too: ablation.csv and ablation.png",
    )
    parser.add_argument("--open", action="store_true", help="show the page in the browser")
    for flag, default, text in (
        ("--iterations", defaults.n_iterations, "most steps of the fit"),
        ("--hop-length", defaults.hop_length, "samples between windows"),
        ("--seed", defaults.seed, "draws the mask that the fit starts from"),
    ):
        parser.add_argument(
            flag, metavar="N", type=int, default=default, help=f"{text} (default: {default})"
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
    if not measurement_kernels.is_compiled():
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
        )
        for song, prepared in songs.items()
    ]
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
        if with_ablation:
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
        raise InputError(f"nothing is prepared in {folder}; run python prepare_audio_files.py")
    return songs
