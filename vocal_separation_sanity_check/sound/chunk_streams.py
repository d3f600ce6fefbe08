"""Streams of sound: chunks, floating, shape (n_samples, n_channels), one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.sound.open_sound import CHUNK, no_samples
from vocal_separation_sanity_check.sound.opening import opened


@dataclass(frozen=True)
class SoundInfo:
    """What was found out about a file by reading it through.

    Attributes
    ----------
    n_samples, n_channels, sample_rate_hz : int
    subtype : str
        Encoding of stems that hold what the file holds, see `encodings.wav_subtype`.
    level : float
        Root mean square over samples and channels.
    peak : float
        Largest magnitude; full scale is 1.
    """

    n_samples: int
    n_channels: int
    sample_rate_hz: int
    subtype: str
    level: float
    peak: float

    @property
    def duration_s(self) -> float:
        """Length of the sound."""
        return self.n_samples / self.sample_rate_hz


def sound_info(path: Path, *, with_bar: bool = False) -> SoundInfo:
    """Read a file through once: its length, its level, and whether it is sound all the way.

    Parameters
    ----------
    path : Path
    with_bar : bool
        Show a progress bar on a terminal; for callers that show none of their own.

    Returns
    -------
    SoundInfo

    Raises
    ------
    InputError
        If it cannot be read, is cut off or empty, or holds what is no usable number.
    """
    total, peak, n_samples = 0.0, 0.0, 0
    hidden = None if with_bar else True  # None: where there is no terminal
    with opened(path) as sound:
        n_chunks = None if sound.n_promised is None else -(-sound.n_promised // CHUNK)
        for chunk in tqdm(
            sound.chunks(),
            f"{printable(path.name)}: reading",
            n_chunks,
            leave=False,
            disable=hidden,
        ):
            total += float(np.square(chunk).sum())
            peak = max(peak, float(np.abs(chunk).max()))
            n_samples += len(chunk)
    if n_samples == 0:
        raise no_samples(path.name)
    level = float(np.sqrt(total / (n_samples * sound.n_channels)))
    return SoundInfo(n_samples, sound.n_channels, sound.sample_rate_hz, sound.subtype, level, peak)


def resampled(
    sound: Iterable[NDArray[np.floating]], from_hz: int, to_hz: int, n_wanted: int
) -> Iterator[NDArray[np.float32]]:
    """Resample a stream; the outcome is exactly so many samples long.

    Parameters
    ----------
    sound : iterable of floating, shape (n_samples, n_channels)
    from_hz, to_hz : int
    n_wanted : int

    Yields
    ------
    float32, shape (n_samples, n_channels)
    """
    given, n_channels = 0, 1
    resampler: soxr.ResampleStream | None = None
    for chunk in sound:
        n_channels = chunk.shape[1]
        out = np.ascontiguousarray(chunk, np.float32)
        if from_hz != to_hz:
            if resampler is None:
                resampler = soxr.ResampleStream(from_hz, to_hz, n_channels, "float32", "HQ")
            out = resampler.resample_chunk(out)
        out = out[: n_wanted - given]
        given += len(out)
        yield out
    if resampler is not None:
        rest = resampler.resample_chunk(np.zeros((0, n_channels), np.float32), last=True)
        rest = rest[: n_wanted - given]
        given += len(rest)
        yield rest
    if given < n_wanted:
        yield np.zeros((n_wanted - given, n_channels), np.float32)


class HeldChunks:
    """A stream that gives as many samples as asked for, and lets one look ahead.

    Parameters
    ----------
    stream : iterable of floating, shape (n_samples, n_channels)
        Its first chunk is read at once; a stream without any counts as one channel of nothing.
    """

    def __init__(self, stream: Iterable[NDArray[np.floating]]) -> None:
        self._stream = iter(stream)
        self._held: NDArray[np.floating] = next(self._stream, np.zeros((0, 1)))

    @property
    def n_channels(self) -> int:
        """Channels of the stream."""
        return self._held.shape[1]

    def look(self, n_samples: int) -> NDArray[np.floating]:
        """Give the next samples without taking them; zeros follow the end.

        Parameters
        ----------
        n_samples : int

        Returns
        -------
        floating, shape (n_samples, n_channels)
        """
        held = self._filled(n_samples)
        return np.pad(held, ((0, n_samples - len(held)), (0, 0)))

    def take(self, n_samples: int) -> NDArray[np.floating]:
        """Give the next samples and go on behind them; fewer at the end of the stream.

        Parameters
        ----------
        n_samples : int

        Returns
        -------
        floating, shape (n_samples, n_channels)
        """
        taken = self._filled(n_samples)
        self._held = self._held[n_samples:]
        return taken

    def _filled(self, n_samples: int) -> NDArray[np.floating]:
        parts, n_held = [self._held], len(self._held)
        while n_held < n_samples:
            chunk = next(self._stream, None)
            if chunk is None:
                break
            parts.append(chunk)
            n_held += len(chunk)
        if len(parts) > 1:
            self._held = np.concatenate(parts)
        return self._held[:n_samples]
