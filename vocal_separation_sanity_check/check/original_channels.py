"""The channels of a song's original file, and for each of them a channel of the reference's.

Both wait on the disk at the song's own rate. A reference with as many channels as the song gives
each its own. Any other, and one whose channels have faults (see `sound.ChannelRepair`), gives all
of them its mixdown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.sound import (
    ChannelStatistics,
    Signal,
    SoundInfo,
    Spool,
    opened,
    resampled,
)


@dataclass(frozen=True)
class ReferenceChannels:
    """What a reference's file has for each channel of the song.

    Attributes
    ----------
    channels : list of Signal
        One a channel of the song, of one length, the reference's, at the song's rate.
    is_one_signal : bool
        Whether all of them hold the same: the file is mono, or as good as.
    sample_rate_hz : int
        Of the file.
    """

    channels: list[Signal]
    is_one_signal: bool
    sample_rate_hz: int


def song_channels(path: Path, info: SoundInfo, folder: Path) -> list[Signal]:
    """Give the channels of the song's file.

    Parameters
    ----------
    path : Path
    info : SoundInfo
        Of the file.
    folder : Path
        On the disk that has room for them.

    Returns
    -------
    list of Signal
        Of float32; what is written must be taken from the file itself.

    Raises
    ------
    InputError
        If the file cannot be read, or the disk is full.
    """
    with opened(path) as sound:
        return _spooled(sound.chunks(), info.n_channels, folder)


def reference_channels(path: Path, song: SoundInfo, folder: Path) -> ReferenceChannels:
    """Give a channel of the reference's file for each channel of the song.

    Parameters
    ----------
    path : Path
    song : SoundInfo
        Of the song's file: the rate wanted, and how many channels.
    folder : Path
        On the disk that has room for them.

    Returns
    -------
    ReferenceChannels

    Raises
    ------
    InputError
        If the file cannot be read, or the disk is full.
    """
    n_samples = 0
    with opened(path) as sound:
        statistics = ChannelStatistics(sound.n_channels)
        for chunk in sound.chunks(dtype="float32"):
            statistics.add(chunk)
            n_samples += len(chunk)
    repair = statistics.repair()
    from_hz, to_hz = sound.sample_rate_hz, song.sample_rate_hz
    n_wanted = -(-n_samples * to_hz // from_hz)
    is_mixed = sound.n_channels != song.n_channels or bool(repair.faults)
    with opened(path) as sound:
        chunks: Iterable[NDArray[np.floating]] = sound.chunks(dtype="float32")
        if is_mixed:
            chunks = (repair.mono(chunk.astype(np.float32))[:, None] for chunk in chunks)
        n_channels = 1 if is_mixed else song.n_channels
        channels = _spooled(resampled(chunks, from_hz, to_hz, n_wanted), n_channels, folder)
    return ReferenceChannels(
        channels * song.n_channels if is_mixed else channels,
        is_mixed or statistics.is_one_signal,
        from_hz,
    )


def _spooled(chunks: Iterable[NDArray[np.floating]], n_channels: int, folder: Path) -> list[Signal]:
    spools = [Spool(folder, 1) for _ in range(n_channels)]
    for chunk in chunks:
        for number, spool in enumerate(spools):
            spool.append(np.asarray(chunk[:, [number]], np.float32))
    return list(spools)
