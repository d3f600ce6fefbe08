"""Plain-loop oracles of every kernel. Imports NumPy, and nothing of what it checks."""

from itertools import pairwise

import numpy as np


def correlate(image, taps):
    """3 x 3 correlation, (bins, windows), zeros outside."""
    n_bins, n_windows = image.shape
    out = np.zeros_like(image)
    for f in range(n_bins):
        for t in range(n_windows):
            for i in range(3):
                for a in range(3):
                    row, column = f + i - 1, t + a - 1
                    if 0 <= row < n_bins and 0 <= column < n_windows:
                        out[f, t] += taps[i][a] * image[row, column]
    return out


def pool(image, reduce):
    """2 x 2 cells, (bins, windows)."""
    out = np.zeros((image.shape[0] // 2, image.shape[1] // 2), image.dtype)
    for f in range(out.shape[0]):
        for t in range(out.shape[1]):
            out[f, t] = reduce(image[2 * f : 2 * f + 2, 2 * t : 2 * t + 2])
    return out


def band_average_matrix(n_bins, n_bands=400):
    """P, dense, by the overlap of each bin with each band."""
    matrix = np.zeros((n_bands, n_bins))
    for band in range(n_bands):
        low, high = band * n_bins / n_bands, (band + 1) * n_bins / n_bands
        for f in range(n_bins):
            matrix[band, f] = max(0.0, min(high, f + 1) - max(low, f))
    return matrix / matrix.sum(1, keepdims=True)


def profile_operator_matrix(taps, weights, n_bins, n_windows):
    """Q, dense, by pushing every unit spectrogram through every slice."""
    average = band_average_matrix(n_bins)
    size = n_bins * n_windows
    operator = np.zeros((size, size))
    for weight, kernel in zip(weights, taps, strict=True):
        columns = []
        for k in range(size):
            unit = np.zeros(size)
            unit[k] = 1
            seen = correlate_by_shifts(unit.reshape(n_bins, n_windows), kernel)
            columns.append((average @ seen).ravel())
        through = np.array(columns).T
        operator += weight * through.T @ through
    return operator


def correlate_by_shifts(image, taps):
    """As `correlate`, with array shifts: the dense operator needs it a thousand times."""
    n_bins, n_windows = image.shape
    padded = np.pad(image, 1)
    out = np.zeros_like(image)
    for i in range(3):
        for a in range(3):
            out += taps[i][a] * padded[i : i + n_bins, a : a + n_windows]
    return out


def pyramid(column, n_bins):
    """|column| max-pooled to n_bins // 2, // 4, ... // 32."""
    values = [abs(v) for v in column]
    levels = []
    for k in range(1, 6):
        size = n_bins // 2**k
        if len(values) != size:
            values = [max(values[2 * j], values[2 * j + 1]) for j in range(size)]
        levels.append(np.array(values))
    return levels


def measurements(column, n_bins, bin_hz):
    """The 25 measurements of one window of one slice; only the seven energies in silence."""
    _, at_256, at_128, at_64, at_32 = pyramid(column, n_bins)
    by_band = band_energies(at_256, centres(len(at_256), 4, bin_hz))
    total = sum(v**2 for v in at_32)
    if at_32.max() < silent_below(n_bins):
        return np.array([*by_band, *np.zeros(18), total])
    return np.array(
        by_band
        + shape(at_64, centres(len(at_64), 16, bin_hz))
        + harmonics(at_128, 8 * bin_hz)
        + formants(at_256, centres(len(at_256), 4, bin_hz))
        + dynamics(at_64)
        + [total]
    )


def silent_below(n_bins):
    """200 dB under a sine of full scale, as the largest bin of its windowed transform has it."""
    n_fft = 2 * (n_bins - 1)
    n = np.arange(n_fft)
    windowed = np.sin(np.pi * n / n_fft) ** 2 * np.sin(np.pi * n / 2)
    return 1e-10 * abs((windowed * np.exp(-1j * np.pi * n / 2)).sum())


def centres(n_cells, cell_bins, bin_hz):
    """Mean frequency of the bins in each cell."""
    return np.array(
        [np.mean([b * bin_hz for b in range(k * cell_bins, (k + 1) * cell_bins)])
         for k in range(n_cells)]
    )  # fmt: skip


def band_energies(level, hz):
    edges = [0, 250, 500, 2000, 4000, 8000, np.inf]
    return [
        sum(v**2 for v, f in zip(level, hz, strict=True) if low <= f < high)
        for low, high in pairwise(edges)
    ]


def shape(level, hz):
    weights = level / level.sum()
    centroid = sum(w * f for w, f in zip(weights, hz, strict=True))
    spread = np.sqrt(sum(w * (f - centroid) ** 2 for w, f in zip(weights, hz, strict=True)))
    k = 0
    while sum(level[: k + 1]) < 0.85 * sum(level):
        k += 1
    relative = level / level.mean()
    geometric = np.exp(np.mean([2 * np.log(u + 1e-4) for u in relative]))
    decibels = [20 * np.log10(u + 1e-4) for u in relative]
    slope = np.polyfit(hz / 1000, decibels, 1)[0]
    flatness = geometric / np.mean(relative**2)
    return [centroid, spread, hz[k], flatness, slope, max(level) / np.mean(level)]


def comb_cells(spacing, n_cells):
    """Cells on the teeth of a comb whose spacing is in quarter cells."""
    return [k * spacing // 4 for k in range(1, 4 * n_cells) if k * spacing // 4 < n_cells]


def best_comb(level):
    best, answer = -1.0, 8
    for spacing in range(8, len(level) + 1):
        teeth = comb_cells(spacing, len(level))
        gathered = sum(level[c] for c in teeth) / np.sqrt(len(teeth))
        if len(teeth) >= 2 and gathered > best:
            best, answer = gathered, spacing
    return answer


def harmonics(level, cell_hz):
    spacing = best_comb(level)
    teeth = comb_cells(spacing, len(level))
    share = sum(level[c] ** 2 for c in teeth) / sum(v**2 for v in level)
    floor = 0.1 * max(level)
    peaks = [
        k for k in range(1, len(level) - 1)
        if level[k] >= floor and level[k] > level[k - 1] and level[k] >= level[k + 1]
    ]  # fmt: skip
    return [
        spacing / 4 * cell_hz,
        sum(level[c] >= floor for c in teeth),
        np.mean(np.diff(peaks)) * cell_hz if len(peaks) > 1 else 0.0,
        share,
        10 * np.log10((share + 1e-4) / (1 - share + 1e-4)),
    ]


def envelope(level):
    return np.array([np.mean(level[max(0, k - 3) : k + 4]) for k in range(len(level))])


def formant_cells(level):
    smooth = envelope(level)
    peaks = [
        k for k in range(1, len(level) - 1)
        if smooth[k] > smooth[k - 1] and smooth[k] >= smooth[k + 1]
    ]  # fmt: skip
    return sorted(sorted(peaks, key=lambda k: -smooth[k])[:3])


def formants(level, hz):
    smooth, cells = envelope(level), formant_cells(level)
    frequencies = [hz[k] for k in cells] + [0.0] * (3 - len(cells))
    strength = np.mean(smooth[cells]) / np.mean(smooth) if cells else 0.0
    return [*frequencies, strength]


def dynamics(level):
    power = level**2
    shares = power / power.sum()
    loudest = sorted(power, reverse=True)[: max(1, len(level) // 10)]
    entropy = -sum(q * np.log(q) for q in shares if q > 0) / np.log(len(level))
    return [max(level) / np.sqrt(power.mean()), sum(loudest) / sum(power), entropy]


def si_sdr_db(estimate, reference):
    """By the projection, sample by sample."""
    both = sum(float(e) * float(r) for e, r in zip(estimate, reference, strict=True))
    own = sum(float(r) ** 2 for r in reference)
    target = [both / own * float(r) for r in reference]
    noise = [float(e) - t for e, t in zip(estimate, target, strict=True)]
    return 10 * np.log10(sum(t**2 for t in target) / sum(n**2 for n in noise))


def stft(signal, n_fft, hop_length):
    """By the definition of the discrete Fourier transform."""
    n_windows = 1 + round(len(signal) / hop_length)
    window = np.array([np.sin(np.pi * n / n_fft) ** 2 for n in range(n_fft)])
    transform = np.exp(-2j * np.pi * np.outer(np.arange(n_fft // 2 + 1), np.arange(n_fft)) / n_fft)
    out = np.zeros((n_fft // 2 + 1, n_windows), complex)
    for t in range(n_windows):
        frame = np.zeros(n_fft)
        for n in range(n_fft):
            at = t * hop_length - n_fft // 2 + n
            frame[n] = signal[at] if 0 <= at < len(signal) else 0.0
        out[:, t] = transform @ (frame * window)
    return out
