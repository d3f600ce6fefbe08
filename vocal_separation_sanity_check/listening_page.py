"""The listening page: one file that plays, shows and judges a separation without the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from vocal_separation_sanity_check.checked_song import CheckedSong
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.page_media import (
    embedded_file,
    embedded_picture,
    embedded_sound,
    matched_gains,
)
from vocal_separation_sanity_check.page_templates import PAGES
from vocal_separation_sanity_check.prepared_files import ALIGNMENT_NAMES
from vocal_separation_sanity_check.report_card import verdict
from vocal_separation_sanity_check.signals import Difference, Signal
from vocal_separation_sanity_check.spectrogram_picture import FLOOR_DB, decibels, tick_places

EMBEDDED_S = 420.0
"""Longer songs are played from the WAV files beside the page: they would make it too large."""


@dataclass(frozen=True)
class Track:
    """One sound of the page.

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
    lanes, encoding = _lanes(song)
    nyquist_hz = settings.sample_rate_hz / 2
    page = PAGES.get_template("report.html.jinja").render(
        title=song.name or "Vocal separation",
        duration_s=song.duration_s,
        verdict=verdict(song.findings),
        warnings=song.findings.warnings,
        lanes=lanes,
        encoding=encoding,
        player={
            "duration": song.duration_s,
            "rate": settings.sample_rate_hz,
            "tracks": [{"gain": lane["gain"], "file": lane["file"]} for lane in lanes],
        },
        mask=embedded_picture(song.mask_picture, 0, 1, "cividis"),
        ticks=tick_places(nyquist_hz),
        times=_times(song.duration_s),
        scores=song.scores,
        pictures=_pictures(song),
        alignment=_alignment(song),
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


def _tracks(song: CheckedSong) -> list[Track]:
    """The sounds, in the order of the keys that play them."""
    findings, source = song.findings, song.findings.source
    titles = {
        "1_original_mixture": "Mixture",
        f"2_target_{source}": f"Target {source}",
        "extracted_vocal": "Extracted vocal",
        "extracted_music": "Extracted music",
    }
    tracks = [
        Track(title, song.shown(song.sounds[name]), song.path(name, ".wav").name)
        for name, title in titles.items()
    ]
    null_test = song.shown(Difference(song.mixture, song.reference))
    rest = "music" if source == "vocal" else "vocal"
    is_written = findings.subtraction_leftover_db is not None
    file_name = song.path(f"subtracted_{rest}", ".wav").name if is_written else None
    return [*tracks, Track("Null test", null_test, file_name)]


def _pictures(song: CheckedSong) -> dict[str, str]:
    pictures = {
        "The loss, step by step, beside the ideal masks'": song.path("optimization_loss", ".png"),
        "How the reference was lined up": song.job.prepared / ALIGNMENT_NAMES[1],
    }
    return {caption: embedded_file(path) for caption, path in pictures.items() if path.is_file()}


def _alignment(song: CheckedSong) -> Any:
    """What preparing wrote of the alignment, where it lined up."""
    path = song.job.prepared / ALIGNMENT_NAMES[0]
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _lanes(song: CheckedSong) -> tuple[list[dict[str, Any]], str]:
    """What the template shows of each track, and the name of the encoding."""
    settings, tracks = song.settings, _tracks(song)
    gains = matched_gains([track.signal for track in tracks])
    pictures = [song.gain * picture for picture in song.pictures.values()]
    loudest = float(pictures[0].max())
    lanes: list[dict[str, Any]] = []
    encoding = "WAV files beside this page"
    is_embedded = song.duration_s <= EMBEDDED_S
    with ThreadPoolExecutor(2) as threads:  # each holds a whole sound
        sounds = threads.map(
            lambda track: embedded_sound(track.signal[:], settings.sample_rate_hz),
            tracks if is_embedded else [],
        )
        embedded = list(sounds)
    for track, gain, picture in zip(tracks, gains, pictures, strict=True):
        data, file = None, None
        if is_embedded:
            encoding, data = embedded[len(lanes)]
        elif track.file_name is None:
            continue
        else:
            file = quote(track.file_name)
        lanes.append(
            {
                "title": track.title,
                "gain": gain,
                "data": data,
                "file": file,
                "picture": embedded_picture(decibels(picture, loudest), FLOOR_DB, 0, "magma"),
            }
        )
    return lanes, encoding


def _times(duration_s: float) -> dict[str, float]:
    """Labels of the time axis, and where they are, 0 to 1."""
    step = next(
        s for s in (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800) if duration_s < 11 * s
    )
    seconds = np.arange(0, duration_s, step)
    return {
        (f"{s / 60:.0f}:{s % 60:02.0f}" if duration_s >= 60 else f"{s:g} s"): float(s / duration_s)
        for s in seconds
    }
