"""Signals that are looked at in pieces: of any length, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 20
"""Samples that are looked at together."""


class Signal(Protocol):
    """An array, or something that makes or reads samples as they are needed."""

    def __len__(self) -> int:
        """Count the samples."""

    def __getitem__(self, part: slice, /) -> NDArray[np.float32]:
        """Give samples, float32, shape (n_samples,)."""


def pieces(signal: Signal) -> Iterator[NDArray[np.float32]]:
    """Give a signal piece by piece, float32, shape (at most `PIECE`,)."""
    for begin in range(0, len(signal), PIECE):
        yield signal[begin : begin + PIECE]


def peak_of(signal: Signal) -> float:
    """Largest magnitude of a signal; NaN where a sample is."""
    return float(np.max([np.abs(piece).max(initial=0.0) for piece in pieces(signal)], initial=0.0))


def energies(signal: Signal, n_frame: int) -> NDArray[np.float64]:
    """Energy of each frame of a signal.

    Parameters
    ----------
    signal : Signal
    n_frame : int
        Samples of a frame; what is left over at the end is not looked at.

    Returns
    -------
    float64, shape (n_samples // n_frame,)
    """
    n_frames, at_once = len(signal) // n_frame, max(1, PIECE // n_frame)
    found = np.empty(n_frames)
    for first in range(0, n_frames, at_once):
        last = min(first + at_once, n_frames)
        frames = signal[first * n_frame : last * n_frame].reshape(-1, n_frame)
        found[first:last] = np.einsum("ij,ij->i", frames, frames, dtype=np.float64)
    return found


@dataclass(frozen=True)
class Part:
    """A stretch of a signal, from a first sample to the one behind its last."""

    signal: Signal
    begin: int
    end: int

    def __len__(self) -> int:
        return self.end - self.begin

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        begin, end, _ = part.indices(len(self))
        return self.signal[self.begin + begin : self.begin + max(begin, end)]


@dataclass(frozen=True)
class Scaled:
    """A signal times a factor."""

    signal: Signal
    factor: float

    def __len__(self) -> int:
        return len(self.signal)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        return np.float32(self.factor) * self.signal[part]


@dataclass(frozen=True)
class Clipped:
    """A signal cut to [-1, 1]."""

    signal: Signal

    def __len__(self) -> int:
        return len(self.signal)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        return np.clip(self.signal[part], -1, 1)


@dataclass(frozen=True)
class Difference:
    """A signal minus another of its length."""

    signal: Signal
    other: Signal

    def __len__(self) -> int:
        return len(self.signal)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        return self.signal[part] - self.other[part]
