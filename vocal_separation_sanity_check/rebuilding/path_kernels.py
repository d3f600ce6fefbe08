"""Solving the equations of a path and judging what comes out, bin by bin: compiled."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import compiled, compiled_in_parallel, compiled_inside


@compiled_in_parallel
def apply_taps(
    reference: NDArray[np.complex64],
    taps: NDArray[np.complex64],
    fold_of: NDArray[np.int64],
    out: NDArray[np.complex64],
) -> None:
    """Fill ``out[f, t] = Σ_k taps[fold_of[t], f, k] x_k[f, t]``, x_k as in `path_equations`.

    Parameters
    ----------
    reference : complex64, shape (n_bins, n_windows + n_taps - 1)
    taps : complex64, shape (n_folds, n_bins, n_taps)
    fold_of : int64, shape (n_windows,)
    out : complex64, shape (n_bins, n_windows)
        Is overwritten.
    """
    n_taps = taps.shape[2]
    for bin_ in nb.prange(len(out)):
        for window in range(out.shape[1]):
            own = taps[fold_of[window], bin_]
            near = reference[bin_, window : window + n_taps]
            total = np.complex64(0)
            for tap in range(n_taps):
                total += own[tap] * near[n_taps - 1 - tap]
            out[bin_, window] = total


@compiled
def solve(
    auto: NDArray[np.complex128],
    cross: NDArray[np.complex128],
    penalty: NDArray[np.float64],
    prior: NDArray[np.complex64],
    factor: NDArray[np.complex128],
    taps: NDArray[np.complex128],
) -> None:
    """Fill the taps that minimise ``hᴴAh - 2 Re cᴴh + Σ penalty |h - prior|²``, by Cholesky.

    Parameters
    ----------
    auto : complex128, shape (n_taps, n_taps)
    cross : complex128, shape (n_taps,)
    penalty : float64, shape (n_taps,)
        More than 0.
    prior : complex64, shape (n_taps,)
    factor : complex128, shape (n_taps, n_taps)
        Work space.
    taps : complex128, shape (n_taps,)
        Is overwritten.
    """
    n_taps = len(cross)
    for i in range(n_taps):
        for j in range(i + 1):
            value = auto[i, j]
            if i == j:
                value += penalty[i]
            for k in range(j):
                value -= factor[i, k] * factor[j, k].conjugate()
            factor[i, j] = np.sqrt(value.real) if i == j else value / factor[j, j].real
    for i in range(n_taps):
        value = cross[i] + penalty[i] * prior[i]
        for k in range(i):
            value -= factor[i, k] * taps[k]
        taps[i] = value / factor[i, i].real
    for i in range(n_taps - 1, -1, -1):
        value = taps[i]
        for k in range(i + 1, n_taps):
            value -= factor[k, i].conjugate() * taps[k]
        taps[i] = value / factor[i, i].real


@compiled_inside
def sums_without(
    left_out: int, auto: NDArray[np.complex64], cross: NDArray[np.complex64]
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Add up the folds of a bin but one.

    Parameters
    ----------
    left_out : int
        -1 for none.
    auto : complex64, shape (n_folds, n_taps, n_taps)
    cross : complex64, shape (n_folds, n_taps)

    Returns
    -------
    auto : complex128, shape (n_taps, n_taps)
    cross : complex128, shape (n_taps,)
    """
    n_folds, n_taps = cross.shape
    own = np.zeros((n_taps, n_taps), np.complex128)
    other = np.zeros(n_taps, np.complex128)
    for fold in range(n_folds):
        if fold != left_out:
            for i in range(n_taps):
                other[i] += cross[fold, i]
                for j in range(n_taps):
                    own[i, j] += auto[fold, i, j]
    return own, other


@compiled_in_parallel
def solve_bins(
    auto: NDArray[np.complex64],
    cross: NDArray[np.complex64],
    penalty: NDArray[np.float64],
    priors: NDArray[np.complex64],
    left_out: int,
    taps: NDArray[np.complex64],
) -> None:
    """Fill the taps of each bin; see `solve`.

    Parameters
    ----------
    auto : complex64, shape (n_folds, n_bins, n_taps, n_taps)
    cross : complex64, shape (n_folds, n_bins, n_taps)
    penalty : float64, shape (n_taps,)
    priors : complex64, shape (n_bins, n_taps)
    left_out : int
        A fold that has no say; -1 for none.
    taps : complex64, shape (n_bins, n_taps)
        Is overwritten.
    """
    n_bins, n_taps = taps.shape
    for bin_ in nb.prange(n_bins):
        own, other = sums_without(left_out, auto[:, bin_], cross[:, bin_])
        factor = np.empty((n_taps, n_taps), np.complex128)
        found = np.empty(n_taps, np.complex128)
        solve(own, other, penalty, priors[bin_], factor, found)
        for tap in range(n_taps):
            taps[bin_, tap] = found[tap]


@compiled_in_parallel
def cross_validate(
    auto: NDArray[np.complex64],
    cross: NDArray[np.complex64],
    penalties: NDArray[np.float64],
    priors: NDArray[np.complex64],
    gains: NDArray[np.float64],
) -> None:
    """Fill by how much taps found elsewhere make a fold more likely.

    With h from all other folds::

        gains[c, fold, f] = 2 Re cross[fold, f]ᴴ h - hᴴ auto[fold, f] h

    Parameters
    ----------
    auto : complex64, shape (n_folds, n_bins, n_taps, n_taps)
    cross : complex64, shape (n_folds, n_bins, n_taps)
    penalties : float64, shape (n_candidates, n_taps)
    priors : complex64, shape (n_candidates, n_bins, n_taps)
    gains : float64, shape (n_candidates, n_folds, n_bins)
        Is overwritten.
    """
    n_folds, n_bins, n_taps = cross.shape
    for bin_ in nb.prange(n_bins):
        factor = np.empty((n_taps, n_taps), np.complex128)
        taps = np.empty(n_taps, np.complex128)
        for judged in range(n_folds):
            own, other = sums_without(judged, auto[:, bin_], cross[:, bin_])
            for candidate in range(len(penalties)):
                solve(own, other, penalties[candidate], priors[candidate, bin_], factor, taps)
                gain = 0.0
                for i in range(n_taps):
                    curved = 0j
                    for j in range(n_taps):
                        curved += auto[judged, bin_, i, j] * taps[j]
                    gain += (taps[i].conjugate() * (2 * cross[judged, bin_, i] - curved)).real
                gains[candidate, judged, bin_] = gain
