"""A clock's wander in as few points as a natural cubic spline needs to stay on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment import Clock, Segment

_TOLERANCE_MS = 2e-4
"""Farthest that the thinned curve may be off; a fifth of what a round trip is promised to keep."""
_GRID_S = 0.005
"""Distance of the moments that are looked at: a quarter of that of the densest knots."""


def thinned_wander(
    segment: Segment, sample_rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points that stand for the wander of a segment's clock, from its begin to its end.

    From both ends on, stretches between points that leave the curve are halved until none does.

    Parameters
    ----------
    segment : Segment
    sample_rate_hz : float

    Returns
    -------
    at_samples, wander_samples : float64, shape (n_points,)
        Empty for a clock that runs evenly. Beyond the ends the curve goes on in a straight line.
    """
    if not segment.clock.wander_samples.any():
        return np.zeros(0), np.zeros(0)
    n_steps = max(2, round((segment.end - segment.begin) / (_GRID_S * sample_rate_hz)))
    grid = np.linspace(segment.begin, segment.end, n_steps + 1)
    wander = replace(segment.clock, offset_samples=0.0, drift_ppm=0.0).delay(grid)
    tolerance = _TOLERANCE_MS * 1e-3 * sample_rate_hz
    points = np.array([0, n_steps])
    while True:
        thinned = Clock(wander_at_samples=grid[points], wander_samples=wander[points])
        is_off = np.abs(thinned.delay(grid) - wander) > tolerance
        if not is_off.any():
            return grid[points], wander[points]
        gaps = np.unique(np.searchsorted(points, np.flatnonzero(is_off), side="right") - 1)
        points = np.union1d(points, (points[gaps] + points[gaps + 1]) // 2)
