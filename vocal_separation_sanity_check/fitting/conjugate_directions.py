"""Where to go from a gradient: preconditioned conjugate directions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class ConjugateDirections:
    """Directions of preconditioned conjugate gradients, one after another.

    With g_k the gradients, P the preconditioner and s_k = P g_k::

        d_k = b_k d_(k-1) - s_k,    b_k = max(0, <s_k, g_k - g_(k-1)> / <s_(k-1), g_(k-1)>)

    (Polak & Ribiere 1969; in this form P may differ a little from step to step, Notay 2000). Where
    d_k does not lead downhill, -s_k takes its place.

    Parameters
    ----------
    precondition : callable
        Gives P g, of the shape of g.
    """

    def __init__(
        self, precondition: Callable[[NDArray[np.floating]], NDArray[np.floating]]
    ) -> None:
        self._precondition = precondition
        self._previous: tuple[NDArray[np.floating], NDArray[np.floating], float] | None = None

    def following(self, gradient: NDArray[np.floating]) -> tuple[NDArray[np.floating], float]:
        """Give the next direction.

        Parameters
        ----------
        gradient : floating, any shape

        Returns
        -------
        direction : floating, shape of `gradient`
        slope : float
            ``<gradient, direction>``; 0 or more where no direction leads downhill.
        """
        downhill = self._precondition(gradient)
        steepness = dot(downhill, gradient)
        direction = -downhill
        if self._previous is not None:
            before, its_direction, its_steepness = self._previous
            conjugacy = 0.0
            if its_steepness > 0:
                conjugacy = max(0.0, dot(downhill, gradient - before) / its_steepness)
            direction = gradient.dtype.type(conjugacy) * its_direction - downhill
        slope = dot(gradient, direction)
        if slope >= 0:
            direction, slope = -downhill, -steepness
        self._previous = (gradient, direction, steepness)
        return direction, slope


def dot(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Inner product; BLAS keeps it deterministic for one shape on one machine.

    In double precision where single precision ends at 3e38: the gradient of a measurement grows
    with the inverse of the level, of the target's and of the window's.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        product = float(np.dot(a.ravel(), b.ravel()))
    if np.isfinite(product):
        return product
    return float(np.dot(a.ravel().astype(np.float64), b.ravel().astype(np.float64)))
