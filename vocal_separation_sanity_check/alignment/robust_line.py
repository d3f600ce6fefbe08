"""A straight line through points of which many may be far off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MOST_TRIALS = 1500
"""Pairs of points that are tried; beyond, a fixed draw of them."""
_REWEIGHTINGS = 12
"""Rounds of reweighted least squares; further ones change nothing."""


@dataclass(frozen=True)
class Line:
    """``start + slope * time``, and how sure that is.

    Attributes
    ----------
    start, slope : float
        In the unit of the values, and that unit per second.
    covariance : float64, shape (2, 2)
        Of (start, slope), from the scatter of the points that agree.
    agreement : float64, shape (n_points,)
        1 for a point on the line, 0 for one far off it.
    """

    start: float
    slope: float
    covariance: Array
    agreement: Array

    def at(self, times: Array) -> Array:
        """Value of the line at these times."""
        return self.start + self.slope * times

    def error_at(self, times: Array) -> Array:
        """One standard error of the line's value at these times."""
        basis = np.stack([np.ones_like(times), times])
        variance = np.einsum("it,ij,jt->t", basis, self.covariance, basis)
        return np.asarray(np.sqrt(np.maximum(variance, 0)))


def robust_line(
    times: Array, values: Array, weights: Array, tolerance: float, max_slope: float
) -> Line:
    """Line on which the most weight agrees, then polished by reweighted least squares.

    Consensus over pairs of points (RANSAC, Fischler & Bolles 1981; all pairs where that is few,
    else a fixed draw) finds the basin; Welsch weights ``exp(-(residual / tolerance)²)`` finish.

    Parameters
    ----------
    times, values, weights : float64, shape (n_points,)
        At least two different times.
    tolerance : float
        Distance at which a point has lost 63 % of its say; in the unit of the values.
    max_slope : float
        Steeper lines are not considered; per second.

    Returns
    -------
    Line
    """
    first, second = np.triu_indices(len(times), 1)
    if len(first) > _MOST_TRIALS:
        drawn = np.random.default_rng(0).choice(len(first), _MOST_TRIALS, replace=False)
        first, second = first[drawn], second[drawn]
    gaps = times[second] - times[first]
    slopes = (values[second] - values[first]) / np.where(gaps == 0, 1.0, gaps)
    usable = (gaps != 0) & (np.abs(slopes) <= max_slope)
    slopes = np.append(slopes[usable], 0.0)
    # The last trial is the level line through the heaviest point: it needs no second point.
    anchor = np.append(first[usable], np.argmax(weights))
    starts = values[anchor] - slopes * times[anchor]
    support = _welsch((values - starts[:, None] - slopes[:, None] * times) / tolerance) @ weights
    best = int(np.argmax(support))
    start, slope = float(starts[best]), float(slopes[best])
    basis = np.stack([np.ones_like(times), times], axis=1)
    for _ in range(_REWEIGHTINGS):
        agreement = _welsch((values - start - slope * times) / tolerance)
        start, slope = _weighted_fit(basis, values, weights * agreement, max_slope)
    agreement = _welsch((values - start - slope * times) / tolerance)
    residuals = values - start - slope * times
    return Line(start, slope, _covariance(basis, residuals, weights * agreement), agreement)


def level_line(times: Array, values: Array, weights: Array, tolerance: float, near: float) -> Line:
    """The level line (slope 0) on which the most weight agrees, near a first guess.

    Parameters
    ----------
    times, values, weights, tolerance
        As in `robust_line`.
    near : float
        Where to begin.

    Returns
    -------
    Line
        Its covariance is zero for the slope.
    """
    level = near
    basis = np.ones((len(times), 1))
    for _ in range(_REWEIGHTINGS):
        said = weights * _welsch((values - level) / tolerance)
        level = float(said @ values / max(said.sum(), 1e-30))
    agreement = _welsch((values - level) / tolerance)
    covariance = np.zeros((2, 2))
    covariance[:1, :1] = _covariance(basis, values - level, weights * agreement)
    return Line(level, 0.0, covariance, agreement)


def _welsch(scaled_residuals: Array) -> Array:
    return np.asarray(np.exp(-np.minimum(scaled_residuals**2, 500.0)))


def _weighted_fit(
    basis: Array, values: Array, weights: Array, max_slope: float
) -> tuple[float, float]:
    root = np.sqrt(weights + 1e-12 * weights.max())
    start, slope = np.linalg.lstsq(basis * root[:, None], values * root, rcond=None)[0]
    return float(start), float(np.clip(slope, -max_slope, max_slope))


def _covariance(basis: Array, residuals: Array, weights: Array) -> Array:
    """Sandwich estimate (Huber 1967): stays honest though the weights are no variances."""
    normal = basis.T @ (weights[:, None] * basis)
    normal += 1e-12 * np.trace(normal) * np.eye(len(normal)) + 1e-300 * np.eye(len(normal))
    bread = np.linalg.inv(normal)
    scores = basis * (weights * residuals)[:, None]
    return np.asarray(bread @ (scores.T @ scores) @ bread)
