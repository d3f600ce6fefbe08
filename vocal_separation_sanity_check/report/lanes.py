"""The sounds of a listening page: how they are drawn, how loud they play, what carries them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.report.page_media import (
    decoded,
    embedded_picture,
    embedded_sound,
    in_base64,
    page_rate_hz,
)
from vocal_separation_sanity_check.report.waveforms import peak_columns, waveform_path
from vocal_separation_sanity_check.sound import STEPS_S, HeldChunks, opened
from vocal_separation_sanity_check.spectral import FLOOR_DB, decibels, tick_places

EMBEDDED_S = 420.0
"""Longer songs are played from the files beside the page: they would make it too large."""
_LOUDEST = 0.999
"""Of a sum, where full scale is 1: another decoder than ours rounds otherwise."""
_AT_ONCE = 1 << 18
"""Samples of every lane that are added up together."""

Chunks = Iterable[NDArray[np.floating]]


@dataclass(frozen=True)
class Lane:
    """One sound of a page, with its spectrogram.

    Attributes
    ----------
    title : str
    name : str
        Of the file that a download gives, without extension.
    sample_rate_hz, n_samples, n_channels : int
    chunks : callable
        Gives the sound anew, floating, shapes (n, n_channels).
    picture : float32, shape (n_rows, n_columns)
        Magnitudes, see `spectral.sound_picture`; those of all lanes to one scale.
    file : Path or None
        The same sound beside the page.
    full_quality : Path or None
        The same at the song's own rate and with its channels, beside the page.
    """

    title: str
    name: str
    sample_rate_hz: int
    n_samples: int
    n_channels: int
    chunks: Callable[[], Chunks]
    picture: NDArray[np.float32]
    file: Path | None = None
    full_quality: Path | None = None

    @property
    def duration_s(self) -> float:
        """Length of the sound."""
        return self.n_samples / self.sample_rate_hz


def player(lanes: Sequence[Lane], nyquist_hz: float) -> dict[str, Any]:
    """Gather what the template ``player.html.jinja`` and its script need.

    Parameters
    ----------
    lanes : sequence of Lane
        All equally long, in the order of the keys that play them.
    nyquist_hz : float
        Highest frequency of the pictures.

    Returns
    -------
    dict
    """
    first = lanes[0]
    is_embedded = first.duration_s <= EMBEDDED_S
    if not is_embedded:
        lanes = [lane for lane in lanes if lane.file is not None]
    embedded: list[tuple[str, bytes]] = []
    if is_embedded:
        with ThreadPoolExecutor(2) as threads:
            embedded += threads.map(_embedded, lanes)
    # Of what is played: MP3 goes up to two decibels beyond what it was made of.
    played: list[Chunks] = [decoded(content) for _, content in embedded]
    played = played or [lane.chunks() for lane in lanes]
    sets = [_set(played, [None if is_embedded else lane.file for lane in lanes])]
    full_quality = [path for lane in lanes if (path := lane.full_quality) is not None]
    if full_quality:
        sets.append(_set(map(_chunks_of, full_quality), [lane.full_quality for lane in lanes]))
    encoding = embedded[0][0] if embedded else "files beside this page"
    contents: list[str | None] = [in_base64(content) for _, content in embedded]
    return {
        "lanes": [
            picture | {"data": content}
            for picture, content in zip(
                _pictures(lanes), contents or [None] * len(lanes), strict=True
            )
        ],
        "ticks": tick_places(nyquist_hz),
        "nyquist_hz": nyquist_hz,
        "duration_s": first.duration_s,
        "encoding": encoding,
        "full_quality": _form_of(full_quality[0]) if full_quality else None,
        "data": {
            "duration": first.duration_s,
            "sampleRateHz": page_rate_hz(first.sample_rate_hz),
            "names": [lane.name for lane in lanes],
            "encoding": encoding.lower(),
            "sets": sets,
            "stepsS": STEPS_S,
        },
    }


def _pictures(lanes: Sequence[Lane]) -> list[dict[str, Any]]:
    """What is seen of the lanes, all of them to the scale of the first, or of the loudest."""
    loudest = float(lanes[0].picture.max()) or 1.0
    columns = [peak_columns(lane.chunks(), lane.n_samples) for lane in lanes]
    highest = max(float(np.abs(column).max()) for column in columns) or 1.0
    return [
        {
            "title": lane.title,
            "picture": embedded_picture(decibels(lane.picture, loudest), FLOOR_DB, 0, "magma"),
            "waveform": waveform_path(column, highest),
            "n_columns": column.shape[1],
        }
        for lane, column in zip(lanes, columns, strict=True)
    ]


def _set(sounds: Iterable[Chunks], files: Sequence[Path | None]) -> dict[str, Any]:
    """One way to hear the lanes: their gain, and the links of those that are files."""
    links = [None if file is None else quote(file.name) for file in files]
    return {"gain": common_gain([*sounds]), "files": links}


def common_gain(sounds: Sequence[Chunks]) -> float:
    """Find the gain, at most 1, with which no sum of these sounds goes beyond full scale.

    Whichever of them are added, and however far each is turned down, a sample of the sum lies
    between the sum of all that are negative there and the sum of all that are positive.

    Parameters
    ----------
    sounds : sequence of iterables of floating, shape (n, n_channels)

    Returns
    -------
    float
    """
    streams = [HeldChunks(sound) for sound in sounds]
    highest = _LOUDEST
    while True:
        parts = [stream.take(_AT_ONCE) for stream in streams]
        n_samples = max(map(len, parts))
        if n_samples == 0:
            return min(1.0, _LOUDEST / highest)
        sums = np.zeros((2, n_samples))
        for part in parts:
            sums[0, : len(part)] += part.max(axis=1).clip(0)
            sums[1, : len(part)] -= part.min(axis=1).clip(None, 0)
        highest = max(highest, float(sums.max()))


def _embedded(lane: Lane) -> tuple[str, bytes]:
    return embedded_sound(lane.chunks(), lane.n_samples, lane.n_channels, lane.sample_rate_hz)


def form_in_words(n_channels: int, sample_rate_hz: int) -> str:
    """Say what a sound is: ``stereo, 44100 Hz``."""
    channels = {1: "mono", 2: "stereo"}.get(n_channels, f"{n_channels} channels")
    return f"{channels}, {sample_rate_hz} Hz"


def _form_of(path: Path) -> str:
    with opened(path) as file:
        return form_in_words(file.n_channels, file.sample_rate_hz)


def _chunks_of(path: Path) -> Chunks:
    with opened(path) as file:
        yield from file.chunks(dtype="float32")
