"""Steps down the quadratic part of the loss, each to the lowest point of its direction."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fitting.conjugate_directions import ConjugateDirections, dot
from vocal_separation_sanity_check.fitting.profile_operator import ProfileOperator


def quadratic_steps(
    z: NDArray[np.float64],
    gradient: NDArray[np.floating],
    operator: ProfileOperator,
    directions: ConjugateDirections,
    tolerance: float,
    counted: slice,
) -> Iterator[float]:
    """Move z down ``<z, Q z> / 2 - <c, z>``, from a gradient that is known exactly.

    Along d the loss is a parabola, and its lowest point lies at ``- <g, d> / <d, Q d>``. There the
    gradient is ``g + length Q d``, so that Q is applied once a step.

    Parameters
    ----------
    z : float64, shape (n_bins, n_windows)
        Moved in place.
    gradient : floating, shape (n_bins, n_windows)
        ``Q z - c``, in the precision of the steps.
    operator : ProfileOperator
        Q.
    directions : ConjugateDirections
    tolerance : float
        Stop where a step gains less than this part of the first one.
    counted : slice of windows
        See `counted_gain`.

    Yields
    ------
    float
        What the counted windows gain with each step.
    """
    curved = np.empty_like(gradient)
    first_gain = 0.0
    while True:
        direction, slope = directions.following(gradient)
        operator.apply(direction, curved)
        curvature = dot(direction, curved)
        if slope >= 0 or curvature <= 0:
            return
        length = -slope / curvature
        gain = -length * (slope + 0.5 * length * curvature)
        # Not "<= 0": a gain that is no number ends the descent as well.
        if not gain > 0:
            return
        z += length * direction
        yield counted_gain(gain, gradient, direction, curved, length, counted)
        first_gain = first_gain or gain
        if gain < tolerance * first_gain:
            return
        gradient = gradient + gradient.dtype.type(length) * curved


def counted_gain(
    gain: float,
    gradient: NDArray[np.floating],
    direction: NDArray[np.floating],
    curved: NDArray[np.floating],
    length: float,
    counted: slice,
) -> float:
    """Give what some windows have of a step's gain on the quadratic form.

    Parameters
    ----------
    gain : float
        Of all windows.
    gradient, direction, curved : floating, shape (n_bins, n_windows)
        Before the step; ``curved`` is ``Q direction``.
    length : float
    counted : slice of windows

    Returns
    -------
    float
    """
    if counted == slice(None):
        return gain
    own, bent = direction[:, counted], curved[:, counted]
    slope = np.multiply(gradient[:, counted], own, dtype=np.float64).sum()
    curvature = np.multiply(own, bent, dtype=np.float64).sum()
    return -length * (float(slope) + 0.5 * length * float(curvature))
