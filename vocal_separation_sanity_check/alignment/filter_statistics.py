"""What least squares needs to know of two signals to find the filter between them.

The misfit ``∫ |M - H R|² / S df`` of one piece is ``const - 2 cᵀh + hᵀAh``, with A the Toeplitz
matrix of the whitened autocorrelation of R and c its whitened correlation with M. Both add up over
pieces, so any stretch, and any fold of a cross-validation, is a weighted sum of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz

from vocal_separation_sanity_check.alignment.correlation import whitening
from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral import hann

Array = NDArray[np.float64]

_PIECE_S = 1.0
"""Length of a piece; pieces overlap by half."""
_AT_ONCE = 16
"""Pieces that are read together."""
_THREADS = 2
"""That work on batches of them."""


@dataclass(frozen=True)
class FilterStatistics:
    """Sufficient statistics, one row for each piece of a second.

    Attributes
    ----------
    auto : float64, shape (n_pieces, n_taps)
        Whitened autocorrelation of the reference, from no lag on.
    cross : float64, shape (n_pieces, n_taps)
        Whitened correlation of reference and mixture, from `n_before` samples of look-ahead on.
    middles : int64, shape (n_pieces,)
        Middle of each piece, in samples.
    """

    auto: Array
    cross: Array
    middles: NDArray[np.int64]

    def part(self, rows: slice) -> FilterStatistics:
        """Give the same of some of the pieces."""
        return FilterStatistics(self.auto[rows], self.cross[rows], self.middles[rows])

    def improvement(self, rows: NDArray[np.intp], taps: Array, prior: Array) -> Array:
        """By how much `taps` lower the misfit of these pieces, compared with `prior`.

        Parameters
        ----------
        rows : intp, shape (n_rows,)
        taps, prior : float64, shape (n_taps,)

        Returns
        -------
        float64, shape (n_rows,)
            A share of all that is left of the mixture, roughly.
        """
        return self._fitted(rows, taps) - self._fitted(rows, prior)

    def solve(self, weights: Array, prior: Array, strength: float) -> Array:
        """Taps for the pieces under these weights, drawn towards the prior.

        Solves ``(A + strength A₀₀ I) (h - prior) = c - A prior`` by Levinson recursion.

        Parameters
        ----------
        weights : float64, shape (n_pieces,)
        prior : float64, shape (n_taps,)
        strength : float
            Relative to the reference's own power.

        Returns
        -------
        float64, shape (n_taps,)
        """
        auto, cross = weights @ self.auto, weights @ self.cross
        ridge = auto.copy()
        ridge[0] += strength * auto[0] + 1e-30
        moved = solve_toeplitz(ridge, cross - _toeplitz_product(auto, prior))
        return np.asarray(prior + moved)

    def _fitted(self, rows: NDArray[np.intp], taps: Array) -> Array:
        """``2 cᵀh - hᵀAh`` of each piece; with A Toeplitz, by the autocorrelation of h."""
        own = np.correlate(taps, taps, "full")[len(taps) - 1 :]
        own[1:] *= 2
        return np.asarray(2 * self.cross[rows] @ taps - self.auto[rows] @ own)


def filter_statistics(
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    n_taps: int,
    n_before: int,
    n_most: int,
    sounding: Callable[[int], NDArray[np.bool_]] | None = None,
) -> FilterStatistics:
    """Correlate overlapping pieces, whitened by what the reference leaves of the mixture.

    Parameters
    ----------
    mixture, reference : Signal
        Lined up.
    sample_rate_hz : float
    n_taps, n_before : int
        Length of the filter, and how much of it looks ahead.
    n_most : int
        About how many pieces, evenly spread, are enough.
    sounding : callable, optional
        Takes a number of bins and tells which of them have a say; without it, all have.

    Returns
    -------
    FilterStatistics
    """
    size = min(round(_PIECE_S * sample_rate_hz), len(mixture))
    starts = np.arange(0, len(mixture) - size + 1, max(1, size // 2))
    starts = starts[:: max(1, len(starts) // n_most)]
    n_fft = scipy.fft.next_fast_len(size + n_taps, real=True)
    taper = hann(size).astype(np.float32)
    heard = np.float32(1) if sounding is None else sounding(n_fft // 2 + 1)
    auto, cross = np.empty((len(starts), n_taps)), np.empty((len(starts), n_taps))

    def correlate(first: int) -> None:
        batch = starts[first : first + _AT_ONCE].tolist()
        for row, pair in enumerate(_pairs(mixture, reference, batch, size), start=first):
            mixture_spectrum, spectrum = scipy.fft.rfft(pair * taper, n_fft)
            power = np.abs(mixture_spectrum - spectrum) ** 2 + 1e-6 * np.abs(mixture_spectrum) ** 2
            weights = whitening(power, sample_rate_hz / n_fft) * heard
            products = np.stack([spectrum, mixture_spectrum]) * spectrum.conj() * weights
            own, other = scipy.fft.irfft(products, n_fft)
            auto[row] = own[:n_taps]
            cross[row] = np.roll(other, n_before)[:n_taps]

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(correlate, range(0, len(starts), _AT_ONCE)))
    return FilterStatistics(auto, cross, starts + size // 2)


def _pairs(
    mixture: Signal, reference: Signal, starts: list[int], size: int
) -> Iterator[NDArray[np.float32]]:
    """Pieces of both signals, shape (2, size); of those that overlap, much is read once."""
    begin, end = starts[0], starts[-1] + size
    if end - begin > len(starts) * size:
        for start in starts:
            own = slice(start, start + size)
            yield np.stack([mixture[own], reference[own]])
        return
    both = np.stack([mixture[begin:end], reference[begin:end]])
    for start in starts:
        yield both[:, start - begin :][:, :size]


def _toeplitz_product(auto: Array, taps: Array) -> Array:
    return np.convolve(np.concatenate([auto[:0:-1], auto]), taps, "valid")
