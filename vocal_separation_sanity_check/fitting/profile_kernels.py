"""Compiled kernels of the quadratic form: band averages of the linear slices, and their solver.

Every linear slice is a 3 x 3 correlation and a profile is a band average, so all slices share three
band averages of the spectrogram, one per frequency shift. With ``U_i = P S_i z`` the operator of
`descent` is::

    (Q z)[:, t] = sum_i S_i' P' sum_j sum_lag C[lag, i, j] U_j[:, t + lag]

which costs 45 products a band and window where the 17 slices would cost 306.
Arrays are ``(n_bins, n_windows)``, C order: the inner loops run over windows and vectorise.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from vocal_separation_sanity_check.compiling import compiled, compiled_in_parallel, compiled_inside

N_SHIFTS = 3
MAX_LAG = 2


@compiled_in_parallel
def mix_band_averages(values, first_bin, coverage, coefficients, edge_coefficients, out):
    """out[i, band, t] = sum_j sum_lag C[lag, i, j] U_j[band, t + lag], without the padding."""
    n_bins, n_windows = values.shape
    n_bands, width = coverage.shape
    for band in nb.prange(n_bands):
        padded = np.zeros((N_SHIFTS, n_windows + 2 * MAX_LAG), values.dtype)
        for j in range(N_SHIFTS):
            average = padded[j, MAX_LAG : MAX_LAG + n_windows]
            for k in range(width):
                source_bin = first_bin[band] + k + j - 1
                share = coverage[band, k]
                if share != 0 and 0 <= source_bin < n_bins:
                    add_scaled(share, values[source_bin], average)
        for i in range(N_SHIFTS):
            row = out[i, band]
            row[:] = 0
            for j in range(N_SHIFTS):
                add_lags(coefficients[:, i, j], padded[j], row)
                # A slice has no window before the first or after the last.
                row[0] -= edge_coefficients[0, i, j] * padded[j, MAX_LAG]
                row[-1] -= edge_coefficients[1, i, j] * padded[j, MAX_LAG + n_windows - 1]


@compiled_inside
def add_scaled(factor, source, out):
    """Out += factor * source."""
    for t in range(len(out)):
        out[t] += factor * source[t]


@compiled_inside
def add_lags(coefficients, padded, out):
    """out[t] += sum_lag C[lag] padded[t + lag], five lags in one pass over memory."""
    n = len(out)
    c0, c1, c2 = coefficients[0], coefficients[1], coefficients[2]
    c3, c4 = coefficients[3], coefficients[4]
    p0, p1, p2, p3, p4 = padded[:n], padded[1:], padded[2:], padded[3:], padded[4:]
    for t in range(n):
        out[t] += c0 * p0[t] + c1 * p1[t] + c2 * p2[t] + c3 * p3[t] + c4 * p4[t]


@compiled_in_parallel
def spread_bands(mixed, first_band, shares, out):
    """Out = sum_i S_i' P' mixed[i]: the transpose of the three band averages."""
    n_bins = out.shape[0]
    n_bands = mixed.shape[1]
    for f in nb.prange(n_bins):
        row = out[f]
        row[:] = 0
        for i in range(N_SHIFTS):
            slice_bin = f - i + 1
            if 0 <= slice_bin < n_bins:
                for k in range(shares.shape[1]):
                    band = first_band[slice_bin] + k
                    if band < n_bands and shares[slice_bin, k] != 0:
                        add_scaled(shares[slice_bin, k], mixed[i, band], row)


@compiled_in_parallel
def slice_profiles(values, first_bin, coverage, taps, out):
    """out[s, band] = P K_s values, by the three band averages that all slices share."""
    n_bins, n_windows = values.shape
    n_bands, width = coverage.shape
    for band in nb.prange(n_bands):
        padded = np.zeros((N_SHIFTS, n_windows + 2), values.dtype)
        for j in range(N_SHIFTS):
            for k in range(width):
                source_bin = first_bin[band] + k + j - 1
                share = coverage[band, k]
                if share != 0 and 0 <= source_bin < n_bins:
                    add_scaled(share, values[source_bin], padded[j, 1 : 1 + n_windows])
        for s in range(taps.shape[0]):
            out[s, band, :] = 0
            for i in range(N_SHIFTS):
                for a in range(3):
                    if taps[s, i, a] != 0:
                        add_scaled(taps[s, i, a], padded[i, a : a + n_windows], out[s, band])


@compiled_in_parallel
def gather_profiles(profiles, weighted_taps, out):
    """out[i, band, t] = sum_s sum_a w_s k_s[i, a] profiles[s, band, t - a]."""
    n_slices, n_bands, n_windows = profiles.shape
    for band in nb.prange(n_bands):
        for i in range(N_SHIFTS):
            out[i, band, :] = 0
            for s in range(n_slices):
                row = profiles[s, band]
                if weighted_taps[s, i, 0] != 0:
                    add_scaled(weighted_taps[s, i, 0], row[1:], out[i, band, : n_windows - 1])
                if weighted_taps[s, i, 1] != 0:
                    add_scaled(weighted_taps[s, i, 1], row, out[i, band])
                if weighted_taps[s, i, 2] != 0:
                    add_scaled(weighted_taps[s, i, 2], row[: n_windows - 1], out[i, band, 1:])


@compiled
def assemble_bands(first_bin, coverage, coupling, out):
    """out[d, f, w] = (Q_w)[f + d, f] for every temporal frequency w; ``coupling`` is (3, 3, w)."""
    n_bands, width = coverage.shape
    n_diagonals, n_bins, n_frequencies = out.shape
    out[:] = 0
    for band in range(n_bands):
        for i in range(N_SHIFTS):
            for j in range(N_SHIFTS):
                for p in range(width):
                    row = first_bin[band] + p + i - 1
                    for q in range(width):
                        column = first_bin[band] + q + j - 1
                        share = coverage[band, p] * coverage[band, q]
                        d = row - column
                        if 0 <= d < n_diagonals and column >= 0 and row < n_bins and share != 0:
                            for w in range(n_frequencies):
                                out[d, column, w] += share * coupling[i, j, w]


@compiled
def factor_banded(bands, smallest_pivot):
    """Cholesky of many banded matrices at once, in place: ``bands[d, f, w]`` becomes L[f + d, f].

    The diagonal is left inverted, so that the solver multiplies. A pivot is at least the smallest
    eigenvalue, hence at least what was added to the diagonal: ``smallest_pivot``. Where rounding
    takes it below, to 0 or under it even, that is what it is set to.
    """
    n_diagonals, n_bins, n_systems = bands.shape
    for f in range(n_bins):
        for w in range(n_systems):
            bands[0, f, w] = 1 / np.sqrt(max(bands[0, f, w], smallest_pivot))
        for d in range(1, min(n_diagonals, n_bins - f)):
            for w in range(n_systems):
                bands[d, f, w] *= bands[0, f, w]
        for d in range(1, min(n_diagonals, n_bins - f)):
            for e in range(d, min(n_diagonals, n_bins - f)):
                for w in range(n_systems):
                    bands[e - d, f + d, w] -= bands[d, f, w] * bands[e, f, w]


@compiled_in_parallel
def solve_banded(factor, rhs):
    """Solve L L' x = rhs in place; rhs is (n_blocks, n_bins, n_systems)."""
    n_diagonals, n_bins, n_systems = factor.shape
    n_blocks = rhs.shape[0]
    half = (n_systems + 1) // 2
    for part in nb.prange(2 * n_blocks):
        block = rhs[part // 2]
        low = (part % 2) * half
        high = min(n_systems, low + half)
        for f in range(n_bins):
            for d in range(1, min(n_diagonals, f + 1)):
                for w in range(low, high):
                    block[f, w] -= factor[d, f - d, w] * block[f - d, w]
            for w in range(low, high):
                block[f, w] *= factor[0, f, w]
        for f in range(n_bins - 1, -1, -1):
            for d in range(1, min(n_diagonals, n_bins - f)):
                for w in range(low, high):
                    block[f, w] -= factor[d, f, w] * block[f + d, w]
            for w in range(low, high):
                block[f, w] *= factor[0, f, w]
