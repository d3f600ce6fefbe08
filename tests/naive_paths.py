"""Plain-loop oracles for the paths of `rebuilding`; NumPy only, nothing from the package."""

import numpy as np


def earlier_windows(reference, n_taps, n_ahead):
    """x[f, t, k] is the reference k - n_ahead windows before t; 0 where there is none."""
    n_bins, n_windows = reference.shape
    out = np.zeros((n_bins, n_windows, n_taps), complex)
    for t in range(n_windows):
        for k in range(n_taps):
            source = t + n_ahead - k
            if 0 <= source < n_windows:
                out[:, t, k] = reference[:, source]
    return out


def normal_equations(earlier, error, weights, edges):
    """Weighted sums of products over the windows of each fold, term by term."""
    n_bins, _, n_taps = earlier.shape
    n_folds = len(edges) - 1
    auto = np.zeros((n_folds, n_bins, n_taps, n_taps), complex)
    cross = np.zeros((n_folds, n_bins, n_taps), complex)
    for fold in range(n_folds):
        for f in range(n_bins):
            for t in range(edges[fold], edges[fold + 1]):
                for i in range(n_taps):
                    heard = weights[f, t] * np.conj(earlier[f, t, i])
                    cross[fold, f, i] += heard * error[f, t]
                    for j in range(n_taps):
                        auto[fold, f, i, j] += heard * earlier[f, t, j]
    return auto, cross


def apply_taps(earlier, taps, fold_of):
    """Sum over the windows before, each window by the taps of its fold."""
    n_bins, n_windows, n_taps = earlier.shape
    out = np.zeros((n_bins, n_windows), complex)
    for f in range(n_bins):
        for t in range(n_windows):
            for k in range(n_taps):
                out[f, t] += taps[fold_of[t], f, k] * earlier[f, t, k]
    return out


def best_taps(earlier, error, weights, windows, penalty, prior):
    """Taps of one bin, from these windows: least squares of rows, the prior's rows among them.

    Nothing here forms a normal equation: ``sqrt(weight) (error - x h)`` and
    ``sqrt(penalty) (prior - h)`` are stacked and solved by an orthogonal factorisation.
    """
    n_taps = earlier.shape[-1]
    rows, wanted = [], []
    for t in windows:
        rows.append(np.sqrt(weights[t]) * earlier[t])
        wanted.append(np.sqrt(weights[t]) * error[t])
    for k in range(n_taps):
        rows.append(np.sqrt(penalty[k]) * np.eye(n_taps)[k])
        wanted.append(np.sqrt(penalty[k]) * prior[k])
    return np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0]


def gain_of(taps, earlier, error, weights, windows):
    """By how much taps lower one bin's weighted squared error in these windows, term by term."""
    gain = 0.0
    for t in windows:
        gain += weights[t] * (abs(error[t]) ** 2 - abs(error[t] - earlier[t] @ taps) ** 2)
    return gain


def best_level(found, wanted, stiffness, pull):
    """Minimise ``Σ wanted g² - 2 found g + pull (g - 1)² + stiffness Σ (g_t+1 - g_t)²``."""
    n = len(found)
    matrix = np.zeros((n, n))
    side = np.zeros(n)
    for t in range(n):
        matrix[t, t] += wanted[t] + pull
        side[t] += found[t] + pull
    for t in range(n - 1):
        for i, a in ((t, -1), (t + 1, 1)):
            for j, b in ((t, -1), (t + 1, 1)):
                matrix[i, j] += stiffness * a * b
    return np.linalg.solve(matrix, side)
