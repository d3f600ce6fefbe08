"""Compiled kernels of the 425 measurements, each with its gradient under it.

Arrays are ``(n_windows, n_bins)``, C order: a window's bins lie together. A family's function
fills ``out``; its gradient adds ``sum_k error[k] * d out[k] / d level`` to ``grad``. Peak positions
and counts are piecewise constant and hand nothing back.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vocal_separation_sanity_check.compiling import compiled, compiled_inside

N_BANDS = 400
N_LEVELS = 5
FLOOR = 1e-4
"""Amplitudes are floored this far (-80 dB) under the window's mean before a logarithm."""
ROLL_OFF_SHARE = 0.85
"""Of the amplitudes' sum, that lies below the roll-off frequency."""
AUDIBLE_SHARE = 0.1
"""Of the largest amplitude: a harmonic that has less (-20 dB) is not counted."""
ENVELOPE_REACH = 3
"""Cells on either side that the spectral envelope averages over."""
TO_DB = 20 / np.log(10)
"""Decibels of a natural logarithm of an amplitude."""


@compiled_inside
def cell_hz(cell, cell_bins, bin_hz):
    """Centre frequency of a pyramid cell that covers ``cell_bins`` bins."""
    return (cell * cell_bins + (cell_bins - 1) / 2) * bin_hz


@compiled_inside
def band_energies(level, cell_bins, bin_hz, edges_hz, out):
    """Energy, ``sum a^2``, between the edges."""
    out[:] = 0
    band = 0
    for k in range(len(level)):
        while band < len(edges_hz) and cell_hz(k, cell_bins, bin_hz) >= edges_hz[band]:
            band += 1
        out[band] += level[k] ** 2


@compiled_inside
def band_energies_gradient(level, cell_bins, bin_hz, edges_hz, error, grad):
    """D (sum a^2) / d a = 2 a."""
    band = 0
    for k in range(len(level)):
        while band < len(edges_hz) and cell_hz(k, cell_bins, bin_hz) >= edges_hz[band]:
            band += 1
        grad[k] += error[band] * 2 * level[k]


@compiled_inside
def shape(level, cell_bins, bin_hz, out):
    """Centroid, spread, roll-off (Hz), flatness, slope (dB/kHz), crest (Peeters 2004)."""
    n = len(level)
    total = level.sum()
    mean = total / n
    centroid = 0.0
    for k in range(n):
        centroid += cell_hz(k, cell_bins, bin_hz) * level[k] / total
    variance, running, roll_off = 0.0, 0.0, -1.0
    log_power, slope, slope_norm, power = 0.0, 0.0, 0.0, 0.0
    middle = cell_hz((n - 1) / 2, cell_bins, bin_hz)
    for k in range(n):
        hz = cell_hz(k, cell_bins, bin_hz)
        variance += (hz - centroid) ** 2 * level[k] / total
        running += level[k]
        if roll_off < 0 and running >= ROLL_OFF_SHARE * total:
            roll_off = hz
        logarithm = np.log(level[k] / mean + FLOOR)
        log_power += 2 * logarithm / n
        slope += (hz - middle) / 1000 * TO_DB * logarithm
        slope_norm += ((hz - middle) / 1000) ** 2
        power += (level[k] / mean) ** 2 / n
    out[0] = centroid
    out[1] = np.sqrt(variance)
    out[2] = roll_off
    out[3] = np.exp(log_power) / power
    out[4] = slope / slope_norm
    out[5] = level.max() / mean


@compiled_inside
def shape_gradient(level, cell_bins, bin_hz, values, error, grad):
    """Centroid and spread directly, flatness, slope and crest through ``u = a / mean``.

    ::

        du_k/da_j = (delta_jk - u_k / n) / mean
        d centroid / da_k = (f_k - c) / sum a
        d spread   / da_k = ((f_k - c)^2 - s^2) / (2 s sum a)
    """
    n = len(level)
    total = level.sum()
    mean = total / n
    centroid, spread, flatness = values[0], values[1], values[3]
    middle = cell_hz((n - 1) / 2, cell_bins, bin_hz)
    slope_norm, power = 0.0, 0.0
    for k in range(n):
        slope_norm += ((cell_hz(k, cell_bins, bin_hz) - middle) / 1000) ** 2
        power += (level[k] / mean) ** 2 / n
    peak = np.argmax(level)
    through_u = np.zeros(n)
    shared = 0.0
    for k in range(n):
        u = level[k] / mean
        khz = (cell_hz(k, cell_bins, bin_hz) - middle) / 1000
        through_u[k] = error[3] * flatness * (2 / (u + FLOOR) - 2 * u / power) / n
        through_u[k] += error[4] * khz * TO_DB / ((u + FLOOR) * slope_norm)
        if k == peak:
            through_u[k] += error[5]
        shared += through_u[k] * u / n
    for k in range(n):
        offset_hz = cell_hz(k, cell_bins, bin_hz) - centroid
        grad[k] += error[0] * offset_hz / total
        if spread > 0:
            grad[k] += error[1] * (offset_hz**2 - spread**2) / (2 * spread * total)
        grad[k] += (through_u[k] - shared) / mean


