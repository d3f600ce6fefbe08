"""The way that a reference takes through lanes and silence: dynamic programming (Viterbi 1967).

A way bends by at most one lag from a window to the next, or jumps: to any lag of any lane, or to
silence. The windows' log-likelihood ratios are summed along it; bending and jumping cost. An
unedited reference does not jump: what a jump explains more would have to exceed what it costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BEND_COST = 0.25
"""Of one lag, at 4 kHz, from one window to the next, in nats."""
_JUMP_COST = 16.0
"""Of a jump, in nats; a second of a phrase is worth thirty."""
_HUSH_COST = 20.0
"""Of a jump to silence: voices that the song hides are not to be cut out."""
SILENT = -1


@dataclass(frozen=True)
class Way:
    """A way through the lanes.

    Attributes
    ----------
    lanes, lags : intp, shape (n_windows,)
        Lane (`SILENT` for none) and index of the lag in it, for each window.
    jumps : bool, shape (n_windows,)
        Whether the way jumped to reach this window.
    explained : float64, shape (n_windows,)
        Log-likelihood ratio of each window, in nats.
    total : float
        Their sum less what bends and jumps cost.
    """

    lanes: NDArray[np.intp]
    lags: NDArray[np.intp]
    jumps: NDArray[np.bool_]
    explained: NDArray[np.float64]
    total: float


def best_way(likelihoods: Sequence[NDArray[np.float32]], *, may_jump: bool = True) -> Way:
    """Find the way that explains most.

    Parameters
    ----------
    likelihoods : sequence of float32, shape (n_windows, n_lags)
        One array for each lane.
    may_jump : bool
        Else the way stays where it begins: on one lane throughout, or in silence.

    Returns
    -------
    Way
    """
    n_windows, n_lags = likelihoods[0].shape
    n_lanes = len(likelihoods)
    silence = n_lanes * n_lags
    costs = np.full(silence + 1, _JUMP_COST if may_jump else np.inf)
    costs[silence] = _HUSH_COST if may_jump else np.inf
    own = np.arange(silence + 1)
    came_from = np.zeros((n_windows, silence + 1), np.int16)

    def gains(window: int) -> NDArray[np.float32]:
        return np.concatenate([*(own[window] for own in likelihoods), np.zeros(1, np.float32)])

    best = gains(0).astype(np.float64)
    padded = np.full((n_lanes, n_lags + 2), -np.inf)
    for window in range(1, n_windows):
        padded[:, 1:-1] = best[:silence].reshape(n_lanes, n_lags)
        left, right = (padded[:, side].ravel() - _BEND_COST for side in (slice(-2), slice(2, None)))
        stay, source = best.copy(), own.copy()
        for bent, step in ((left, -1), (right, 1)):
            better = bent > stay[:silence]
            stay[:silence][better] = bent[better]
            source[:silence][better] = own[:silence][better] + step
        origin = int(np.argmax(best))
        jumped = best[origin] - costs
        came_from[window] = np.where(jumped > stay, origin, source)
        best = np.maximum(stay, jumped) + gains(window)
    states = np.empty(n_windows, np.intp)
    states[-1] = int(np.argmax(best))
    for window in range(n_windows - 1, 0, -1):
        states[window - 1] = came_from[window, states[window]]
    is_silent = states == silence
    lanes, lags = np.where(is_silent, SILENT, states // n_lags), states % n_lags
    near = (np.diff(lanes) == 0) & (is_silent[1:] | (np.abs(np.diff(lags)) <= 1))
    return Way(
        lanes,
        lags,
        np.concatenate([[False], ~near]),
        np.array([gains(window)[state] for window, state in enumerate(states)], np.float64),
        float(best.max()),
    )
