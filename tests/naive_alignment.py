"""Plain-loop oracles for the alignment; NumPy only, nothing from the package."""

import itertools

import numpy as np


def sinc_interpolated(signal, positions):
    """Whittaker-Shannon series, summed term by term."""
    values = np.zeros(len(positions))
    for row, position in enumerate(positions):
        for index, sample in enumerate(signal):
            values[row] += sample * np.sinc(position - index)
    return values


def windowed_sinc_interpolated(signal, positions, reach, beta):
    """The series cut off after `reach` samples by a Kaiser window."""
    values = np.zeros(len(positions))
    for row, position in enumerate(positions):
        for index, sample in enumerate(signal):
            distance = (index - position) / reach
            if abs(distance) < 1:
                weight = np.i0(beta * np.sqrt(1 - distance**2)) / np.i0(beta)
                values[row] += sample * weight * np.sinc(index - position)
    return values


def filtered(signal, taps, n_before):
    """Convolution with a filter of which the first `n_before` taps look ahead."""
    out = np.zeros(len(signal))
    for n in range(len(signal)):
        for tap, weight in enumerate(taps):
            source = n - (tap - n_before)
            if 0 <= source < len(signal):
                out[n] += weight * signal[source]
    return out


def circular_correlation(mixture, reference, weights, n_lags):
    """Weighted correlation, summed over frequencies, for lags from -n_lags to n_lags."""
    n = len(mixture)
    own, other = np.fft.rfft(reference), np.fft.rfft(mixture)
    out = np.zeros(2 * n_lags + 1)
    for k in range(len(own)):
        twice = 1 if k == 0 or (n % 2 == 0 and k == n // 2) else 2
        for index, lag in enumerate(range(-n_lags, n_lags + 1)):
            turn = np.exp(2j * np.pi * k * lag / n)
            out[index] += twice * (own[k].conj() * other[k] * weights[k] * turn).real / n
    return out


def best_path(gains, step_cost, most_steps):
    """Highest sum of gains minus costs over all paths, by trying every one."""
    n_rows, n_lags = gains.shape
    best = (-np.inf, None)
    for code in range(n_lags**n_rows):
        path = [(code // n_lags**row) % n_lags for row in range(n_rows)]
        jumps = np.abs(np.diff(path))
        if jumps.max(initial=0) <= most_steps:
            total = sum(gains[row, at] for row, at in enumerate(path)) - step_cost * jumps.sum()
            best = max(best, (total, path))
    return best[1]


def best_way(likelihoods, bend_cost, jump_cost, hush_cost):
    """The way through lanes (or silence, None) of the highest sum, by trying every one."""
    places = [(lane, lag) for lane, rows in enumerate(likelihoods) for lag in range(rows.shape[1])]
    best = (-np.inf, None)
    for way in itertools.product([None, *places], repeat=len(likelihoods[0])):
        total = sum(float(likelihoods[at[0]][window, at[1]]) for window, at in enumerate(way) if at)
        for before, after in itertools.pairwise(way):
            if before == after:
                continue
            if before and after and before[0] == after[0] and abs(before[1] - after[1]) == 1:
                total -= bend_cost
            else:
                total -= jump_cost if after else hush_cost
        if total > best[0]:
            best = (total, way)
    return best


def agreement_after(cross, first_rad, step_rad, delays):
    """Real part of each frame's cross spectrum, turned by a delay and summed."""
    out = np.zeros(len(cross))
    for frame in range(len(cross)):
        for row in range(cross.shape[1]):
            rad = first_rad + row * step_rad
            out[frame] += (complex(cross[frame, row]) * np.exp(1j * rad * delays[frame])).real
    return out


def smoothing_matrix(weights, stiffness, pull_to_zero):
    """Normal matrix of the Whittaker smoother, term by term."""
    n = len(weights)
    matrix = np.zeros((n, n))
    for t in range(n):
        matrix[t, t] += weights[t] + pull_to_zero
    for t in range(2, n):
        for i, a in ((t - 2, 1), (t - 1, -2), (t, 1)):
            for j, b in ((t - 2, 1), (t - 1, -2), (t, 1)):
                matrix[i, j] += stiffness * a * b
    return matrix


def log_likelihood_ratio(found, mean, spread):
    """Logarithm of a normal density over that of the unit normal."""
    above = np.exp(-0.5 * ((found - mean) / spread) ** 2) / spread
    return np.log(above / np.exp(-0.5 * found**2))


def misfit(mixture_spectrum, spectrum, weights, taps, n_before):
    """Weighted squared distance of the filtered reference, frequency by frequency."""
    n = 2 * (len(spectrum) - 1)
    total = 0.0
    for k in range(len(spectrum)):
        response = sum(
            weight * np.exp(-2j * np.pi * k * (tap - n_before) / n)
            for tap, weight in enumerate(taps)
        )
        twice = 1 if k in (0, n // 2) else 2
        total += twice * weights[k] * abs(mixture_spectrum[k] - response * spectrum[k]) ** 2 / n
    return total
