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
