"""The listening page: one file that plays, shows and judges a separation without the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.report.lanes import Lane, player
from vocal_separation_sanity_check.report.page_media import embedded_file, embedded_picture
from vocal_separation_sanity_check.report.page_templates import PAGES
from vocal_separation_sanity_check.scoring import Score
from vocal_separation_sanity_check.songs import ALIGNMENT_NAMES, CheckedSong, earlier_files
from vocal_separation_sanity_check.sound import Signal, pieces, time_label, told_duration
from vocal_separation_sanity_check.verdicts import removal_words


def player_of(song: CheckedSong) -> dict[str, Any]:
    """Encode the sounds of a song and its mask, after they are written.

    Parameters
    ----------
    song : CheckedSong

    Returns
    -------
    dict
        What the page's player needs.
    """
    mask = embedded_picture(song.mask_picture, 0, 1, "cividis")
    return player(_lanes(song), song.settings.sample_rate_hz / 2) | {"mask": mask}


def write_page(
    song: CheckedSong,
    playable: Mapping[str, Any],
    facts: Mapping[str, Any],
    scores: Sequence[Score] | None,
) -> Path:
    """Write the page of one song, after its sounds; for good after all its other files.

    Parameters
    ----------
    song : CheckedSong
    playable : mapping
        See `player_of`.
    facts : mapping
        What `results.json` holds.
    scores : sequence of Score or None
        None as long as scores and pictures are being made, which the page then says.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    fit = song.findings.fit
    page = PAGES.get_template("report.html.jinja").render(
        title=printable(song.name) or "Vocal separation",
        length=told_duration(song.duration_s),
        told=song.told,
        earlier=earlier_files(song.job.results, song.job.suffix),
        player=playable,
        is_complete=scores is not None,
        scores=scores,
        pictures={} if scores is None else _pictures(song),
        alignment=song.alignment,
        moment=lambda moment_s: time_label(round(moment_s, 2), song.duration_s, 2),
        is_placed=song.is_placed,
        is_judged=song.is_judged,
        removed=_removed(song),
        is_subtracted=song.is_subtracted,
        rest=song.rest,
        match=fit.match_after.by_slice_and_family,
        match_before=fit.match_before.overall,
        match_after=fit.match_after.overall,
        n_points=fit.n_points,
        facts=facts,
    )
    path = song.path("report", ".html")
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _lanes(song: CheckedSong) -> list[Lane]:
    """The sounds, in the order of the keys that play them."""
    full_quality = song.full_quality
    return [
        Lane(
            title=title,
            name=name or title.lower().replace(" ", "_"),
            sample_rate_hz=song.settings.sample_rate_hz,
            n_samples=len(signal),
            n_channels=1,
            chunks=partial(_columns, song.shown(signal)),
            picture=song.gain * song.pictures[title],
            file=None if name is None else song.path(name, ".wav"),
            full_quality=full_quality.get(name or ""),
        )
        for title, (name, signal) in song.lanes.items()
    ]


def _removed(song: CheckedSong) -> str:
    """What subtraction did when the song was prepared, in words."""
    if song.alignment is None:
        return ""
    depth_db = song.alignment["null_depth_db"]
    return removal_words(depth_db["after"], depth_db["before"])


def _columns(signal: Signal) -> Iterator[NDArray[np.float32]]:
    return (piece[:, None] for piece in pieces(signal))


def _pictures(song: CheckedSong) -> dict[str, str]:
    placed = "How the reference was lined up"
    if not song.is_placed:
        placed = "Where single windows would put the reference: it was not lined up"
    pictures = {
        "The loss, step by step, beside the ideal masks'": song.path("optimization_loss", ".png"),
        placed: song.job.prepared / ALIGNMENT_NAMES[1],
        f"What the song did to the {song.findings.source}": song.path("path", ".png"),
    }
    return {caption: embedded_file(path) for caption, path in pictures.items() if path.is_file()}
