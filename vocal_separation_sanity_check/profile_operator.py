"""The quadratic form of the linear views' profiles: ``Q = sum_s w_s K_s' P' P K_s``.

A view is ``(K_s z)[f, t] = sum_ia k_s[i, a] z[f + i - 1, t + a]`` and P averages bins into 400
bands, so with ``U_i = P S_i z`` (S_i shifts by ``i - 1`` bins)::

    P K_s z = sum_ia k_s[i, a] U_i[:, t + a]
    Q z     = sum_i S_i' P' sum_j sum_lag C[lag, i, j] U_j[:, t + lag]
    C[lag, i, j] = sum_s w_s sum_a k_s[i, a] k_s[j, a + lag]

Three shifts of 400 bands are 1200 equations for the 1025 bins of a window, and Q has no null
space: two magnitudes with the same profiles are the same magnitude.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from vocal_separation_sanity_check import profile_kernels as kernels
from vocal_separation_sanity_check.metrics import band_average
from vocal_separation_sanity_check.slices import LINEAR_TAPS

BLOCK_WINDOWS = 127
"""Windows a block of the preconditioner has: its sine transform is then of length 256."""
RIDGE = 1e-5
"""Added to the preconditioner's diagonal, relative to the mean: keeps float32 Cholesky positive."""


class ProfileOperator:
    """Q for spectrograms of one shape, and an approximate inverse of it.

    Parameters
    ----------
    weights : float64, shape (17,)
        w_s, one per linear view.
    n_bins, n_windows : int
    dtype : float32 or float64
    """

    def __init__(
        self,
        weights: NDArray[np.float64],
        n_bins: int,
        n_windows: int,
        dtype: type = np.float32,
    ) -> None:
        self.shape = (n_bins, n_windows)
        self.dtype = np.dtype(dtype)
        self._weights = weights
        self._bands = band_average(n_bins, dtype)
        taps = LINEAR_TAPS
        products = np.einsum("s,sia,sjb->abij", weights, taps, taps)
        self._coefficients = np.array(
            [
                sum(products[a, a + lag] for a in range(3) if 0 <= a + lag < 3)
                for lag in range(-kernels.MAX_LAG, kernels.MAX_LAG + 1)
            ]
        )
        self._edges: NDArray[np.floating] = np.array([products[2, 2], products[0, 0]], dtype)
        n_bands = len(self._bands.first_bin)
        self._mixed: NDArray[np.floating] = np.empty((kernels.N_SHIFTS, n_bands, n_windows), dtype)
        self._first_band, self._shares = self._bands_of_bins()

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
            self._edges,
            self._mixed,
        )
        kernels.spread_bands(self._mixed, self._first_band, self._shares, out)

    def profiles_transpose(self, profiles: NDArray[np.floating]) -> NDArray[np.floating]:
        """``sum_s w_s K_s' P' profiles[s]``: all that the fit needs to know of its target.

        Parameters
        ----------
        profiles : floating, shape (17, n_windows, 400)

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
        """Solve nearly ``Q x = residual``, block of windows by block.

        Q is Toeplitz over time but for its edges, and nearly symmetric under time reversal. The
        sine transform diagonalises the symmetric part over each block (the tau preconditioner of
        Bini & Di Benedetto 1990) and leaves one banded system per temporal frequency.

        Parameters
        ----------
        residual : floating, shape (n_bins, n_windows)

        Returns
        -------
        floating, shape (n_bins, n_windows)
        """
        n_bins, n_windows = self.shape
        n_blocks = -(-n_windows // BLOCK_WINDOWS)
        blocks = np.zeros((n_blocks, n_bins, BLOCK_WINDOWS), self.dtype)
        for block in range(n_blocks):
            part = residual[:, block * BLOCK_WINDOWS : (block + 1) * BLOCK_WINDOWS]
            blocks[block, :, : part.shape[1]] = part
        spectra = scipy.fft.dst(blocks, type=1, norm="ortho", workers=-1, overwrite_x=True)
        kernels.solve_banded(self._factor, spectra)
        solved = scipy.fft.dst(spectra, type=1, norm="ortho", workers=-1, overwrite_x=True)
        return np.concatenate(list(solved), axis=1)[:, :n_windows]

    @cached_property
    def _factor(self) -> NDArray[np.floating]:
        """Banded Cholesky factors, shape (n_diagonals, n_bins, BLOCK_WINDOWS)."""
        omega = np.pi * np.arange(1, BLOCK_WINDOWS + 1) / (BLOCK_WINDOWS + 1)
        lags = np.arange(-kernels.MAX_LAG, kernels.MAX_LAG + 1)
        coupling = np.einsum("lij,lw->ijw", self._coefficients, np.cos(np.outer(lags, omega)))
        coupling = (coupling + coupling.transpose(1, 0, 2)) / 2
        half_bandwidth = self._bands.coverage.shape[1] - 1 + 2
        bands = np.empty((half_bandwidth + 1, self.shape[0], BLOCK_WINDOWS), self.dtype)
        kernels.assemble_bands(
            self._bands.first_bin, self._bands.coverage, coupling.astype(self.dtype), bands
        )
        bands[0] += RIDGE * bands[0].mean()
        kernels.factor_banded(bands)
        return bands