@compiled_inside
def fundamental_quarter_cells(level):
    """Spacing, in quarter cells, of the comb that gathers most: sum of teeth over sqrt(teeth)."""
    best, answer = -1.0, 8
    for spacing in range(8, len(level) + 1):
        teeth, gathered = 0, 0.0
        cell = spacing // 4
        while cell < len(level):
            gathered += level[cell]
            teeth += 1
            cell = (teeth + 1) * spacing // 4
        if teeth >= 2 and gathered / np.sqrt(teeth) > best:
            best, answer = gathered / np.sqrt(teeth), spacing
    return answer


@compiled_inside
def harmonics(level, cell_bins, bin_hz, out):
    """Fundamental (Hz), audible harmonics, spacing (Hz), their share of energy, and HNR (dB)."""
    spacing = fundamental_quarter_cells(level)
    floor = AUDIBLE_SHARE * level.max()
    audible, on_teeth, power = 0, 0.0, 0.0
    for k in range(len(level)):
        power += level[k] ** 2
    teeth = 1
    while teeth * spacing // 4 < len(level):
        amplitude = level[teeth * spacing // 4]
        on_teeth += amplitude**2
        audible += amplitude >= floor
        teeth += 1
    first, last, peaks = -1, -1, 0
    for k in range(1, len(level) - 1):
        if level[k] >= floor and level[k] > level[k - 1] and level[k] >= level[k + 1]:
            first = k if first < 0 else first
            last = k
            peaks += 1
    share = on_teeth / power
    out[0] = spacing / 4 * cell_bins * bin_hz
    out[1] = audible
    out[2] = (last - first) * cell_bins * bin_hz / (peaks - 1) if peaks > 1 else 0.0
    out[3] = share
    out[4] = TO_DB / 2 * np.log((share + FLOOR) / (1 - share + FLOOR))


@compiled_inside
def harmonics_gradient(level, values, error, grad):
    """With s the share on the comb, ``ds / da_k = 2 a_k ([k on comb] - s) / sum a^2``."""
    spacing = fundamental_quarter_cells(level)
    share = values[3]
    power = 0.0
    for k in range(len(level)):
        power += level[k] ** 2
    ratio = TO_DB / 2 * (1 / (share + FLOOR) + 1 / (1 - share + FLOOR))
    factor = (error[3] + error[4] * ratio) * 2 / power
    for k in range(len(level)):
        grad[k] -= factor * share * level[k]
    teeth = 1
    while teeth * spacing // 4 < len(level):
        cell = teeth * spacing // 4
        grad[cell] += factor * level[cell]
        teeth += 1


@compiled_inside
def sort(few):
    """Sort a few numbers in place: Numba's own way takes a second to compile."""
    for last in range(1, len(few)):
        for j in range(last, 0, -1):
            if few[j] < few[j - 1]:
                few[j - 1], few[j] = few[j], few[j - 1]


@compiled_inside
def add_up(source, out):
    """Out += source; a function of its own, so that eight cells are taken at once."""
    for k in range(len(out)):
        out[k] += source[k]


@compiled_inside
def smoothed(level):
    """Moving average over `ENVELOPE_REACH` cells on either side, fewer at the ends."""
    n, width = len(level), 2 * ENVELOPE_REACH + 1
    envelope = np.zeros(n)
    shares = np.empty(n)
    for k in range(n):
        shares[k] = level[k] / width
    inner = envelope[ENVELOPE_REACH : n - ENVELOPE_REACH]
    for offset in range(width):
        add_up(shares[offset:], inner)
    for k in range(n):
        low, high = max(0, k - ENVELOPE_REACH), min(n, k + ENVELOPE_REACH + 1)
        if high - low < width:
            envelope[k] = 0
            for j in range(low, high):
                envelope[k] += level[j] / (high - low)
    return envelope


@compiled_inside
def formant_cells(level, cells):
    """The three highest peaks of the envelope by rising frequency, and the envelope."""
    envelope = smoothed(level)
    found = 0
    for k in range(1, len(envelope) - 1):
        if envelope[k] > envelope[k - 1] and envelope[k] >= envelope[k + 1]:
            place = found
            while place > 0 and envelope[k] > envelope[cells[place - 1]]:
                if place < len(cells):
                    cells[place] = cells[place - 1]
                place -= 1
            if place < len(cells):
                cells[place] = k
                found = min(found + 1, len(cells))
    sort(cells[:found])
    return found, envelope


@compiled_inside
def formants(level, cell_bins, bin_hz, out):
    """Three formant frequencies (Hz, 0 where there is none) and their height over the mean."""
    cells = np.zeros(3, np.int64)
    found, envelope = formant_cells(level, cells)
    out[:] = 0
    for j in range(found):
        out[j] = cell_hz(cells[j], cell_bins, bin_hz)
        out[3] += envelope[cells[j]] / (found * envelope.mean())


@compiled_inside
def formants_gradient(level, values, error, grad):
    """Strength = mean envelope at the peaks / mean envelope; back through the moving average."""
    n = len(level)
    cells = np.zeros(3, np.int64)
    found, envelope = formant_cells(level, cells)
    if found == 0:
        return
    mean = envelope.mean()
    for k in range(n):
        through = -values[3] / n
        for j in range(found):
            if cells[j] == k:
                through += 1 / found
        low, high = max(0, k - ENVELOPE_REACH), min(n, k + ENVELOPE_REACH + 1)
        for j in range(low, high):
            grad[j] += error[3] * through / (mean * (high - low))


@compiled_inside
def mark_loudest(level, marks):
    """Mark a tenth of the cells, the loudest."""
    for _ in range(max(1, len(level) // 10)):
        best = -1
        for k in range(len(level)):
            if not marks[k] and (best < 0 or level[k] > level[best]):
                best = k
        marks[best] = True


@compiled_inside
def dynamics(level, out):
    """Peak to RMS, energy share of the loudest tenth, entropy in [0, 1]."""
    n = len(level)
    marks = np.zeros(n, np.bool_)
    mark_loudest(level, marks)
    power, loudest, entropy = 0.0, 0.0, 0.0
    for k in range(n):
        power += level[k] ** 2
        if marks[k]:
            loudest += level[k] ** 2
    for k in range(n):
        share = level[k] ** 2 / power
        if share > 0:
            entropy -= share * np.log(share) / np.log(n)
    out[0] = level.max() / np.sqrt(power / n)
    out[1] = loudest / power
    out[2] = entropy


@compiled_inside
def dynamics_gradient(level, values, error, grad):
    """With ``q = a^2 / sum a^2``: dH/da_k = -2 a_k (log q_k / log n + H) / sum a^2, and so on."""
    n = len(level)
    marks = np.zeros(n, np.bool_)
    mark_loudest(level, marks)
    power = 0.0
    for k in range(n):
        power += level[k] ** 2
    grad[np.argmax(level)] += error[0] / np.sqrt(power / n)
    for k in range(n):
        grad[k] -= error[0] * values[0] * level[k] / power
        grad[k] += error[1] * 2 * level[k] * (marks[k] - values[1]) / power
        share = level[k] ** 2 / power
        if share > 0:
            bits = np.log(share) / np.log(n) + values[2]
            grad[k] -= error[2] * 2 * level[k] * bits / power


@compiled_inside
def build_pyramid(row, sizes, pyramid):
    """Magnitude of the slice, max-pooled by two to each size; levels lie one after another."""
    if len(row) == sizes[0]:
        for k in range(sizes[0]):
            pyramid[k] = abs(row[k])
    else:
        for k in range(sizes[0]):
            pyramid[k] = max(abs(row[2 * k]), abs(row[2 * k + 1]))
    start = 0
    for level in range(1, N_LEVELS):
        below = start + sizes[level - 1]
        for k in range(sizes[level]):
            pyramid[below + k] = max(pyramid[start + 2 * k], pyramid[start + 2 * k + 1])
        start = below


@compiled_inside
def pyramid_transpose(row, sizes, pyramid, grad_pyramid, grad_row):
    """Each cell's gradient goes to the larger of the two under it, at the bottom with its sign."""
    start = sizes.sum() - sizes[N_LEVELS - 1]
    for level in range(N_LEVELS - 1, 0, -1):
        above = start - sizes[level - 1]
        for k in range(sizes[level]):
            left = above + 2 * k
            winner = left if pyramid[left] >= pyramid[left + 1] else left + 1
            grad_pyramid[winner] += grad_pyramid[start + k]
        start = above
    for k in range(sizes[0]):
        winner = k
        if len(row) != sizes[0]:
            winner = 2 * k if abs(row[2 * k]) >= abs(row[2 * k + 1]) else 2 * k + 1
        grad_row[winner] += np.sign(row[winner]) * grad_pyramid[k]


@compiled_inside
def level_edges(sizes):
    """Where each level of a pyramid begins, and the end of the last."""
    at = np.zeros(N_LEVELS + 1, np.int64)
    for level in range(N_LEVELS):
        at[level + 1] = at[level] + sizes[level]
    return at


@compiled_inside
def measure_pyramid(pyramid, sizes, bin_hz, edges_hz, silent_below, out):
    """The 25 measurements of one window; only its energies in silence, the rest is 0."""
    at = level_edges(sizes)
    out[:] = 0
    band_energies(pyramid[at[1] : at[2]], 4, bin_hz, edges_hz, out[0:6])
    energy = pyramid.dtype.type(0)
    for k in range(at[4], at[5]):
        energy += pyramid[k] ** 2
    out[24] = energy
    if pyramid[at[4] : at[5]].max() < silent_below:
        return
    shape(pyramid[at[3] : at[4]], 16, bin_hz, out[6:12])
    harmonics(pyramid[at[2] : at[3]], 8, bin_hz, out[12:17])
    formants(pyramid[at[1] : at[2]], 4, bin_hz, out[17:21])
    dynamics(pyramid[at[3] : at[4]], out[21:24])


@compiled_inside
def measure_pyramid_gradient(pyramid, sizes, bin_hz, edges_hz, silent_below, values, error, grad):
    """Add the 25 gradients at the levels they were measured at; of the energies in silence."""
    at = level_edges(sizes)
    fine, middle, coarse = slice(at[1], at[2]), slice(at[2], at[3]), slice(at[3], at[4])
    band_energies_gradient(pyramid[fine], 4, bin_hz, edges_hz, error[0:6], grad[fine])
    for k in range(at[4], at[5]):
        grad[k] += error[24] * 2 * pyramid[k]
    if pyramid[at[4] : at[5]].max() < silent_below:
        return
    shape_gradient(pyramid[coarse], 16, bin_hz, values[6:12], error[6:12], grad[coarse])
    harmonics_gradient(pyramid[middle], values[12:17], error[12:17], grad[middle])
    formants_gradient(pyramid[fine], values[17:21], error[17:21], grad[fine])
    dynamics_gradient(pyramid[coarse], values[21:24], error[21:24], grad[coarse])


@compiled
def measure_windows(sliced, first_bin, coverage, sizes, bin_hz, edges_hz, silent_below, out):
    """The 425 measurements of every window of a slice; out is (n_windows, 425)."""
    for t in range(sliced.shape[0]):
        for band in range(coverage.shape[0]):
            total = sliced.dtype.type(0)
            for k in range(coverage.shape[1]):
                total += coverage[band, k] * sliced[t, first_bin[band] + k]
            out[t, band] = total
        pyramid = np.empty(sizes.sum(), sliced.dtype)
        build_pyramid(sliced[t], sizes, pyramid)
        measure_pyramid(pyramid, sizes, bin_hz, edges_hz, silent_below, out[t, N_BANDS:])


@compiled
def measure_windows_gradient(
    sliced, first_bin, coverage, sizes, bin_hz, edges_hz, silent_below, values, error, grad
):
    """Grad = sum_k error[:, k] * d measurement_k / d slice, shape of the slice."""
    for t in range(sliced.shape[0]):
        grad[t] = 0
        for band in range(coverage.shape[0]):
            for k in range(coverage.shape[1]):
                grad[t, first_bin[band] + k] += error[t, band] * coverage[band, k]
        pyramid = np.empty(sizes.sum(), sliced.dtype)
        build_pyramid(sliced[t], sizes, pyramid)
        grad_pyramid = np.zeros(sizes.sum(), sliced.dtype)
        measure_pyramid_gradient(
            pyramid,
            sizes,
            bin_hz,
            edges_hz,
            silent_below,
            values[t, N_BANDS:],
            error[t, N_BANDS:],
            grad_pyramid,
        )
        pyramid_transpose(sliced[t], sizes, pyramid, grad_pyramid, grad[t])


def is_compiled() -> bool:
    """Whether nothing is left to compile: an earlier run filled Numba's cache."""
    if not hasattr(measure_windows, "stats"):
        return True
    cache = Path(str(measure_windows.stats.cache_path))
    return any(cache.glob(f"{Path(__file__).stem}.{measure_windows.__name__}-*.nbc"))
