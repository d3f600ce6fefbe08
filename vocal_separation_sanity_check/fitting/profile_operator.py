"""The quadratic form of the linear slices' profiles: ``Q = sum_s w_s K_s' P' P K_s``.

A slice is ``(K_s z)[f, t] = sum_ia k_s[i, a] z[f + i - 1, t + a]`` and P averages bins into 400
bands, so with ``U_i = P S_i z`` (S_i shifts by ``i - 1`` bins)::

    P K_s z = sum_ia k_s[i, a] U_i[:, t + a]
    Q z     = sum_i S_i' P' sum_j sum_lag C[lag, i, j] U_j[:, t + lag]
    C[lag, i, j] = sum_s w_s sum_a k_s[i, a] k_s[j, a + lag]

Three shifts of 400 bands are 1200 equations for the 1025 bins of a window, and Q has no null
space: two magnitudes with the same profiles are the same magnitude.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fingerprints import LINEAR_TAPS, BandAverage, band_average
from vocal_separation_sanity_check.fitting import profile_kernels as kernels

SLICE_WEIGHTS: NDArray[np.float64] = 1 / (len(LINEAR_TAPS) * (LINEAR_TAPS**2).sum((1, 2)))
"""One over the noise that a slice passes: no slice drowns the others, and Q has condition 77.

