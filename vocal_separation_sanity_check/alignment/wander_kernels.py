"""The best way through the lags of many windows: compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import compiled


@compiled
def walk(
    gains: NDArray[np.float32],
    costs: NDArray[np.float32],
    padded: NDArray[np.float32],
    best: NDArray[np.float32],
    came_from: NDArray[np.int16],
) -> None:
    """Find the best way to each lag of each window: Viterbi's recursion.

    ``best[t, l] = gains[t, l] + max_s (best[t - 1, l + s] - costs[s])``, the smallest such s where
    several are equal.

    Parameters
    ----------
    gains : float32, shape (n_windows, n_lags)
    costs : float32, shape (2 * most_steps + 1,)
        Of steps from ``-most_steps`` to ``most_steps``.
    padded : float32, shape (n_lags + 2 * most_steps,)
        Minus infinity at both ends; what lies between them is overwritten.
    best : float32, shape (n_lags,)
        Is overwritten with the last window's.
    came_from : int16, shape (n_windows, n_lags)
        The step s plus ``most_steps``; is overwritten but for the first window's.
    """
    n_windows, n_lags = gains.shape
    most_steps = len(costs) // 2
    for lag in range(n_lags):
        best[lag] = gains[0, lag]
    for window in range(1, n_windows):
        for lag in range(n_lags):
            padded[most_steps + lag] = best[lag]
            best[lag] = -np.inf
        chosen = came_from[window]
        # Lag by lag, without a branch: a processor does many of them at once.
        for step in range(len(costs)):
            before = padded[step : step + n_lags]
            for lag in range(n_lags):
                offer, highest = before[lag] - costs[step], best[lag]
                chosen[lag] = step if offer > highest else chosen[lag]
                best[lag] = offer if offer > highest else highest
        for lag in range(n_lags):
            best[lag] += gains[window, lag]
