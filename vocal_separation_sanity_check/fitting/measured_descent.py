"""Steps down a loss in which measurements take part that bend it: their lengths are tried."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fitting.conjugate_directions import ConjugateDirections, dot
from vocal_separation_sanity_check.fitting.measurement_loss import MeasurementLoss
from vocal_separation_sanity_check.fitting.profile_operator import ProfileOperator
from vocal_separation_sanity_check.fitting.quadratic_descent import counted_gain

MAX_HALVINGS = 20
LONGER = 4.0
"""By how much a step may outgrow the last one."""
SECANT_SHARE = 1e-3
"""Length of the difference that measures curvature, relative to the spectrogram's norm."""


def measured_steps(
    z: NDArray[np.float64],
    gradient: NDArray[np.floating],
    operator: ProfileOperator,
    terms: MeasurementLoss,
    directions: ConjugateDirections,
    tolerance: float,
    counted: slice,
) -> Iterator[float]:
    """Move z down ``<z, Q z> / 2 - <c, z> + terms(z)``.

    The quadratic part is known exactly along a direction, as in `quadratic_descent`; the terms are
    evaluated. A step first goes to the lowest point of the parabola that has the slope and the
    curvature at z, and is halved until the loss falls.

    Parameters
    ----------
    z, gradient, operator, directions, tolerance, counted
        As for `quadratic_descent.quadratic_steps`; `gradient` is the quadratic part's.
    terms : MeasurementLoss

    Yields
    ------
    float
        What the counted windows gain with each step.
    """
    curved, dtype = np.empty_like(gradient), gradient.dtype
    terms_loss, terms_gradient = terms.value_and_gradient(z.astype(dtype))
    longest, first_gain = np.inf, 0.0
    while True:
        direction, slope = directions.following(gradient + terms_gradient)
        operator.apply(direction, curved)
        curvature = dot(direction, curved)
        bend = curvature + _curvature(terms, z, direction, terms_gradient)
        if slope >= 0 or bend == 0:
            return
        quadratic_slope = dot(gradient, direction)
        # Where the measurements bend downwards, their curvature still gives the scale of a step.
        length = min(-slope / abs(bend), longest)
        for _ in range(MAX_HALVINGS):
            trial_loss, trial_gradient = terms.value_and_gradient(
                (z + length * direction).astype(dtype)
            )
            gain = -length * (quadratic_slope + 0.5 * length * curvature) + terms_loss - trial_loss
            if gain > 0:
                break
            length /= 2
        else:
            return
        terms_loss, terms_gradient = trial_loss, trial_gradient
        z += length * direction
        yield counted_gain(gain, gradient, direction, curved, length, counted)
        first_gain = first_gain or gain
        if gain < tolerance * first_gain:
            return
        gradient = gradient + dtype.type(length) * curved
        longest = LONGER * length


def _curvature(
    terms: MeasurementLoss,
    z: NDArray[np.float64],
    direction: NDArray[np.floating],
    gradient: NDArray[np.floating],
) -> float:
    """``<d, H d>`` of the terms by a difference of gradients: that of Q is exact already."""
    size = dot(direction, direction) ** 0.5
    if size == 0:
        return 0.0
    # From an empty mask, the length of the direction itself.
    reach = SECANT_SHARE * (dot(z, z) ** 0.5 / size or 1.0)
    ahead = terms.value_and_gradient((z + reach * direction).astype(direction.dtype))[1]
    return dot(np.asarray(ahead - gradient), direction) / reach
