"""SLICES: the 19 named slices of a magnitude spectrogram ("18 slices": two are pooled to half)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import on_every_core
from vocal_separation_sanity_check.fingerprints import slice_kernels as kernels


@dataclass(frozen=True)
class Slice:
    """One slice of a spectrogram.

    Attributes
    ----------
    number : int
        As users know it, 0 to 18.
    name : str
    taps : float64, shape (3, 3), or None
        Correlation taps in array order: frequency rises with the row, time with the column.
        None for the two slices that pool 2 x 2 cells.
    """

    number: int
    name: str
    taps: NDArray[np.float64] | None

    @property
    def is_pooled(self) -> bool:
        """Whether the slice has half the bins and half the windows."""
        return self.taps is None


def _oriented_edge(degrees: float) -> list[list[float]]:
    """Prewitt's gradient along one direction, steered as in Freeman & Adelson (1991).

    0 degrees is an onset (energy rises with time), 90 degrees the lower side of a partial
    (energy rises with frequency). The absolute taps sum to 1.
    """
    along_time = np.array([[-1, 0, 1]] * 3)
    along_frequency = along_time.T[::-1]
    angle = np.deg2rad(degrees)
    taps = np.cos(angle) * along_time + np.sin(angle) * along_frequency
    return (taps / np.abs(taps).sum()).tolist()


# As drawn in a spectrogram: the first row is the higher frequency.
_DRAWN: list[tuple[str, list[list[float]] | None]] = [
    ("raw", [[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    ("horizontal", [[0, 0, 0], [1, 1, 1], [0, 0, 0]]),
    ("vertical", [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
    ("diagonal up", [[0, 0, 1], [0, 1, 0], [1, 0, 0]]),
    ("diagonal down", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    ("blob", [[0, 1, 0], [1, 2, 1], [0, 1, 0]]),
    ("harmonic stack", [[1, 1, 1], [0, 0, 0], [1, 1, 1]]),
    ("high-pass", [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    ("low-pass", [[1 / 9] * 3] * 3),
    *((f"edge {degrees:g} deg", _oriented_edge(degrees)) for degrees in np.arange(22.5, 180, 22.5)),
    ("laplacian", [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
    ("max-pooled", None),
    ("average-pooled", None),
]

SLICES: tuple[Slice, ...] = tuple(
    Slice(number, name, None if drawn is None else np.array(drawn, float)[::-1].copy())
    for number, (name, drawn) in enumerate(_DRAWN)
)
LINEAR_SLICES = tuple(which for which in SLICES if not which.is_pooled)
LINEAR_TAPS: NDArray[np.float64] = np.array([which.taps for which in LINEAR_SLICES])
POOLED_BY_MAXIMUM = 17


def take_slice(magnitude_by_window: NDArray[np.floating], which: Slice) -> NDArray[np.floating]:
    """Look at a spectrogram through one slice.

    Parameters
    ----------
    magnitude_by_window : float32 or float64, shape (n_windows, n_bins)
        Linear magnitude, C order; zero outside.
    which : Slice

    Returns
    -------
    same dtype, shape (n_windows, n_bins), or (n_windows // 2, n_bins // 2) for a pooled slice
        An odd last bin or window has no partner and is left out of a pooled slice.
    """
    n_windows, n_bins = magnitude_by_window.shape
    dtype = magnitude_by_window.dtype
    if which.taps is None:
        seen = np.empty((n_windows // 2, n_bins // 2), dtype)
        pool = kernels.pool_maximum if which.number == POOLED_BY_MAXIMUM else kernels.pool_average
        pool(magnitude_by_window, seen)
    else:
        seen = _correlated(magnitude_by_window, which.taps.T)
    return seen


def take_slice_transpose(
    grad_slice: NDArray[np.floating],
    magnitude_by_window: NDArray[np.floating],
    which: Slice,
    grad: NDArray[np.floating],
) -> None:
    """Add to `grad` the gradient that `slice` hands back.

    Parameters
    ----------
    grad_slice : floating, shape of the slice
        d loss / d slice.
    magnitude_by_window : floating, shape (n_windows, n_bins)
        Where the slice was taken: decides which cell of a maximum gets the gradient.
    which : Slice
    grad : floating, shape (n_windows, n_bins)
        d loss / d magnitude, added to in place.
    """
    if which.taps is None:
        if which.number == POOLED_BY_MAXIMUM:
            kernels.pool_maximum_transpose(grad_slice, magnitude_by_window, grad)
        else:
            kernels.pool_average_transpose(grad_slice, grad)
    else:
        grad += _correlated(grad_slice, which.taps.T[::-1, ::-1])


def _correlated(image: NDArray[np.floating], taps: NDArray[np.floating]) -> NDArray[np.floating]:
    out, taps = np.empty_like(image), taps.astype(image.dtype)
    on_every_core(lambda first, last: kernels.correlate(image, taps, first, last, out), len(image))
    return out
