"""The table of all songs that were checked, with a link to the page of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.report.page_templates import PAGES


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
    rows = []
    for path in sorted(folder.glob(f"*/results{suffix}.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        seconds = facts["inputs"]["mixture"]["n_samples"] / facts["settings"]["sample_rate_hz"]
        rows.append(
            {
                "song": path.parent.name,
                "link": f"{quote(path.parent.name)}/report{suffix}.html",
                "figures": (seconds, *_scores(facts)),
                "has_warnings": bool(facts["warnings"]),
            }
        )
    page = PAGES.get_template("index.html.jinja").render(rows=rows)
    index = folder / "index.html"
    with replacing(index) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return index


def _scores(facts: Mapping[str, Any]) -> tuple[float | None, ...]:
    """SI-SDR of mixture, extraction and ceiling, and the match in percent; None where unknown."""
    if not facts.get("is_placed", True):  # results of earlier versions do not say
        return (None,) * 4
    scores = (facts["si_sdr_db"][name] for name in ("mixture", "extraction", "psm"))
    return (*scores, 100 * facts["fingerprint"]["match_after"]["overall"])
