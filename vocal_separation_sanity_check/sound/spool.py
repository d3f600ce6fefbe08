"""Rows of numbers that wait on the disk instead of in memory."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError


class Spool:
    """Rows of float32 that are kept on the disk, in a file without a name.

    Whatever ends the process, the system takes the file away. Threads may read it at one time.

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
        self._lock = Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        except OSError as error:
            raise self._refused(error) from error
        weakref.finalize(self, self._file.close)

    def append(self, rows: NDArray[np.float32]) -> None:
        """Add rows, float32, shape (n_rows, width).

        Raises
        ------
        InputError
            If the disk is full.
        """
        try:
            with self._lock:
                self._file.seek(0, os.SEEK_END)
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
        with self._lock:
            self._file.seek(begin * size)
            data = self._file.read((end - begin) * size)
        return np.frombuffer(data, np.float32).reshape(-1, self._width)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        begin, end, _ = part.indices(self._n_rows)
        return self.rows(begin, max(begin, end)).ravel()

    def _refused(self, error: OSError) -> InputError:
        return InputError(
            f"cannot write to {self._folder}: {error.strerror or error}; is there room on the disk,"
            " and is the folder yours to write to?"
        )


def spooled(parts: Iterable[NDArray[np.float32]], folder: Path) -> Spool:
    """Keep a mono signal on the disk.

    Parameters
    ----------
    parts : iterable of float32, shape (n_samples,) or (n_samples, 1)
        One after another.
    folder : Path
        On the disk that has room for four bytes a sample.

    Returns
    -------
    Spool

    Raises
    ------
    InputError
        If the folder cannot be written to, or the disk is full.
    """
    spool = Spool(folder, 1)
    for part in parts:
        spool.append(part)
    return spool
