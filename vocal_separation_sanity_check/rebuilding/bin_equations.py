"""The equations of some bins' paths: gathered, solved under a prior, judged fold by fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.blas_threads import one_blas_thread
from vocal_separation_sanity_check.rebuilding.path_equations import normal_equations, padded
from vocal_separation_sanity_check.rebuilding.path_kernels import solve_bins

Taps = NDArray[np.complex128]


@dataclass(frozen=True)
class BinEquations:
    """Normal equations of least squares, fold by fold.

    Attributes
    ----------
    auto : complex64, shape (n_folds, n_bins, n_taps, n_taps)
    cross : complex64, shape (n_folds, n_bins, n_taps)
        See `normal_equations`.
    """

    auto: NDArray[np.complex64]
    cross: NDArray[np.complex64]

    @classmethod
    def of(
        cls,
        reference: NDArray[np.complex64],
        error: NDArray[np.complex64],
        weights: NDArray[np.float32],
        edges: NDArray[np.int64],
        n_taps: int,
    ) -> BinEquations:
        """Gather them.

        Parameters
        ----------
        reference, error : complex64, shape (n_bins, n_windows)
            The reference, and what it leaves of the mixture.
        weights : float32, shape (n_bins, n_windows)
        edges : int64, shape (n_folds + 1,)
            First window of each fold, and the end.
        n_taps : int

        Returns
        -------
        BinEquations
        """
        n_folds, n_bins = len(edges) - 1, len(reference)
        auto = np.empty((n_folds, n_bins, n_taps, n_taps), np.complex64)
        cross = np.empty((n_folds, n_bins, n_taps), np.complex64)
        with one_blas_thread():
            normal_equations(padded(reference, n_taps), error, weights, edges, auto, cross)
        return cls(auto, cross)

    def every_other(self) -> BinEquations:
        """Those of every other bin."""
        # In one piece: strided arrays would be compiled for once more.
        return BinEquations(
            np.ascontiguousarray(self.auto[:, ::2]), np.ascontiguousarray(self.cross[:, ::2])
        )

    def taps(
        self,
        penalties: NDArray[np.float64],
        around: NDArray[np.complex64] | None = None,
        folds: slice = slice(None),
        left_out: int = -1,
    ) -> Taps:
        """Solve them under priors.

        Parameters
        ----------
        penalties : float64, shape (n_candidates, n_taps)
            More than 0.
        around : complex64, shape (n_candidates, n_bins, n_taps), optional
            What taps are drawn towards; 0 if not given.
        folds : slice
            Those that have a say.
        left_out : int
            One of them that has none; -1 for none.

        Returns
        -------
        complex128, shape (n_candidates, n_bins, n_taps)
        """
        taps = np.empty((len(penalties), *self.cross.shape[1:]), np.complex128)
        around = np.zeros(taps.shape, np.complex64) if around is None else around
        solve_bins(self.auto[folds], self.cross[folds], penalties, around, left_out, taps)
        return taps

    def gains(self, taps: Taps, fold: int) -> NDArray[np.float64]:
        """By how much taps make a fold more likely, ``2 Re c^H h - h^H A h``.

        Parameters
        ----------
        taps : complex128, shape (n_candidates, n_bins, n_taps)
        fold : int

        Returns
        -------
        float64, shape (n_candidates, n_bins)
        """
        columns = taps.transpose(1, 2, 0)
        with one_blas_thread():
            curved = self.auto[fold].astype(np.complex128) @ columns
        left = 2 * self.cross[fold][..., None] - curved
        return np.asarray((columns.conj() * left).real.sum(axis=1).T)

    def cross_validated(
        self, penalties: NDArray[np.float64], around: NDArray[np.complex64] | None = None
    ) -> NDArray[np.float64]:
        """What the taps of all other folds gain in each.

        Parameters
        ----------
        penalties : float64, shape (n_candidates, n_taps)
        around : complex64, shape (n_candidates, n_bins, n_taps), optional
            See `taps`.

        Returns
        -------
        float64, shape (n_candidates, n_folds, n_bins)
        """
        folds = range(len(self.cross))
        gains = [self.gains(self.taps(penalties, around, left_out=fold), fold) for fold in folds]
        return np.stack(gains, axis=1)
