"""Least squares between spectra, bin by bin, over the windows that came before: compiled."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import compiled, compiled_in_parallel


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

    with y the reference's windows: 2 n_windows n_taps² real operations a bin, a quarter of a
    complex product of matrices.

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
        # Zeros around the weights let all loops have whole vectors.
        heard = np.zeros(n_windows + 2 * n_taps + 16, np.float32)
        heard[n_taps - 1 : n_taps - 1 + n_windows] = weights[bin_, begin : begin + n_windows]
        real = np.empty(n_samples, np.float32)
        imag = np.empty(n_samples, np.float32)
        for sample in range(n_samples):
            real[sample] = reference[bin_, begin + sample].real
            imag[sample] = reference[bin_, begin + sample].imag
        product_real = np.zeros(n_samples + 4, np.float32)
        product_imag = np.zeros(n_samples + 4, np.float32)
        sum_real = np.empty(n_taps + 8, np.float32)
        sum_imag = np.empty(n_taps + 8, np.float32)
        for distance in range(n_taps):
            n_products = n_samples - distance
            later_real, later_imag = real[distance:], imag[distance:]
            early_real, early_imag = real[:n_products], imag[:n_products]
            for sample in range(n_products):
                product_real[sample] = (
                    later_real[sample] * early_real[sample]
                    + later_imag[sample] * early_imag[sample]
                )
                product_imag[sample] = (
                    later_real[sample] * early_imag[sample]
                    - later_imag[sample] * early_real[sample]
                )
            sum_real[:] = 0
            sum_imag[:] = 0
            width = (n_taps - distance + 7) // 8 * 8
            into_real, into_imag = sum_real[:width], sum_imag[:width]
            for sample in range(0, n_products, 4):
                start = distance + sample
                first = heard[start : start + width]
                second = heard[start + 1 : start + 1 + width]
                third = heard[start + 2 : start + 2 + width]
                fourth = heard[start + 3 : start + 3 + width]
                a, e = product_real[sample], product_imag[sample]
                b, f = product_real[sample + 1], product_imag[sample + 1]
                c, g = product_real[sample + 2], product_imag[sample + 2]
                d, h = product_real[sample + 3], product_imag[sample + 3]
                for tap in range(width):
                    into_real[tap] += (
                        first[tap] * a + second[tap] * b + third[tap] * c + fourth[tap] * d
                    )
                    into_imag[tap] += (
                        first[tap] * e + second[tap] * f + third[tap] * g + fourth[tap] * h
                    )
            for tap in range(n_taps - distance):
                value = complex(sum_real[tap], sum_imag[tap])
                auto[fold, bin_, tap, tap + distance] = value
                auto[fold, bin_, tap + distance, tap] = value.conjugate()
        for tap in range(n_taps):
            total = 0j
            for window in range(n_windows):
                value = reference[bin_, begin + window + n_taps - 1 - tap].conjugate()
                total += weights[bin_, begin + window] * (value * error[bin_, begin + window])
            cross[fold, bin_, tap] = total


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
    penalties: NDArray[np.float64],
    priors: NDArray[np.complex64],
    left_out: int,
    taps: NDArray[np.complex64],
) -> None:
    """Fill the taps of each bin; see `solve`.

    Parameters
    ----------
    auto : complex64, shape (n_folds, n_bins, n_taps, n_taps)
    cross : complex64, shape (n_folds, n_bins, n_taps)
    penalties : float64, shape (n_bins, n_taps)
    priors : complex64, shape (n_bins, n_taps)
    left_out : int
        A fold that has no say; -1 for none.
    taps : complex64, shape (n_bins, n_taps)
        Is overwritten.
    """
    _, n_bins, n_taps = cross.shape
    for bin_ in nb.prange(n_bins):
        own, other = sums_without(left_out, auto[:, bin_], cross[:, bin_])
        factor = np.empty((n_taps, n_taps), np.complex128)
        found = np.empty(n_taps, np.complex128)
        prior = priors[bin_].astype(np.complex128)
        solve(own, other, penalties[bin_], prior, factor, found)
        taps[bin_] = found


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
