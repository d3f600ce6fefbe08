"""The table of all songs that were checked, with a link to the page of each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.report.page_templates import PAGES
from vocal_separation_sanity_check.songs import read_results


def write_index(folder: Path, suffix: str) -> Path:
    """Write the table of all songs that have results below a folder.

    Parameters
    ----------
    folder : Path
        ``output`` or ``output_full``.
    suffix : str
        Of the results' names.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    rows = [_row(path, suffix) for path in sorted(folder.glob(f"*/results{suffix}.json"))]
    page = PAGES.get_template("index.html.jinja").render(rows=rows)
    index = folder / "index.html"
    with replacing(index) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return index


def _row(path: Path, suffix: str) -> dict[str, Any]:
    """What the table shows of a song, of whose results nothing need be whole."""
    row = {
        "song": printable(path.parent.name),
        "link": f"{quote(os.fsencode(path.parent.name))}/report{suffix}.html",
    }
    try:
        facts = read_results(path)
    except InputError:
        return row | {"figures": (None,) * 5, "note": "its results are damaged, check it again"}
    seconds = facts["inputs"]["mixture"]["n_samples"] / facts["settings"]["sample_rate_hz"]
    return row | {"figures": (seconds, *_scores(facts)), "note": " ".join(facts["warnings"])}


def _scores(facts: Mapping[str, Any]) -> tuple[float | None, ...]:
    """SI-SDR of mixture, extraction and ceiling, and the match in percent; None where unknown."""
    if not facts["is_judged"]:
        return (None,) * 4
    scores = (facts["si_sdr_db"][name] for name in ("mixture", "extraction", "psm"))
    return (*scores, 100 * facts["fingerprint"]["match_after"]["overall"])
