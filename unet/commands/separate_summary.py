"""How the songs of one call ended: a line for the terminal, and `summary.csv` of several."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import as_cell

SUMMARY_NAME = "summary.csv"


@dataclass(frozen=True)
class SeparatedSong:
    """How one song ended.

    Attributes
    ----------
    file, folder : Path
        The song, and where its stems are.
    duration_s : float
        0 where it failed.
    took_s : float
    reason : str
        Why it failed; empty otherwise.
    """

    file: Path
    folder: Path
    duration_s: float
    took_s: float
    reason: str


def write_summary(songs: Sequence[SeparatedSong], folder: Path) -> str:
    """Write `summary.csv`, and sum up.

    Parameters
    ----------
    songs : sequence of SeparatedSong
    folder : Path

    Returns
    -------
    str
        A line.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    # `--help` loads nothing that reads sounds.
    from vocal_separation_sanity_check.sound import told_duration

    path = folder / SUMMARY_NAME
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("song", "status", "duration_s", "took_s", "folder", "reason"))
        for song in songs:
            status = "failed" if song.reason else "done"
            times = (f"{song.duration_s:.3f}", f"{song.took_s:.3f}")
            texts = (as_cell(str(song.folder)), as_cell(song.reason))
            writer.writerow((as_cell(song.file.name), status, *times, *texts))
    n_done = sum(not song.reason for song in songs)
    sound = told_duration(sum(song.duration_s for song in songs))
    took = told_duration(sum(song.took_s for song in songs))
    return f"{n_done} of {len(songs)} songs done, {sound} of sound in {took}: {path}"
