"""The table of all songs that were checked, with a link to the page of each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.report.page_templates import PAGES
from vocal_separation_sanity_check.songs import EARLIER, checked_songs, earlier_files, read_results


def write_index(
    folder: Path, suffix: str, failures: Mapping[Path, tuple[str, str]] = MappingProxyType({})
) -> Path:
    """Write the table of all songs that have results in a folder and below it.

    Parameters
    ----------
    folder : Path
        ``output`` or ``output_full``.
    suffix : str
        Of the results' names.
    failures : mapping of Path to tuple
        By the folder of their results: songs that could not be checked now, and why.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    songs = {place: song for place, (song, _) in failures.items()} | checked_songs(folder, suffix)
    rows = []
    for place in sorted(songs):
        row = _row(place, suffix, songs[place], folder)
        if place in failures:
            row["note"] = f"failed: {printable(failures[place][1])}"
            if row["link"]:
                row["note"] += " (what is shown is of an earlier check)"
        rows.append(row)
    page = PAGES.get_template("index.html.jinja").render(rows=rows)
    index = folder / "index.html"
    with replacing(index) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return index


def _row(place: Path, suffix: str, song: str, folder: Path) -> dict[str, Any]:
    """What the table shows of a song, of whose results nothing need be whole."""
    below = "" if place == folder else f"{quote(os.fsencode(place.name))}/"
    row = {
        "song": printable(song),
        "link": f"{below}report{suffix}.html",
        "figures": (None,) * 5,
        "note": "its results are damaged, check it again",
    }
    path = place / f"results{suffix}.json"
    if not path.exists():
        return row | {"link": None}
    try:
        facts = read_results(path)
    except InputError:
        return row
    seconds = facts["inputs"]["mixture"]["n_samples"] / facts["settings"]["sample_rate_hz"]
    notes = list(facts["warnings"])
    if earlier_files(place, suffix):
        notes.append(f"{EARLIER}/ has files of an earlier check.")
    return row | {"figures": (seconds, *_scores(facts)), "note": " ".join(notes)}


def _scores(facts: Mapping[str, Any]) -> tuple[float | None, ...]:
    """SI-SDR of mixture, extraction and ceiling, and the match in percent; None where unknown."""
    if not facts["is_judged"]:
        return (None,) * 4
    scores = (facts["si_sdr_db"][name] for name in ("mixture", "extraction", "psm"))
    return (*scores, 100 * facts["fingerprint"]["match_after"]["overall"])
