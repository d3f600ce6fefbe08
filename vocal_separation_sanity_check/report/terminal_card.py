"""What the terminal shows of a separation."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.scoring import Score
from vocal_separation_sanity_check.songs import CheckedSong
from vocal_separation_sanity_check.sound import told_duration

_INFINITE_DB = 100.0


def verdict_card(song: CheckedSong, page: Path) -> str:
    """Say what was found, and where it is listened to.

    Parameters
    ----------
    song : CheckedSong
    page : Path
        The listening page.

    Returns
    -------
    str
    """
    told = song.told
    lines = [
        f"{printable(song.name) or 'The song'}, {told_duration(song.duration_s)}",
        _paragraph(told.headline),
        *map(_paragraph, told.sentences),
        *(_paragraph(f"Note: {warning}") for warning in told.warnings),
        f"  Listen: {printable(str(page))}",
    ]
    return "\n".join(lines)


def score_card(song: CheckedSong, scores: Sequence[Score]) -> str:
    """Sum up a separation in aligned figures, below its `verdict_card`.

    Parameters
    ----------
    song : CheckedSong
    scores : sequence of Score

    Returns
    -------
    str
    """
    lines = ["", *_table(song, scores)] if song.is_judged else []
    n_steps = song.observed.n_steps
    lines.append(
        f"  {sum(song.seconds.values()):.1f} s, of which the fit took {song.seconds['fit']:.2f} s"
        f" ({n_steps} step{'s' if n_steps != 1 else ''})."
    )
    if song.full_quality:
        names = ", ".join(path.name for path in song.full_quality.values())
        lines.append(textwrap.indent(textwrap.fill(f"Full quality: {names}", 90), "  "))
    return "\n".join(lines)


def _paragraph(text: str) -> str:
    return textwrap.indent(textwrap.fill(printable(text), 90), "  ")


def _table(song: CheckedSong, scores: Sequence[Score]) -> list[str]:
    fit = song.findings.fit
    lines = [f"  {'':<46}{'mixture':>9}{'extraction':>12}{'ideal mask':>12}{'reached':>9}"]
    group = ""
    for score in scores:
        lines.append(f"  {score.group if score.group != group else '':<22}" + _line(score))
        group = score.group
    n_points = f"{fit.n_points:,}".replace(",", " ")
    before, after = (100 * match.overall for match in (fit.match_before, fit.match_after))
    match = f"{'Fingerprint match':<22}{n_points + ' points':<21}{'%':<3}"
    lines.append(f"  {match}{before:>9.1f}{after:>12.1f}")
    return lines


def _line(score: Score) -> str:
    name = f"{score.name:<21}{score.unit:<3}"
    if score.extraction is None:
        return f"{name}  {score.reading}"
    values = (score.mixture, score.extraction, score.ideal)
    columns = "".join(
        f"{_number(value):>{width}}" for value, width in zip(values, (9, 12, 12), strict=True)
    )
    share = score.share_of_ceiling
    return name + columns + ("" if share is None else f"{100 * min(share, 1):>7.0f} %")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if value > _INFINITE_DB:
        return f"> {_INFINITE_DB:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
