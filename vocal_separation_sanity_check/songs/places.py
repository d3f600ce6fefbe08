"""Where songs lie: what is prepared, under which name, and the folder of each song's results.

A song that was prepared alone has its results in `output/` itself, of several each has a folder
under its name. What lies there of another song stays: then the one that comes has a folder, too,
and a number where even its name is another song's.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import sha256_of
from vocal_separation_sanity_check.songs.original_file import Original, told_original
from vocal_separation_sanity_check.songs.prepared_files import (
    HOW_TO_PREPARE,
    MIXTURE_NAME,
    REFERENCE_NAMES,
)
from vocal_separation_sanity_check.songs.results_file import read_results
from vocal_separation_sanity_check.songs.song_names import check_name

UNNAMED = "song"
"""What a song is called that was put into `rtg/` by hand, or by an earlier version."""


def prepared_songs(folder: Path) -> dict[str, Path]:
    """Find what has been prepared.

    Parameters
    ----------
    folder : Path
        ``rtg/100-window`` or ``rtg/no-limit``.

    Returns
    -------
    dict of str to Path
        Folder of each song by its name; of a song that was prepared alone `folder` itself.

    Raises
    ------
    InputError
        If there is none.
    """
    if (folder / MIXTURE_NAME).is_file():
        return {_name_of(folder): folder}
    below = sorted(folder.iterdir()) if folder.is_dir() else []
    names = (MIXTURE_NAME, *REFERENCE_NAMES.values())
    songs = {path.name: path for path in below if any((path / name).is_file() for name in names)}
    if not songs:
        raise InputError(f"nothing is prepared in {folder}; run {HOW_TO_PREPARE}")
    return songs


def _name_of(prepared: Path) -> str:
    """The name that preparing wrote down, which somebody may have changed since."""
    original = told_original(prepared)
    try:
        check_name(original.song if original else "")
    except InputError:
        return UNNAMED
    return (original and original.song) or UNNAMED


def place_of_results(
    results: Path, suffix: str, song: str, prepared: Path, *, is_alone: bool
) -> tuple[str, Path]:
    """Choose the folder of a song's results, so that no other song's are overwritten.

    Parameters
    ----------
    results : Path
        ``output`` or ``output_full``.
    suffix : str
        Of the results' names.
    song : str
    prepared : Path
        The song's folder.
    is_alone : bool
        Whether it was prepared alone.

    Returns
    -------
    name : str
        The song's, with a number where another song of that name was checked.
    folder : Path
        Where results of this song lie already; otherwise, alone, `results` itself if no other
        song's are there; otherwise a folder of its name.
    """
    own = told_original(prepared)
    flat = _facts_in(results, suffix)
    flat_name = flat and flat.get("song", song if _has_mixture(flat, prepared) else UNNAMED)
    for number in count(1):
        name = song if number == 1 else f"{song} ({number})"
        is_flat = flat is not None and flat_name == name
        if is_flat and flat is not None and not _is_same(flat, own):
            continue
        there = _facts_in(results / name, suffix)
        if is_alone and (is_flat or (flat is None and there is None)):
            return name, results
        if there is None or _is_same(there, own):
            return name, results / name
    raise AssertionError  # numbers do not end


def checked_songs(results: Path, suffix: str) -> dict[Path, str]:
    """Find what has results.

    Parameters
    ----------
    results : Path
        ``output`` or ``output_full``.
    suffix : str
        Of the results' names.

    Returns
    -------
    dict of Path to str
        Name of each song by the folder of its results, `results` itself first.
    """
    name = f"results{suffix}.json"
    songs = {}
    if (results / name).exists():
        facts = _facts_in(results, suffix)
        songs[results] = facts.get("song", UNNAMED) if facts else UNNAMED
    return songs | {path.parent: path.parent.name for path in sorted(results.glob(f"*/{name}"))}


def _facts_in(folder: Path, suffix: str) -> dict[str, Any] | None:
    try:
        return read_results(folder / f"results{suffix}.json")
    except InputError:
        return None


def _is_same(facts: Mapping[str, Any], own: Original | None) -> bool:
    """Whether results of a song's name are of that song: its file's path or contents tell."""
    told = facts.get("original")
    if told is None or own is None:
        return True
    return told["file"] == str(own.mixture.path) or told["sha256"] == own.mixture.sha256


def _has_mixture(facts: Mapping[str, Any], prepared: Path) -> bool:
    """Whether results are of what is prepared now; earlier versions told no name."""
    try:
        return facts["inputs"]["mixture"].get("sha256") == sha256_of(prepared / MIXTURE_NAME)
    except InputError:
        return False
