"""Clocks that do not run evenly: tape, vinyl. Follow them where, and only where, windows agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.correlation import LocalLags
from vocal_separation_sanity_check.alignment.robust_line import (
    robust_line,
    smooth_curve,
)

Array = NDArray[np.float64]

_TALLEST = 12.0
"""Correlation, over its noise, beyond which a window pays no more."""
_STEP_COST = 0.4
"""Of one sample of change from a window to the next, in the same unit."""
_MOST_STEPS = 12
"""Samples by which the path may change from a window to the next."""
_WINDOWS_PER_KNOT = 6
"""With fewer, a curve would follow the noise of single windows."""
_GAIN = 0.6
"""Share of the line's median miss that a curve's must stay under on unseen windows."""


def smoothest_path(lags: LocalLags, polarity: int) -> Array:
    """The way through the windows' correlations with high peaks and few jumps.

    Dynamic programming (Viterbi 1967): a window pays with its correlation, cut at 12 times its
    noise so that none rules alone; each sample of change from one window to the next costs.

    Parameters
    ----------
    lags : LocalLags
        With a row of correlations for each window.
    polarity : int

    Returns
    -------
    float64, shape (n_windows,)
        Lag in samples, whole numbers.
    """
    gains = np.clip(polarity * lags.correlations.astype(np.float64), 0, _TALLEST)
    n_windows, n_lags = gains.shape
    steps = np.arange(-_MOST_STEPS, _MOST_STEPS + 1)
    costs = _STEP_COST * np.abs(steps)
    came_from = np.zeros((n_windows, n_lags), np.int64)
    best = gains[0]
    for row in range(1, n_windows):
        padded = np.pad(best, _MOST_STEPS, constant_values=-np.inf)
        offers = np.lib.stride_tricks.sliding_window_view(padded, len(steps)) - costs
        choice = np.argmax(offers, axis=1)
        came_from[row] = np.arange(n_lags) + steps[choice]
        best = offers[np.arange(n_lags), choice] + gains[row]
    path = np.empty(n_windows, np.int64)
    path[-1] = int(np.argmax(best))
    for row in range(n_windows - 1, 0, -1):
        path[row - 1] = came_from[row, path[row]]
    return np.asarray(path - n_lags // 2, np.float64)


def supported_curve(
    times_s: Array, values: Array, weights: Array, tolerance: float, knot_distance_s: float
) -> tuple[Array, Array] | None:
    """A smooth curve through the values, if it predicts unseen windows much better than a line.

    Threefold cross-validation; windows overlap, so folds are runs of four. The curve must bring
    the median miss to 0.6 of the line's.

    Parameters
    ----------
    times_s, values, weights : float64, shape (n_points,)
        Outliers taken out as far as is known.
    tolerance : float
        Distance at which a point loses its say; in the unit of the values.
    knot_distance_s : float

    Returns
    -------
    knots_s, at_knots : float64, shape (n_knots,)
        Or None where the line does as well.
    """
    span_s = float(np.ptp(times_s)) if len(times_s) else 0.0
    n_knots = int(span_s / knot_distance_s) + 1
    if n_knots < 3 or len(times_s) < _WINDOWS_PER_KNOT * 3:
        return None
    n_knots = min(n_knots, len(times_s) // 3)
    knots_s = np.linspace(times_s[0], times_s[-1], n_knots)
    line_miss, curve_miss = np.zeros_like(values), np.zeros_like(values)
    fold = (np.arange(len(times_s)) // 4) % 3
    for number in range(3):
        seen, unseen = fold != number, fold == number
        fitted = times_s[seen], values[seen], weights[seen], tolerance
        curve = smooth_curve(*fitted, knots_s)
        line = robust_line(*fitted, max_slope=np.inf)
        bend = np.interp(times_s[unseen], knots_s, curve)
        curve_miss[unseen] = np.abs(values[unseen] - bend)
        line_miss[unseen] = np.abs(values[unseen] - line.at(times_s[unseen]))
    if _weighted_median(curve_miss, weights) > _GAIN * _weighted_median(line_miss, weights):
        return None
    return knots_s, smooth_curve(times_s, values, weights, tolerance, knots_s)


def _weighted_median(values: Array, weights: Array) -> float:
    order = np.argsort(values)
    running = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(running, 0.5 * running[-1])])
