"""The listening page: one file that plays, shows and judges a separation without the network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.report.page_media import (
    embedded_file,
    embedded_picture,
    embedded_sound,
    matched_gains,
)
from vocal_separation_sanity_check.report.page_templates import PAGES
from vocal_separation_sanity_check.songs import ALIGNMENT_NAMES, CheckedSong, earlier_files
from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral import FLOOR_DB, decibels, tick_places
from vocal_separation_sanity_check.verdicts import removal_words

EMBEDDED_S = 420.0
"""Longer songs are played from the WAV files beside the page: they would make it too large."""
MOST_LABELS = 11
"""Of the time axis; more would run into each other on a telephone."""
_STEPS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
_HOUR_S = 3600


@dataclass(frozen=True)
class Lane:
    """One sound of the page, with its spectrogram.

    Attributes
    ----------
    title : str
    signal : Signal
        As it was written, in [-1, 1].
    file_name : str or None
        Of the WAV beside the page.
    """

    title: str
    signal: Signal
    file_name: str | None


def write_page(song: CheckedSong, facts: Mapping[str, Any]) -> Path:
    """Write the page of one song, after its other files.

    Parameters
    ----------
    song : CheckedSong
    facts : mapping
        What `results.json` holds.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    settings, fit = song.settings, song.findings.fit
    lanes, encoding = _shown_lanes(song)
    nyquist_hz = settings.sample_rate_hz / 2
    page = PAGES.get_template("report.html.jinja").render(
        title=printable(song.name) or "Vocal separation",
        duration_s=song.duration_s,
        told=song.told,
        earlier=earlier_files(song.job.results, song.job.suffix),
        lanes=lanes,
        encoding=encoding,
        player={
            "duration": song.duration_s,
            "sampleRateHz": settings.sample_rate_hz,
            "lanes": [{"gain": lane["gain"], "file": lane["file"]} for lane in lanes],
        },
        mask=embedded_picture(song.mask_picture, 0, 1, "cividis"),
        ticks=tick_places(nyquist_hz),
        times=_times(song.duration_s),
        scores=song.scores,
        pictures=_pictures(song),
        alignment=song.alignment,
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
    return [
        Lane(title, song.shown(signal), None if name is None else song.path(name, ".wav").name)
        for title, (name, signal) in song.lanes.items()
    ]


def _removed(song: CheckedSong) -> str:
    """What subtraction did when the song was prepared, in words."""
    if song.alignment is None:
        return ""
    depth_db = song.alignment["null_depth_db"]
    return removal_words(depth_db["after"], depth_db["before"])


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


def _shown_lanes(song: CheckedSong) -> tuple[list[dict[str, Any]], str]:
    """What the template shows of each lane, and the name of the encoding."""
    settings, lanes = song.settings, _lanes(song)
    gains = matched_gains([lane.signal for lane in lanes])
    pictures = [song.gain * picture for picture in song.pictures.values()]
    loudest = float(pictures[0].max())
    shown: list[dict[str, Any]] = []
    encoding = "WAV files beside this page"
    is_embedded = song.duration_s <= EMBEDDED_S
    with ThreadPoolExecutor(2) as threads:  # each holds a whole sound
        sounds = threads.map(
            lambda lane: embedded_sound(lane.signal[:], settings.sample_rate_hz),
            lanes if is_embedded else [],
        )
        embedded = list(sounds)
    for lane, gain, picture in zip(lanes, gains, pictures, strict=True):
        data, file = None, None
        if is_embedded:
            encoding, data = embedded[len(shown)]
        elif lane.file_name is None:
            continue
        else:
            file = quote(lane.file_name)
        shown.append(
            {
                "title": lane.title,
                "gain": gain,
                "data": data,
                "file": file,
                "picture": embedded_picture(decibels(picture, loudest), FLOOR_DB, 0, "magma"),
            }
        )
    return shown, encoding


def _times(duration_s: float) -> dict[str, float]:
    """Labels of the time axis, and where they are, 0 to 1."""
    fitting = [step_s for step_s in _STEPS_S if duration_s < MOST_LABELS * step_s]
    whole_hours_s = _HOUR_S * math.ceil(duration_s / (MOST_LABELS * _HOUR_S))
    seconds = np.arange(0, duration_s, fitting[0] if fitting else whole_hours_s)
    return {_label(second, duration_s): float(second / duration_s) for second in seconds}


def _label(second: float, duration_s: float) -> str:
    """Name a moment as in a song of that length: ``4.5 s``, ``1:30``, ``2:00:00``."""
    if duration_s < 60:
        return f"{second:g} s"
    minutes, rest_s = divmod(round(second), 60)
    if duration_s < _HOUR_S:
        return f"{minutes}:{rest_s:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest_s:02}"
