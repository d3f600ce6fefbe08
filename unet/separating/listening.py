"""A page to listen to a song that was taken apart: the song and its stems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.report import Lane, common_gain, write_lanes_page
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.sound import (
    SoundInfo,
    opened,
    spooled,
)
from vocal_separation_sanity_check.spectral import sound_picture

_FINE_HZ = 32_000
"""From this rate on windows have twice the samples, so that they last about as long."""

Chunks = Iterable[NDArray[np.floating]]


def write_stems_page(
    song: Path, info: SoundInfo, gain: float, stems: Mapping[str, Path], page: Path
) -> None:
    """Write the page of a song whose stems are written.

    Parameters
    ----------
    song : Path
    info : SoundInfo
        Of it.
    gain : float
        That the stems were turned down by.
    stems : mapping of str to Path
        Their files by name.
    page : Path
        Beside them.

    Raises
    ------
    InputError
        If a file cannot be read or written.
    """
    files = {name.capitalize(): file for name, file in stems.items()}
    sounds = {"Mixture": partial(_times, gain, song)}
    sounds |= {title: partial(_times, 1.0, file) for title, file in files.items()}
    # What a page holds ends at full scale; files in floating point, and MP3, do not.
    common = min(common_gain([chunks()]) for chunks in sounds.values())
    lanes = [
        Lane(
            title=title,
            name=title.lower(),
            sample_rate_hz=info.sample_rate_hz,
            n_samples=info.n_samples,
            n_channels=info.n_channels,
            chunks=partial(_turned_down, common, chunks),
            picture=_picture(chunks(), info.sample_rate_hz, page.parent),
            file=files.get(title),
        )
        for title, chunks in sounds.items()
    ]
    write_lanes_page(page, printable(song.stem), lanes)


def _times(gain: float, path: Path) -> Iterator[NDArray[np.float32]]:
    with opened(path) as file:
        for chunk in file.chunks(dtype="float32"):
            yield np.float32(gain) * chunk


def _turned_down(gain: float, chunks: Callable[[], Chunks]) -> Iterator[NDArray[np.floating]]:
    return (np.float32(gain) * chunk for chunk in chunks())


def _picture(chunks: Chunks, sample_rate_hz: int, folder: Path) -> NDArray[np.float32]:
    n_fft = 4096 if sample_rate_hz > _FINE_HZ else 2048
    settings = Settings(sample_rate_hz=sample_rate_hz, n_fft=n_fft, hop_length=n_fft // 2)
    mono = spooled((chunk.mean(axis=1) for chunk in chunks), folder)
    return sound_picture(mono, settings)
