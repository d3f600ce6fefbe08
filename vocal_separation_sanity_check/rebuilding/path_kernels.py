"""Least squares between spectra, bin by bin, over the windows that came before: compiled."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import compiled, compiled_in_parallel


@compiled
def fill_products(
    real: NDArray[np.float32], imag: NDArray[np.float32], products: NDArray[np.float32]
) -> None:
    """Fill ``conj(y_s) y_(s - d)`` for all distances d, first the real parts, then the imaginary.

    Parameters
    ----------
    real, imag : float32, shape (n_samples,)
        Of y.
    products : float32, shape (2 n_taps, n_samples)
        Is overwritten from sample d on.
    """
    n_taps = len(products) // 2
    for distance in range(n_taps):
        n_products = len(real) - distance
        later_real, later_imag = real[distance:], imag[distance:]
        early_real, early_imag = real[:n_products], imag[:n_products]
        into_real, into_imag = products[distance, distance:], products[n_taps + distance, distance:]
        for sample in range(n_products):
            into_real[sample] = (
                later_real[sample] * early_real[sample] + later_imag[sample] * early_imag[sample]
            )
            into_imag[sample] = (
                later_real[sample] * early_imag[sample] - later_imag[sample] * early_real[sample]
            )


@compiled
def fill_cross(
    real: NDArray[np.float32],
    imag: NDArray[np.float32],
    weights: NDArray[np.float32],
    error: NDArray[np.complex64],
    cross: NDArray[np.complex64],
) -> None:
    """Fill ``cross[k] = Σ_t weights[t] conj(y_(t + n_taps - 1 - k)) error[t]``.

    Parameters
    ----------
    real, imag : float32, shape (n_windows + n_taps - 1,)
        Of y.
    weights : float32, shape (n_windows,)
    error : complex64, shape (n_windows,)
    cross : complex64, shape (n_taps,)
        Is overwritten.
    """
    n_taps = len(cross)
    sum_real = np.zeros(n_taps, np.float32)
    sum_imag = np.zeros(n_taps, np.float32)
    for window in range(len(error)):
        weighted = weights[window] * error[window]
        near_real, near_imag = real[window : window + n_taps], imag[window : window + n_taps]
        for sample in range(n_taps):
            sum_real[sample] += (
                near_real[sample] * weighted.real + near_imag[sample] * weighted.imag
            )
            sum_imag[sample] += (
                near_real[sample] * weighted.imag - near_imag[sample] * weighted.real
            )
    for tap in range(n_taps):
        cross[tap] = complex(sum_real[n_taps - 1 - tap], sum_imag[n_taps - 1 - tap])


@compiled_in_parallel
def normal_equations(
    reference: NDArray[np.complex64],
    error: NDArray[np.complex64],
    weights: NDArray[np.float32],
    edges: NDArray[np.int64],
    auto: NDArray[np.complex64],
    cross: NDArray[np.complex64],
) -> None:
    """Fill what the taps h of ``error[f, t] ~ Σ_k h[f, k] x_k[f, t]`` need to be found.

    With ``x_k[f, t] = reference[f, t + n_taps - 1 - k]``, over the windows t of each fold::

        auto[fold, f, i, j] = Σ_t weights[f, t] conj(x_i[f, t]) x_j[f, t]
        cross[fold, f, i]   = Σ_t weights[f, t] conj(x_i[f, t]) error[f, t]

    ``auto`` is Hermitian, and x_i is x_0 some windows later. So for each distance ``j - i`` one
    sequence of products serves all i, as its correlation with the weights, which are real::

        auto[fold, f, i, i + d] = Σ_s weights[f, s - (n_taps - 1) + i] conj(y_s) y_(s - d)

    with y the reference's windows: a real matrix of shifted weights times the products of all
    distances, 4 n_windows n_taps² operations a bin, half of a complex product, at BLAS's speed.

    Parameters
    ----------
    reference : complex64, shape (n_bins, n_windows + n_taps - 1)
    error : complex64, shape (n_bins, n_windows)
    weights : float32, shape (n_bins, n_windows)
    edges : int64, shape (n_folds + 1,)
        First window of each fold, and the end.
    auto : complex64, shape (n_folds, n_bins, n_taps, n_taps)
        Is overwritten.
    cross : complex64, shape (n_folds, n_bins, n_taps)
        Is overwritten.
    """
    n_folds, n_bins, n_taps = cross.shape
    for row in nb.prange(n_folds * n_bins):
        fold, bin_ = row // n_bins, row % n_bins
        begin, n_windows = edges[fold], edges[fold + 1] - edges[fold]
        n_samples = n_windows + n_taps - 1
        real = np.empty(n_samples, np.float32)
        imag = np.empty(n_samples, np.float32)
        for sample in range(n_samples):
            real[sample] = reference[bin_, begin + sample].real
            imag[sample] = reference[bin_, begin + sample].imag
        shifted = np.zeros((n_taps, n_samples), np.float32)
        for tap in range(n_taps):
            first = n_taps - 1 - tap
            for window in range(n_windows):
                shifted[tap, first + window] = weights[bin_, begin + window]
        products = np.zeros((2 * n_taps, n_samples), np.float32)
        fill_products(real, imag, products)
        sums = np.dot(shifted, products.T)
        for tap in range(n_taps):
            for distance in range(n_taps - tap):
                value = complex(sums[tap, distance], sums[tap, n_taps + distance])
                auto[fold, bin_, tap, tap + distance] = value
                auto[fold, bin_, tap + distance, tap] = value.conjugate()
        fill_cross(
            real,
            imag,
            weights[bin_, begin : begin + n_windows],
            error[bin_, begin : begin + n_windows],
            cross[fold, bin_],
        )


@compiled_in_parallel
def apply_taps(
    reference: NDArray[np.complex64],
    taps: NDArray[np.complex64],
    fold_of: NDArray[np.int64],
    out: NDArray[np.complex64],
) -> None:
    """Fill ``out[f, t] = Σ_k taps[fold_of[t], f, k] x_k[f, t]``, x_k as in `normal_equations`.

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
    prior: NDArray[np.complex128],
    factor: NDArray[np.complex128],
    taps: NDArray[np.complex128],
) -> None:
    """Fill the taps that minimise ``hᴴAh - 2 Re cᴴh + Σ penalty |h - prior|²``, by Cholesky.

    Parameters
    ----------
    auto : complex128, shape (n_taps, n_taps)
    cross, prior : complex128, shape (n_taps,)
    penalty : float64, shape (n_taps,)
        More than 0.
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


@compiled
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
            own += auto[fold]
            other += cross[fold]
    return own, other


@compiled_in_parallel
def solve_bins(
    auto: NDArray[np.complex64],
    cross: NDArray[np.complex64],
    rows: NDArray[np.int64],
    penalty: NDArray[np.float64],
    priors: NDArray[np.complex64],
    left_out: int,
    taps: NDArray[np.complex64],
) -> None:
    """Fill the taps of some bins; see `solve`.

    Parameters
    ----------
    auto : complex64, shape (n_folds, n_bins, n_taps, n_taps)
    cross : complex64, shape (n_folds, n_bins, n_taps)
    rows : int64, shape (n_rows,)
        Bins to solve.
    penalty : float64, shape (n_taps,)
    priors : complex64, shape (n_rows, n_taps)
    left_out : int
        A fold that has no say; -1 for none.
    taps : complex64, shape (n_rows, n_taps)
        Is overwritten.
    """
    n_taps = cross.shape[2]
    for row in nb.prange(len(rows)):
        bin_ = rows[row]
        own, other = sums_without(left_out, auto[:, bin_], cross[:, bin_])
        factor = np.empty((n_taps, n_taps), np.complex128)
        found = np.empty(n_taps, np.complex128)
        solve(own, other, penalty, priors[row].astype(np.complex128), factor, found)
        taps[row] = found


@compiled_in_parallel
def cross_validate(
    auto: NDArray[np.complex64],
    cross: NDArray[np.complex64],
    rows: NDArray[np.int64],
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
    rows : int64, shape (n_rows,)
        Bins to look at.
    penalties : float64, shape (n_candidates, n_taps)
    priors : complex64, shape (n_candidates, n_rows, n_taps)
    gains : float64, shape (n_candidates, n_folds, n_rows)
        Is overwritten.
    """
    n_folds, _, n_taps = cross.shape
    for row in nb.prange(len(rows)):
        bin_ = rows[row]
        factor = np.empty((n_taps, n_taps), np.complex128)
        taps = np.empty(n_taps, np.complex128)
        for judged in range(n_folds):
            own, other = sums_without(judged, auto[:, bin_], cross[:, bin_])
            for candidate in range(len(penalties)):
                prior = priors[candidate, row].astype(np.complex128)
                solve(own, other, penalties[candidate], prior, factor, taps)
                gain = 0.0
                for i in range(n_taps):
                    curved = 0j
                    for j in range(n_taps):
                        curved += auto[judged, bin_, i, j] * taps[j]
                    gain += (taps[i].conjugate() * (2 * cross[judged, bin_, i] - curved)).real
                gains[candidate, judged, row] = gain
