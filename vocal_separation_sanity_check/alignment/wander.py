"""The way through short windows' correlations, where a clock does not run evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.wander_kernels import walk

Array = NDArray[np.float64]

_STEP_COST = 0.5
"""Of each sample of change from a window to the next."""


def smoothest_path(gains: NDArray[np.float32], most_steps: int) -> tuple[NDArray[np.intp], Array]:
    """High peaks and small changes: dynamic programming (Viterbi 1967).

    Parameters
    ----------
    gains : float32, shape (n_windows, n_lags)
        What a window pays for each lag.
    most_steps : int
        Samples by which the path may change from a window to the next.

    Returns
    -------
    path : intp, shape (n_windows,)
        Index of a lag for each window.
    heights : float64, shape (n_windows,)
        What was paid there.
    """
    n_windows, n_lags = gains.shape
    steps = np.arange(-most_steps, most_steps + 1)
    costs = (_STEP_COST * np.abs(steps)).astype(np.float32)
    padded = np.full(n_lags + 2 * most_steps, -np.inf, np.float32)
    best = np.empty(n_lags, np.float32)
    came_from = np.zeros((n_windows, n_lags), np.int16)
    walk(np.ascontiguousarray(gains), costs, padded, best, came_from)
    path = np.empty(n_windows, np.intp)
    path[-1] = int(np.argmax(best))
    for window in range(n_windows - 1, 0, -1):
        path[window - 1] = path[window] + came_from[window, path[window]] - most_steps
    return path, gains[np.arange(n_windows), path].astype(np.float64)
