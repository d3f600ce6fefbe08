"""The equations of a path, bin by bin: correlations of the reference's windows, compiled."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import compiled_in_parallel, compiled_inside

N_AHEAD = 1
"""Windows of look-ahead: a window's sound begins before its middle."""


def padded(reference: NDArray[np.complex64], n_taps: int) -> NDArray[np.complex64]:
    """Put silence around, so that window t meets samples t to t + n_taps - 1.

    The last of them is `N_AHEAD` windows ahead.

    Parameters
    ----------
    reference : complex64, shape (n_bins, n_windows)
    n_taps : int

    Returns
    -------
    complex64, shape (n_bins, n_windows + n_taps - 1)
    """
    return np.pad(reference, ((0, 0), (n_taps - 1 - N_AHEAD, N_AHEAD)))


@compiled_inside
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


@compiled_inside
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
