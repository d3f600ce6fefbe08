"""Solving the equations of a path, many at a time, and applying it: compiled."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import (
    compiled,
    compiled_in_parallel,
    compiled_inside,
)

N_TOGETHER = 64
"""Systems that are solved at a time: as many as processors compute at once, some times over."""


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


@compiled_inside
def subtract_product(
    real: NDArray[np.float64],
    imag: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
) -> None:
    """Take ``(a + i b) conj(c + i d)`` off, in each system.

    Parameters
    ----------
    real, imag : float64, shape (n_systems,)
        Are changed.
    a, b, c, d : float64, shape (n_systems,)
    """
    for s in range(len(real)):
        real[s] -= a[s] * c[s] + b[s] * d[s]
        imag[s] -= b[s] * c[s] - a[s] * d[s]


@compiled_inside
def subtract_two_products(
    real: NDArray[np.float64],
    imag: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    e: NDArray[np.float64],
    f: NDArray[np.float64],
    g: NDArray[np.float64],
    h: NDArray[np.float64],
) -> None:
    """Take ``(a + i b) conj(c + i d) + (e + i f) conj(g + i h)`` off: half as many stores.

    Parameters
    ----------
    real, imag : float64, shape (n_systems,)
        Are changed.
    a, b, c, d, e, f, g, h : float64, shape (n_systems,)
    """
    for s in range(len(real)):
        real[s] -= (a[s] * c[s] + b[s] * d[s]) + (e[s] * g[s] + f[s] * h[s])
        imag[s] -= (b[s] * c[s] - a[s] * d[s]) + (f[s] * g[s] - e[s] * h[s])


@compiled_inside
def factor(real: NDArray[np.float64], imag: NDArray[np.float64], n_taps: int) -> None:
    """Take Hermitian matrices apart by Cholesky, ``A = L L^H``, each step in all of them.

    Parameters
    ----------
    real, imag : float64, shape (n_taps (n_taps + 1) / 2, n_systems)
        Lower triangles of A, positive definite, row after row. Are overwritten by L, with one over
        its diagonal.
    n_taps : int
    """
    n_systems = real.shape[1]
    for i in range(n_taps):
        own = i * (i + 1) // 2
        for j in range(i):
            other = j * (j + 1) // 2
            into_real, into_imag = real[own + j], imag[own + j]
            k = 0
            while k + 1 < j:
                subtract_two_products(
                    into_real,
                    into_imag,
                    real[own + k],
                    imag[own + k],
                    real[other + k],
                    imag[other + k],
                    real[own + k + 1],
                    imag[own + k + 1],
                    real[other + k + 1],
                    imag[other + k + 1],
                )
                k += 2
            if k < j:
                subtract_product(
                    into_real,
                    into_imag,
                    real[own + k],
                    imag[own + k],
                    real[other + k],
                    imag[other + k],
                )
            inverse = real[other + j]
            for s in range(n_systems):
                into_real[s] *= inverse[s]
                into_imag[s] *= inverse[s]
        diagonal = real[own + i]
        for k in range(i):
            a, b = real[own + k], imag[own + k]
            for s in range(n_systems):
                diagonal[s] -= a[s] * a[s] + b[s] * b[s]
        for s in range(n_systems):
            diagonal[s] = 1 / np.sqrt(diagonal[s])


@compiled
def solve(
    real: NDArray[np.float64],
    imag: NDArray[np.float64],
    taps_real: NDArray[np.float64],
    taps_imag: NDArray[np.float64],
) -> None:
    """Solve ``A h = b`` in many systems, each step in all of them.

    One system is too small for processors that compute eight numbers at once.

    Parameters
    ----------
    real, imag : float64, shape (n_taps (n_taps + 1) / 2, n_systems)
        A as of `factor`, which overwrites it.
    taps_real, taps_imag : float64, shape (n_taps, n_systems)
        b, is overwritten by h.
    """
    n_taps, n_systems = taps_real.shape
    factor(real, imag, n_taps)
    for i in range(n_taps):
        own = i * (i + 1) // 2
        into_real, into_imag = taps_real[i], taps_imag[i]
        for k in range(i):
            a, b, c, d = real[own + k], imag[own + k], taps_real[k], taps_imag[k]
            for s in range(n_systems):
                into_real[s] -= a[s] * c[s] - b[s] * d[s]
                into_imag[s] -= a[s] * d[s] + b[s] * c[s]
        inverse = real[own + i]
        for s in range(n_systems):
            into_real[s] *= inverse[s]
            into_imag[s] *= inverse[s]
    for i in range(n_taps - 1, -1, -1):
        into_real, into_imag = taps_real[i], taps_imag[i]
        for k in range(i + 1, n_taps):
            at = k * (k + 1) // 2 + i
            subtract_product(into_real, into_imag, taps_real[k], taps_imag[k], real[at], imag[at])
        inverse = real[i * (i + 1) // 2 + i]
        for s in range(n_systems):
            into_real[s] *= inverse[s]
            into_imag[s] *= inverse[s]


@compiled_inside
def sum_without(left_out: int, values: NDArray[np.complex64]) -> complex:
    """Add up complex64 (n_folds,) but for one fold; in double precision."""
    total = 0j
    for fold in range(len(values)):
        if fold != left_out:
            total += values[fold]
    return total


@compiled_in_parallel
def solve_bins(
    auto: NDArray[np.complex64],
    cross: NDArray[np.complex64],
    penalties: NDArray[np.float64],
    priors: NDArray[np.complex64],
    left_out: int,
    taps: NDArray[np.complex128],
) -> None:
    """Fill the taps that minimise ``hᴴAh - 2 Re cᴴh + Σ penalty |h - prior|²``.

    A and c are a bin's sums over the folds.

    Parameters
    ----------
    auto : complex64, shape (n_folds, n_bins, n_taps, n_taps)
    cross : complex64, shape (n_folds, n_bins, n_taps)
    penalties : float64, shape (n_candidates, n_taps)
        More than 0, of `N_TOGETHER` candidates at most.
    priors : complex64, shape (n_candidates, n_bins, n_taps)
    left_out : int
        A fold that has no say; -1 for none.
    taps : complex128, shape (n_candidates, n_bins, n_taps)
        Is overwritten.
    """
    n_bins, n_taps = cross.shape[1:]
    n_candidates = len(penalties)
    n_together = N_TOGETHER // n_candidates
    for part in nb.prange((n_bins + n_together - 1) // n_together):
        first = part * n_together
        n_own = min(n_together, n_bins - first)
        # Bin after bin, the candidates of one next to each other: they share A. Always as many
        # systems: of other numbers some would be computed one by one.
        real = np.zeros((n_taps * (n_taps + 1) // 2, N_TOGETHER))
        imag = np.zeros((n_taps * (n_taps + 1) // 2, N_TOGETHER))
        found_real = np.zeros((n_taps, N_TOGETHER))
        found_imag = np.zeros((n_taps, N_TOGETHER))
        for i in range(n_taps):
            row = i * (i + 1) // 2
            real[row + i] = 1
            for own in range(n_own):
                begin = own * n_candidates
                for j in range(i + 1):
                    value = sum_without(left_out, auto[:, first + own, i, j])
                    for candidate in range(n_candidates):
                        real[row + j, begin + candidate] = value.real
                        imag[row + j, begin + candidate] = value.imag
                value = sum_without(left_out, cross[:, first + own, i])
                for candidate in range(n_candidates):
                    penalty, prior = penalties[candidate, i], priors[candidate, first + own, i]
                    real[row + i, begin + candidate] += penalty
                    found_real[i, begin + candidate] = value.real + penalty * prior.real
                    found_imag[i, begin + candidate] = value.imag + penalty * prior.imag
        solve(real, imag, found_real, found_imag)
        for own in range(n_own):
            for candidate in range(n_candidates):
                system = own * n_candidates + candidate
                for i in range(n_taps):
                    value = complex(found_real[i, system], found_imag[i, system])
                    taps[candidate, first + own, i] = value
