"""A page of sounds alone: to play, to see and to download them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.report.lanes import Lane, form_in_words, player
from vocal_separation_sanity_check.report.page_templates import PAGES
from vocal_separation_sanity_check.sound import told_duration


def write_lanes_page(path: Path, title: str, lanes: Sequence[Lane]) -> None:
    """Write a page with a player of lanes and nothing else.

    Parameters
    ----------
    path : Path
        Beside the lanes' files.
    title : str
    lanes : sequence of Lane

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    first = lanes[0]
    form = form_in_words(first.n_channels, first.sample_rate_hz)
    page = PAGES.get_template("lanes.html.jinja").render(
        title=title,
        told=f"{told_duration(first.duration_s)}, {form}",
        player=player(lanes, first.sample_rate_hz / 2),
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
