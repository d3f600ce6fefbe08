"""Signals that are looked at in pieces: of any length, in memory that does not grow with it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError

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


class Spool:
    """Rows of float32 that are kept on the disk, in a file without a name.

    Whatever ends the process, the system takes the file away.

    Parameters
    ----------
    folder : Path
        On the disk that has room for it; made where missing.
    width : int
        Numbers in a row.

    Raises
    ------
    InputError
        If the file cannot be made.
    """

    def __init__(self, folder: Path, width: int) -> None:
        self._folder, self._width, self._n_rows = folder, width, 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        except OSError as error:
            raise self._refused(error) from error

    def append(self, rows: NDArray[np.float32]) -> None:
        """Add rows, float32, shape (n_rows, width).

        Raises
        ------
        InputError
            If the disk is full.
        """
        try:
            self._file.write(np.ascontiguousarray(rows, np.float32).data)
            self._file.flush()
        except OSError as error:
            raise self._refused(error) from error
        self._n_rows += len(rows)

    def __len__(self) -> int:
        return self._n_rows

    def rows(self, begin: int, end: int) -> NDArray[np.float32]:
        """Read rows, float32, shape (end - begin, width)."""
        size = 4 * self._width
        data = os.pread(self._file.fileno(), (end - begin) * size, begin * size)
        return np.frombuffer(data, np.float32).reshape(-1, self._width)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        begin, end, _ = part.indices(self._n_rows)
        return self.rows(begin, max(begin, end)).ravel()

    def _refused(self, error: OSError) -> InputError:
        return InputError(
            f"cannot write to {self._folder}: {error.strerror or error}; is there room on the disk,"
            " and is the folder yours to write to?"
        )
