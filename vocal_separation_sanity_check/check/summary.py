"""`summary.csv`: a row for each song of a folder."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from vocal_separation_sanity_check.check.outcome import SongOutcome
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import printable

_FORMULA = tuple("=+-@＝＋－＠")
"""What formulas begin with; some programs take the wide ones as well."""


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
            writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: str | float) -> str:
    """Give a number or a text as a spreadsheet shows it and does not compute it.

    A text that begins as formulas do gets an apostrophe in front.
    """
    if not isinstance(value, str):
        return f"{value:.3f}"
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
