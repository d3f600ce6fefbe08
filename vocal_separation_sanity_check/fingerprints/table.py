"""The fingerprint: slices x metrics x windows; and how well two fingerprints match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprints.metrics import (
    FAMILIES,
    METRICS,
    measure,
)
from vocal_separation_sanity_check.fingerprints.slices import (
    LINEAR_SLICES,
    SLICES,
    Slice,
    take_slice,
)

MIN_BINS = 64
MIN_WINDOWS = 2


@dataclass(frozen=True)
class Fingerprint:
    """Every measurement of every window of every slice, as one table.

    ``pandas.DataFrame(print_.values, columns=METRICS)`` makes a data frame of it.

    Attributes
    ----------
    values : float32 (float64 if the magnitude was), shape (n_rows, 425)
        Columns are `METRICS`; rows are the slices one after another, each window by window.
    slice_number : int64, shape (n_rows,)
        The slice of each row, an index of `SLICES`.
    window : int64, shape (n_rows,)
        The window of each row; a pooled slice's window is two of the spectrogram's.
    n_bins, n_windows : int
        Of the spectrogram.
    bin_hz : float
    """

    values: NDArray[np.floating]
    slice_number: NDArray[np.int64]
    window: NDArray[np.int64]
    n_bins: int
    n_windows: int
    bin_hz: float

    @property
    def n_points(self) -> int:
        """How many numbers the fingerprint has: 765 000 for 100 windows."""
        return self.values.size

    def of(self, which: Slice) -> NDArray[np.floating]:
        """Rows of one slice, shape (n_slice_windows, 425)."""
        start = sum(_n_slice_windows(earlier, self.n_windows) for earlier in SLICES[: which.number])
        return self.values[start : start + _n_slice_windows(which, self.n_windows)]

    @property
    def linear_profiles(self) -> NDArray[np.floating]:
        """Profiles of the 17 linear slices, shape (17, n_windows, 400): the quadratic part."""
        n_rows = len(LINEAR_SLICES) * self.n_windows
        rows = self.values[:n_rows, FAMILIES["profile"]]
        return rows.reshape(len(LINEAR_SLICES), self.n_windows, -1)


def n_points(n_windows: int) -> int:
    """How many numbers a fingerprint has: 765 000 for 100 windows."""
    return len(METRICS) * sum(_n_slice_windows(which, n_windows) for which in SLICES)


def _n_slice_windows(which: Slice, n_windows: int) -> int:
    return n_windows // 2 if which.is_pooled else n_windows


def fingerprint(magnitude: NDArray[np.floating], sample_rate_hz: float = 22050) -> Fingerprint:
    """Measure a magnitude spectrogram through all slices.

    Parameters
    ----------
    magnitude : float32 or float64, shape (n_bins, n_windows)
        Linear, not negative, of a Fourier transform of ``2 * (n_bins - 1)`` samples.
    sample_rate_hz : float

    Returns
    -------
    Fingerprint

    Raises
    ------
    InputError
        If it is not a finite, non-negative matrix of at least 64 bins and 2 windows.
    """
    magnitude = checked_magnitude(magnitude, "the magnitude spectrogram")
    n_bins, n_windows = magnitude.shape
    bin_hz = sample_rate_hz / (2 * (n_bins - 1))
    lengths = [_n_slice_windows(which, n_windows) for which in SLICES]
    values = np.empty((sum(lengths), len(METRICS)), magnitude.dtype)
    by_window = np.ascontiguousarray(magnitude.T)
    start = 0
    for which, length in zip(SLICES, lengths, strict=True):
        measure(take_slice(by_window, which), n_bins, bin_hz, values[start : start + length])
        start += length
    slice_number = np.repeat(np.arange(len(SLICES)), lengths)
    window = np.concatenate([np.arange(length) for length in lengths])
    return Fingerprint(values, slice_number, window, n_bins, n_windows, bin_hz)


def checked_magnitude(magnitude: NDArray[np.floating], name: str) -> NDArray[np.floating]:
    """Check a magnitude spectrogram at a public border.

    Parameters
    ----------
    magnitude : floating, shape (n_bins, n_windows)
    name : str
        For messages.

    Returns
    -------
    float32 or float64, shape (n_bins, n_windows)
        C order.

    Raises
    ------
    InputError
        If it is not a finite, non-negative matrix of at least 64 bins and 2 windows.
    """
    array = np.asarray(magnitude)
    if array.ndim != 2 or array.shape[0] < MIN_BINS or array.shape[1] < MIN_WINDOWS:
        raise InputError(
            f"{name} has shape {array.shape}, wanted (n_bins, n_windows) with at least "
            f"{MIN_BINS} bins and {MIN_WINDOWS} windows"
        )
    if array.dtype not in (np.float32, np.float64):
        raise InputError(f"{name} holds {array.dtype}, wanted float32 or float64 magnitudes")
    if not np.isfinite(array).all() or array.min() < 0:
        raise InputError(f"{name} holds NaN, infinity or negative values; take the magnitude first")
    return np.ascontiguousarray(array)


@dataclass(frozen=True)
class Match:
    """How much two fingerprints have in common, 0 (nothing) to 1 (the same).

    Attributes
    ----------
    overall : float
        Mean over the families.
    by_family, by_slice : dict of str to float
        Mean over the slices, and over the families.
    by_slice_and_family : dict of str to dict of str to float
        Mean over the measurements of a family in a slice.
    """

    overall: float
    by_family: dict[str, float]
    by_slice: dict[str, float]
    by_slice_and_family: dict[str, dict[str, float]]


def match(found: Fingerprint, wanted: Fingerprint) -> Match:
    """Compare two fingerprints measurement by measurement.

    For each measurement of each slice, over its windows (Bray & Curtis 1957)::

        match = 1 - sum |a - b| / (sum |a| + sum |b|)

    which needs no unit and no scale, so that hertz, decibels and counts can be averaged.

    Parameters
    ----------
    found, wanted : Fingerprint
        Of spectrograms of one shape.

    Returns
    -------
    Match

    Raises
    ------
    InputError
        If the spectrograms differ in shape.
    """
    sums = MatchSums()
    sums.add(found, wanted)
    return sums.match()


class MatchSums:
    """`match` of two sounds that come in parts."""

    def __init__(self) -> None:
        self._apart: NDArray[np.float64] = np.zeros((len(SLICES), len(METRICS)))
        self._together = np.zeros_like(self._apart)

    def add(self, found: Fingerprint, wanted: Fingerprint, core: slice = slice(None)) -> None:
        """Add the windows `core`, which begins at an even one, of two fingerprints.

        Raises
        ------
        InputError
            If the spectrograms differ in shape.
        """
        if (found.n_bins, found.n_windows) != (wanted.n_bins, wanted.n_windows):
            raise InputError(
                f"the fingerprints are of {found.n_bins} x {found.n_windows} and {wanted.n_bins} x"
                f" {wanted.n_windows} spectrograms; cut both sounds to one length first"
            )
        begin, end, _ = core.indices(found.n_windows)
        for which in SLICES:
            rows = slice(begin // 2, end // 2) if which.is_pooled else slice(begin, end)
            a, b = found.of(which)[rows], wanted.of(which)[rows]
            self._apart[which.number] += np.abs(a - b).sum(0, dtype=np.float64)
            self._together[which.number] += np.abs(a).sum(0, dtype=np.float64)
            self._together[which.number] += np.abs(b).sum(0, dtype=np.float64)

    def match(self) -> Match:
        """Give the match of all that was added."""
        similarity = 1 - self._apart / np.where(self._together > 0, self._together, 1)
        columns = FAMILIES.values()
        table = np.array([[row[family].mean() for family in columns] for row in similarity])
        return Match(
            overall=float(table.mean()),
            by_family=dict(zip(FAMILIES, table.mean(0).tolist(), strict=True)),
            by_slice=dict(zip((s.name for s in SLICES), table.mean(1).tolist(), strict=True)),
            by_slice_and_family={
                which.name: dict(zip(FAMILIES, row.tolist(), strict=True))
                for which, row in zip(SLICES, table, strict=True)
            },
        )
