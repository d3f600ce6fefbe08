"""The flags that every training on songs takes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError


def add_song_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--steps", metavar="N", type=int, default=200, help="batches an epoch (default: 200)"
    )
    parser.add_argument(
        "--licence",
        metavar="TEXT",
        nargs="+",
        help="of each folder of songs, for the model file (default: not stated)",
    )
    parser.add_argument(
        "--cache",
        metavar="DIR",
        type=Path,
        help="where spectrograms are kept between runs (default: spectrograms/ among checkpoints)",
    )


def named_data(folders: Sequence[Path], licences: Sequence[str] | None) -> list[dict[str, str]]:
    """Name the data that a model is trained on, for its file.

    Parameters
    ----------
    folders : sequence of Path
    licences : sequence of str or None
        One for each folder.

    Returns
    -------
    list of dict
        ``name`` (the folder's) and ``licence``.

    Raises
    ------
    InputError
        If there are not as many licences as folders.
    """
    if licences is None:
        licences = ["not stated"] * len(folders)
    if len(licences) != len(folders):
        raise InputError(
            f"{len(licences)} licences for {len(folders)} folders; --licence wants one for each,"
            " in quotes"
        )
    names = [folder.resolve().name for folder in folders]
    return [
        {"name": name, "licence": licence} for name, licence in zip(names, licences, strict=True)
    ]
