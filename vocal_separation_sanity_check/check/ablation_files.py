"""Run an ablation with progress, and write its table and its picture."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.separation import AblationRow, ablate
from vocal_separation_sanity_check.songs import CheckedSong

_FORMAT = "{desc} {percentage:3.0f} %|{bar}| {elapsed} gone, {remaining} left"


def ablate_song(song: CheckedSong) -> list[AblationRow]:
    """Fit with parts of the fingerprint, and write what came out to the song's folder.

    Parameters
    ----------
    song : CheckedSong

    Returns
    -------
    list of AblationRow

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    with tqdm(total=1.0, desc="Ablation", bar_format=_FORMAT, leave=False, disable=None) as bar:
        rows = ablate(
            song.mixture,
            song.reference,
            song.findings,
            song.settings,
            lambda share: bar.update(share - bar.n),
        )
    with song.job.held():
        write_ablation(rows, song.job.results, song.job.suffix)
    return rows


def write_ablation(rows: Sequence[AblationRow], folder: Path, suffix: str) -> None:
    """Write `ablation.csv` and `ablation.png`, and say where.

    Parameters
    ----------
    rows : sequence of AblationRow
    folder : Path
    suffix : str
        Of the names, before the extension.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    # matplotlib is loaded only where something is drawn.
    from vocal_separation_sanity_check.report import ablation_figure, save_figure

    _write_table(rows, folder / f"ablation{suffix}.csv")
    picture = folder / f"ablation{suffix}.png"
    save_figure(ablation_figure(rows), picture)
    print(f"  Parts of the fingerprint: {printable(str(picture))}")


def _write_table(rows: Sequence[AblationRow], path: Path) -> None:
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["kind", "name", "si_sdr_db", "change_db", "match_percent"])
        for row in rows:
            change_db = row.si_sdr_db - rows[0].si_sdr_db
            scores = (row.si_sdr_db, change_db, 100 * row.match)
            writer.writerow([row.kind, row.name, *(f"{score:.2f}" for score in scores)])