Weights from the target's own energies, tried before, have condition 10000 and differ from block
to block of one song."""

BLOCK_WINDOWS = 127
"""Most windows a block of the preconditioner has."""
BLOCK_OVERLAP = 12
"""Windows at each end of a block that are left to its neighbour: there 1 / 1000 is left of what the
missing windows beyond would have changed (the inverse decays by 0.55 a window)."""
RIDGE = 1e-5
"""Added to the preconditioner's diagonal, relative to the mean, so that its factors exist where the
slices that have a weight leave something undetermined."""


class ProfileOperator:
    """Q for spectrograms of one shape, and an approximate inverse of it.

    Parameters
    ----------
    n_bins, n_windows : int
    dtype : float32 or float64
    weights : float64, shape (17,)
        w_s, one per linear slice.
    """

    def __init__(
        self,
        n_bins: int,
        n_windows: int,
        dtype: type = np.float32,
        weights: NDArray[np.float64] = SLICE_WEIGHTS,
    ) -> None:
        self.shape = (n_bins, n_windows)
        self.dtype = np.dtype(dtype)
        self._weights = weights
        self._bands = band_average(n_bins, dtype)
        self._coefficients, self._edges = _couplings(weights)
        n_bands = len(self._bands.first_bin)
        self._mixed: NDArray[np.floating] = np.empty((kernels.N_SHIFTS, n_bands, n_windows), dtype)
        self._first_band, self._shares = self._bands_of_bins()
        self._length = length = min(n_windows, BLOCK_WINDOWS)
        step = BLOCK_WINDOWS - 2 * BLOCK_OVERLAP
        n_blocks = 1 + max(0, -(-(n_windows - length) // step))
        self._starts = np.linspace(0, n_windows - length, n_blocks).round().astype(int)

    def _bands_of_bins(self) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        """The same averages seen from the bins: first band and shares of up to `depth` bands."""
        n_bins = self.shape[0]
        band, k = np.nonzero(self._bands.coverage)
        bins = self._bands.first_bin[band] + k
        first = np.full(n_bins, len(self._bands.first_bin))
        np.minimum.at(first, bins, band)
        depth = int((band - first[bins]).max()) + 1
        shares = np.zeros((n_bins, depth), self.dtype)
        shares[bins, band - first[bins]] = self._bands.coverage[band, k]
        return first, shares

    def apply(self, values: NDArray[np.floating], out: NDArray[np.floating]) -> None:
        """``out = Q values``; both floating, shape (n_bins, n_windows)."""
        kernels.mix_band_averages(
            values,
            self._bands.first_bin,
            self._bands.coverage,
            self._coefficients.astype(self.dtype),
            self._edges.astype(self.dtype),
            self._mixed,
        )
        kernels.spread_bands(self._mixed, self._first_band, self._shares, out)

    def profiles(self, magnitude: NDArray[np.floating]) -> NDArray[np.floating]:
        """Profiles of the linear slices, without the rest of the fingerprint.

        Parameters
        ----------
        magnitude : floating, shape (n_bins, n_windows)

        Returns
        -------
        floating, shape (17, 400, n_windows)
        """
        n_bands = len(self._bands.first_bin)
        out = np.empty((len(LINEAR_TAPS), n_bands, self.shape[1]), self.dtype)
        taps = LINEAR_TAPS.astype(self.dtype)
        kernels.slice_profiles(magnitude, self._bands.first_bin, self._bands.coverage, taps, out)
        return out

    def profiles_transpose(self, profiles: NDArray[np.floating]) -> NDArray[np.floating]:
        """``sum_s w_s K_s' P' profiles[s]``: all that the fit needs to know of its target.

        Parameters
        ----------
        profiles : floating, shape (17, 400, n_windows)

        Returns
        -------
        floating, shape (n_bins, n_windows)
        """
        weighted = (self._weights[:, None, None] * LINEAR_TAPS).astype(self.dtype)
        kernels.gather_profiles(profiles, weighted, self._mixed)
        out = np.empty(self.shape, self.dtype)
        kernels.spread_bands(self._mixed, self._first_band, self._shares, out)
        return out

    def precondition(self, residual: NDArray[np.floating]) -> NDArray[np.floating]:
        """Solve nearly ``Q x = residual``, block of windows by overlapping block.

        The slices come in mirrored pairs, so that Q is symmetric under time reversal; over time it
        is Toeplitz but for its edges. The sine transform then diagonalises it (the tau
        preconditioner of Bini & Di Benedetto 1990) and leaves one banded system per temporal
        frequency. Each block keeps the middle of its solution (restricted additive Schwarz, Cai &
        Sarkis 1999).

        Parameters
        ----------
        residual : floating, shape (n_bins, n_windows)

        Returns
        -------
        floating, shape (n_bins, n_windows)
        """
        n_bins, length = self.shape[0], self._length
        sines, factor = _block_solver(self._weights.tobytes(), n_bins, length, self.dtype.name)
        spectra = np.empty((len(self._starts), self.shape[0], length), self.dtype)
        for block, start in enumerate(self._starts):
            np.matmul(residual[:, start : start + length], sines, out=spectra[block])
        kernels.solve_banded(factor, spectra)
        solved = np.empty(self.shape, self.dtype)
        middles = (self._starts[1:] + self._starts[:-1] + length) // 2
        edges = [0, *middles, self.shape[1]]
        for block, start in enumerate(self._starts):
            begin, end = edges[block], edges[block + 1]
            np.matmul(
                spectra[block], sines[:, begin - start : end - start], out=solved[:, begin:end]
            )
        return solved


def _couplings(
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """C[lag, i, j], and what the windows before the first and after the last would add."""
    products = np.einsum("s,sia,sjb->abij", weights, LINEAR_TAPS, LINEAR_TAPS)
    coefficients = [
        sum(products[a, a + lag] for a in range(3) if 0 <= a + lag < 3)
        for lag in range(-kernels.MAX_LAG, kernels.MAX_LAG + 1)
    ]
    return np.array(coefficients), np.array([products[2, 2], products[0, 0]])


@lru_cache(maxsize=8)
def _block_solver(
    weights: bytes, n_bins: int, length: int, dtype: str
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Sine transform, its own inverse, and Cholesky factors (n_diagonals, n_bins, length)."""
    coefficients, _ = _couplings(np.frombuffer(weights))
    bands: BandAverage = band_average(n_bins, np.dtype(dtype).type)
    count = np.arange(1, length + 1)
    omega = np.pi * count / (length + 1)
    lags = np.arange(-kernels.MAX_LAG, kernels.MAX_LAG + 1)
    coupling = np.einsum("lij,lw->ijw", coefficients, np.cos(np.outer(lags, omega)))
    coupling = (coupling + coupling.transpose(1, 0, 2)) / 2
    half_bandwidth = bands.coverage.shape[1] - 1 + 2
    factor = np.empty((half_bandwidth + 1, n_bins, length), dtype)
    kernels.assemble_bands(bands.first_bin, bands.coverage, coupling.astype(dtype), factor)
    ridge = max(RIDGE * factor[0].mean(), np.finfo(factor.dtype).tiny)
    factor[0] += ridge
    kernels.factor_banded(factor, ridge)
    sines = np.sqrt(2 / (length + 1)) * np.sin(np.outer(count, omega))
    return sines.astype(dtype), factor
