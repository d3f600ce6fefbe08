"""The descent: conjugate gradients on the distance from the wanted fingerprint.

With ``z = mask * mixture`` the linear slices' part of the loss is the quadratic form of
`profile_operator`::

    loss = 1/2 sum_s w_s ||P K_s z - f_s||^2 / sum_s w_s ||f_s||^2
    gradient ~ Q z - c,                          c = sum_s w_s K_s' P' f_s

where ``f_s`` are the target's profiles. Preconditioned conjugate gradients descend on z, with an
exact line search where nothing else takes part (`quadratic_descent`) and by trial where other
measurements do (`measured_descent`); the mask is z / mixture, cut to [0, 1]. A target that a mask
can reach is the optimum and lies in the box, so that the cut only takes rounding away.

The descent is in single precision. What that leaves, a 10000th of the neighbouring cells, shows in
the mask where the mixture is quieter still, so the gradient is computed once more in double
precision and the descent goes on from there (iterative refinement, Wilkinson 1963).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.blas_threads import one_blas_thread
from vocal_separation_sanity_check.fingerprints import Fingerprint
from vocal_separation_sanity_check.fitting.conjugate_directions import ConjugateDirections
from vocal_separation_sanity_check.fitting.loss_weights import linear_weights, terms_weights
from vocal_separation_sanity_check.fitting.measured_descent import measured_steps
from vocal_separation_sanity_check.fitting.measurement_loss import MeasurementLoss, profile_energy
from vocal_separation_sanity_check.fitting.profile_operator import ProfileOperator
from vocal_separation_sanity_check.fitting.quadratic_descent import quadratic_steps
from vocal_separation_sanity_check.settings import Settings

TOLERANCES = (1e-9, 1e-6)
"""Stop where a step gains less than this part of the first one: before and after refinement."""
FEWEST_SLICES = 3
"""Linear slices that determine a magnitude: three times 400 bands are more than 1025 bins."""


def descend(
    mixture: NDArray[np.floating],
    profiles: NDArray[np.floating],
    start: NDArray[np.floating],
    settings: Settings,
    target: Fingerprint | None = None,
    *,
    counted: slice = slice(None),
    on_step: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
    """Descend from a mask to the one that gives the wanted profiles.

    Parameters
    ----------
    mixture : floating, shape (n_bins, n_windows)
        Magnitudes.
    profiles : floating, shape (17, 400, n_windows)
        Of the linear slices of what is looked for.
    start : floating, shape (n_bins, n_windows)
        Mask to start from.
    settings : Settings
        Most steps, and what takes part in the loss.
    target : Fingerprint, optional
        Needed where more than the linear slices' profiles takes part.
    counted : slice of windows, optional
        Whose share of the loss the gains are of: a block's overlap is counted by its neighbours.
    on_step : callable, optional
        Called with the number of steps taken.

    Returns
    -------
    mask : floating, shape (n_bins, n_windows)
    gains : float64, shape (n_steps,)
        By how much each step lowered the loss times `profile_energy` of the target.
    """
    weights = linear_weights(settings)
    n_bins, n_windows = mixture.shape
    operator = ProfileOperator(n_bins, n_windows, mixture.dtype.type, weights)
    exact = ProfileOperator(n_bins, n_windows, np.float64, weights)
    terms = None
    if target is not None and terms_weights(settings):
        # In the unit of the quadratic part, which is not divided by the target's energy here.
        unit = profile_energy(target)
        terms = MeasurementLoss(target, terms_weights(settings), settings.slice_weights, unit)
    precondition = _preconditioner(operator, weights, mixture)
    constant = operator.profiles_transpose(profiles)
    z = (start * mixture).astype(np.float64)
    curved = np.empty_like(z)
    gains: list[float] = []
    with one_blas_thread():
        for tolerance in TOLERANCES if terms is None else TOLERANCES[:1]:
            exact.apply(z, curved)
            gradient = (curved - constant).astype(mixture.dtype)
            directions = ConjugateDirections(precondition)
            if terms is None:
                steps = quadratic_steps(z, gradient, operator, directions, tolerance, counted)
            else:
                steps = measured_steps(z, gradient, operator, terms, directions, tolerance, counted)
            for gain in islice(steps, settings.n_iterations - len(gains)):
                gains.append(gain)
                if on_step is not None:
                    on_step(len(gains))
    # Cut before the division: next to a loud window, z may be any multiple of a silent mixture.
    np.clip(z, 0, mixture, out=z)
    mask = np.zeros_like(mixture)
    np.divide(z, mixture, out=mask, where=mixture > 0, casting="same_kind")
    return mask, np.array(gains)


def _preconditioner(
    operator: ProfileOperator, weights: NDArray[np.float64], mixture: NDArray[np.floating]
) -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
    """The inverse of Q where Q has one, else ``diag(mixture^2)``: plain descent on the mask.

    A slice gives 400 equations for the 1025 bins of a window. With fewer than three, an inverse
    would blow up what nothing is known about.
    """
    if np.count_nonzero(weights) >= FEWEST_SLICES:
        return operator.precondition
    power = mixture**2
    metric = power / max(np.mean(power), np.finfo(power.dtype).tiny)
    return lambda gradient: metric * gradient
