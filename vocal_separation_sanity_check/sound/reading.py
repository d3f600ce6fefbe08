"""Sound files to arrays, or to signals on the disk, whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.checks import SILENCE_PEAK
from vocal_separation_sanity_check.sound.condition import Condition, ConditionStatistics
from vocal_separation_sanity_check.sound.mixdown import ChannelRepair, ChannelStatistics, Mixdown
from vocal_separation_sanity_check.sound.open_sound import no_samples
from vocal_separation_sanity_check.sound.opening import opened
from vocal_separation_sanity_check.sound.spool import spooled

T = TypeVar("T")

_LARGEST_CHUNK = 1 << 24
"""Samples: six minutes at 44.1 kHz come in one chunk, which need not be copied."""
_CHUNK = 1 << 19
"""Samples that are mixed down together."""
LONGEST_S = 4 * 3600.0
"""Longest sound that is read; silence of a day is a file of some megabytes."""
MOST_VALUES = 1 << 30
"""Of all channels together: 4 GiB."""


@dataclass(frozen=True)
class Sound:
    """What a file holds.

    Attributes
    ----------
    samples : float32, shape (n_samples, n_channels)
        Linear amplitude, full scale at 1; files in floating point may go beyond.
    sample_rate_hz : int
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int


def read_sound(path: str | os.PathLike[str]) -> Sound:
    """Read a sound file of any format, whole.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Sound

    Raises
    ------
    InputError
        If it is missing, not sound, cut off, empty, too long, or holds what is no usable number.
    """
    path = Path(path)
    chunks: list[NDArray[np.floating]] = []
    with opened(path) as file:
        n_most = min(round(LONGEST_S * file.sample_rate_hz), MOST_VALUES // file.n_channels)
        n_read = 0
        if (file.n_promised or 0) > n_most:
            raise _too_long(path.name, n_most / file.sample_rate_hz)
        for chunk in file.chunks(_LARGEST_CHUNK, "float32"):
            chunks.append(chunk)
            n_read += len(chunk)
            if n_read > n_most:
                raise _too_long(path.name, n_most / file.sample_rate_hz)
    if not chunks:
        raise no_samples(path.name)
    samples = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
    return Sound(np.asarray(samples, np.float32), file.sample_rate_hz)


def read_mixdown(path: str | os.PathLike[str], sample_rate_hz: int) -> Mixdown:
    """Read a sound file, bring its channels to one (see `mixdown`), and that to a sampling rate.

    Parameters
    ----------
    path : path-like
    sample_rate_hz : int
        Rate wanted.

    Returns
    -------
    Mixdown
        Its samples are an array; what was wrong with the channels, and the condition of all.

    Raises
    ------
    InputError
        As `read_sound`; also if the file is silent.
    """
    samples, faults, condition = _mixed_down(Path(path), sample_rate_hz, lambda chunks: [*chunks])
    return Mixdown(np.concatenate(samples), faults, condition)


def spooled_mixdown(path: Path, sample_rate_hz: int, folder: Path) -> Mixdown:
    """Do as `read_mixdown` does, and leave the samples on the disk.

    Parameters
    ----------
    path : Path
    sample_rate_hz : int
        Rate wanted.
    folder : Path
        On the disk that has room for four bytes a sample.

    Returns
    -------
    Mixdown
        Its samples are a `Spool`.

    Raises
    ------
    InputError
        As `read_mixdown`; also if the folder cannot be written to, or the disk is full.
    """
    return Mixdown(*_mixed_down(path, sample_rate_hz, lambda chunks: spooled(chunks, folder)))


def read_mono(path: str | os.PathLike[str], sample_rate_hz: int) -> NDArray[np.float32]:
    """Give the samples of `read_mixdown` where nobody is to be told what is wrong with them.

    Parameters
    ----------
    path : path-like
    sample_rate_hz : int

    Returns
    -------
    float32, shape (n_samples,)

    Raises
    ------
    InputError
        As `read_mixdown`.
    """
    return np.asarray(read_mixdown(path, sample_rate_hz).samples)


class _MonoChunks:
    """The chunks of a file in one channel at a rate; what they were is known once they are read."""

    def __init__(self, path: Path, rate: int, repair: ChannelRepair | None = None) -> None:
        self._path, self._rate, self._repair = path, rate, repair
        self.statistics, self.peak = ChannelStatistics(1), 0.0
        self.condition = ConditionStatistics(1)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        n_read = 0
        with opened(self._path) as file:
            n_most = round(LONGEST_S * file.sample_rate_hz)
            if (file.n_promised or 0) > n_most:
                raise _too_long(self._path.name, LONGEST_S)
            self.statistics = ChannelStatistics(file.n_channels)
            self.condition = ConditionStatistics(file.n_channels)
            resampled: Callable[..., NDArray[np.float32]] = lambda samples, **_: samples  # noqa: E731
            if file.sample_rate_hz != self._rate:
                rates = file.sample_rate_hz, self._rate
                resampled = soxr.ResampleStream(*rates, 1, "float32", "VHQ").resample_chunk
            for chunk in file.chunks(_CHUNK, "float32"):
                n_read += len(chunk)
                if n_read > n_most:
                    raise _too_long(self._path.name, LONGEST_S)
                yield resampled(self._mono(np.asarray(chunk, np.float32)))
            yield resampled(np.zeros(0, np.float32), last=True)
        if n_read == 0:
            raise no_samples(self._path.name)

    def _mono(self, chunk: NDArray[np.float32]) -> NDArray[np.float32]:
        chunk = np.asfortranarray(chunk)  # all that follows goes through one channel at a time
        self.statistics.add(chunk)
        self.condition.add(chunk)
        mono = chunk.mean(axis=1) if self._repair is None else self._repair.mono(chunk)
        self.peak = max(self.peak, float(np.abs(mono).max(initial=0.0)))
        return np.asarray(mono, np.float32)


def _mixed_down(
    path: Path, rate: int, kept: Callable[[Iterable[NDArray[np.float32]]], T]
) -> tuple[T, tuple[str, ...], Condition]:
    """What `kept` makes of a file's mono chunks, the faults of its channels, and its condition.

    Faults are known only at the end: a file that has some is read again.
    """
    chunks = _MonoChunks(path, rate)
    samples = kept(chunks)
    repair = chunks.statistics.repair()
    if repair.faults:
        chunks = _MonoChunks(path, rate, repair)
        samples = kept(chunks)
    if chunks.peak < SILENCE_PEAK:
        raise InputError(
            f"{path.name} holds only silence (peak {chunks.peak:.1e}); is it the right file?"
        )
    return samples, repair.faults, chunks.condition.found()


def _too_long(name: str, longest_s: float) -> InputError:
    return InputError(
        f"{name} holds more than {longest_s / 3600:.2g} hours of sound, too much to work on at"
        " once; cut it into parts"
    )
