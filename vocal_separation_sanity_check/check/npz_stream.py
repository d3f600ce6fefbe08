"""A large matrix into an `.npz` file, in pieces."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray


@contextmanager
def writing_npz(
    path: Path, name: str, n_rows: int, n_columns: int, numbers: dict[str, int]
) -> Iterator[Callable[[NDArray[np.float32]], None]]:
    """Write a float32 matrix column by column, beside some numbers; `numpy.load` reads it.

    Parameters
    ----------
    path : Path
    name : str
        Of the matrix.
    n_rows, n_columns : int
    numbers : dict of str to int

    Yields
    ------
    callable
        Takes the next columns, float32, shape (n_some, n_rows): a column in each row.
    """
    header = {"descr": "<f4", "fortran_order": True, "shape": (n_rows, n_columns)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for key, number in numbers.items():
            memory = io.BytesIO()
            npy.write_array(memory, np.array(number))
            archive.writestr(f"{key}.npy", memory.getvalue())
        with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
            npy.write_array_header_1_0(file, header)
            yield lambda columns: _write(file, columns)


def _write(file: IO[bytes], columns: NDArray[np.float32]) -> None:
    file.write(np.ascontiguousarray(columns, "<f4").tobytes())
