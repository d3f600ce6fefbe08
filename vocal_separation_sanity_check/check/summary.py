"""`summary.csv`: a row for each song of a folder."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from vocal_separation_sanity_check.check.outcome import SongOutcome
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import as_cell


def write_summary(outcomes: Sequence[SongOutcome], path: Path) -> None:
    """Write a table of all songs.

    Parameters
    ----------
    outcomes : sequence of SongOutcome
    path : Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    rows = [outcome.row for outcome in sorted(outcomes, key=lambda outcome: outcome.song)]
    columns = dict.fromkeys(name for row in rows for name in row if name != "reason")
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*columns, "reason"])
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {k: as_cell(v) if isinstance(v, str) else f"{v:.3f}" for k, v in row.items()}
            )
