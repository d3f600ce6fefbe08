"""The descent: conjugate gradients on the distance from the wanted fingerprint.

With ``z = mask * mixture`` the linear views' part of the loss is the quadratic form of
`profile_operator`::

    loss = 1/2 sum_s w_s ||P K_s z - f_s||^2 / sum_s w_s ||f_s||^2
    gradient ~ Q z - c,                          c = sum_s w_s K_s' P' f_s

where ``f_s`` are the target's profiles. Preconditioned conjugate gradients (Polak & Ribiere 1969,
flexible as in Notay 2000) with an exact line search descend on z; the mask is z / mixture, cut to
[0, 1]. A target that a mask can reach is the optimum and lies in the box, so that the cut only
takes rounding away.

The descent is in single precision. What that leaves, a 10000th of the neighbouring cells, shows in
the mask where the mixture is quieter still, so the gradient is computed once more in double
precision and the descent goes on from there (iterative refinement, Wilkinson 1963).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from vocal_separation_sanity_check.fingerprint import Fingerprint
from vocal_separation_sanity_check.loss_weights import (
    linear_weights,
    measurement_terms,
    terms_weights,
)
from vocal_separation_sanity_check.measurement_loss import MeasurementLoss, profile_energy
from vocal_separation_sanity_check.profile_operator import ProfileOperator
from vocal_separation_sanity_check.settings import Settings

TOLERANCES = (1e-9, 1e-6)
"""Stop where a step gains less than this part of the first one: before and after refinement."""
FEWEST_VIEWS = 3
"""Linear views that determine a magnitude: three times 400 bands are more than 1025 bins."""
MAX_HALVINGS = 20
LONGER = 4.0
"""By how much a step may outgrow the last one where measurements bend the loss."""
SECANT_SHARE = 1e-3
"""Length of the difference that measures curvature, relative to the spectrogram's norm."""


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
        Of the linear views of what is looked for.
    start : floating, shape (n_bins, n_windows)
        Mask to start from.
    settings : Settings
        Most steps, and what takes part in the loss.
    target : Fingerprint, optional
        Needed where more than the linear views' profiles takes part.
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
    terms, unit = None, 1.0
    if target is not None and terms_weights(settings):
        terms, unit = measurement_terms(target, settings), profile_energy(target)
    problem = _Problem(operator, _preconditioner(operator, weights, mixture), terms, unit)
    constant = operator.profiles_transpose(profiles)
    z = (start * mixture).astype(np.float64)
    curved = np.empty_like(z)
    gains: list[float] = []
    with one_blas_thread():
        for tolerance in TOLERANCES if terms is None else TOLERANCES[:1]:
            exact.apply(z, curved)
            gradient = (curved - constant).astype(mixture.dtype)
            steps = _conjugate_gradients(z, gradient, problem, tolerance, counted)
            for gain in islice(steps, settings.n_iterations - len(gains)):
                gains.append(gain)
                if on_step is not None:
                    on_step(len(gains))
    mask = np.zeros_like(mixture)
    np.divide(z, mixture, out=mask, where=mixture > 0, casting="same_kind")
    return np.clip(mask, 0, 1, out=mask), np.array(gains)


def _preconditioner(
    operator: ProfileOperator, weights: NDArray[np.float64], mixture: NDArray[np.floating]
) -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
    """The inverse of Q where Q has one, else ``diag(mixture^2)``: plain descent on the mask.

    A view gives 400 equations for the 1025 bins of a window. With fewer than three, an inverse
    would blow up what nothing is known about.
    """
    if np.count_nonzero(weights) >= FEWEST_VIEWS:
        return operator.precondition
    metric = mixture**2 / np.mean(mixture**2)
    return lambda gradient: metric * gradient


def one_blas_thread() -> AbstractContextManager[object]:
    """Hold BLAS to one thread: its products here take 0.3 ms, and two kinds of threads collide."""
    return _thread_pools().limit(limits=1, user_api="blas")


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


def _dot(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Inner product; BLAS keeps it deterministic for one shape on one machine."""
    return float(np.dot(a.ravel(), b.ravel()))


@dataclass(frozen=True)
class _Problem:
    """What is descended on: ``<z, Q z> / 2 - <c, z> + unit * terms(z)``."""

    operator: ProfileOperator
    precondition: Callable[[NDArray[np.floating]], NDArray[np.floating]]
    terms: MeasurementLoss | None
    unit: float

    def evaluate(self, z: NDArray[np.floating]) -> tuple[float, NDArray[np.floating] | float]:
        """Value and gradient of the terms."""
        if self.terms is None:
            return 0.0, 0.0
        value, gradient = self.terms.value_and_gradient(z)
        return self.unit * value, self.unit * gradient

    def curvature_of_terms(
        self,
        z: NDArray[np.float64],
        direction: NDArray[np.floating],
        gradient: NDArray[np.floating] | float,
    ) -> float:
        """``<d, H d>`` of the terms by a difference of gradients: Q's is exact already."""
        size = _dot(direction, direction) ** 0.5
        if self.terms is None or size == 0:
            return 0.0
        reach = SECANT_SHARE * _dot(z, z) ** 0.5 / size
        ahead = self.evaluate((z + reach * direction).astype(direction.dtype))[1]
        return _dot(np.asarray(ahead - gradient), direction) / reach


def _conjugate_gradients(
    z: NDArray[np.float64],
    gradient: NDArray[np.floating],
    problem: _Problem,
    tolerance: float,
    counted: slice,
) -> Iterator[float]:
    """Move z from one exactly known gradient of the quadratic part on; yield counted gains."""
    terms = problem.terms
    curved, quadratic_gradient = np.empty_like(gradient), gradient
    terms_loss, terms_gradient = problem.evaluate(z.astype(gradient.dtype))
    direction = np.zeros_like(gradient)
    previous = None
    steepness, longest = 1.0, np.inf
    first_gain = 0.0
    while True:
        gradient = quadratic_gradient + terms_gradient
        downhill = problem.precondition(gradient)
        conjugacy = 0.0
        if previous is not None:
            conjugacy = max(0.0, _dot(downhill, gradient - previous) / steepness)
        steepness = _dot(downhill, gradient)
        direction = gradient.dtype.type(conjugacy) * direction - downhill
        slope = _dot(gradient, direction)
        if slope >= 0:
            direction, slope = -downhill, -steepness
        problem.operator.apply(direction, curved)
        curvature = _dot(direction, curved)
        bend = curvature + problem.curvature_of_terms(z, direction, terms_gradient)
        if slope >= 0 or bend == 0:
            return
        quadratic_slope = _dot(quadratic_gradient, direction)
        # Where the measurements bend downwards, their curvature still gives the scale of a step.
        length = min(-slope / abs(bend), longest)
        gain = -length * (quadratic_slope + 0.5 * length * curvature)
        for _ in range(MAX_HALVINGS if terms is not None else 0):
            trial = (z + length * direction).astype(gradient.dtype)
            trial_loss, terms_gradient = problem.evaluate(trial)
            gain = -length * (quadratic_slope + 0.5 * length * curvature) + terms_loss - trial_loss
            if gain > 0:
                terms_loss = trial_loss
                break
            length /= 2
        if gain <= 0:
            return
        z += length * direction
        yield _own_share(gain, quadratic_gradient, direction, curved, length, counted)
        first_gain = first_gain or gain
        if gain < tolerance * first_gain:
            return
        previous = gradient
        quadratic_gradient = quadratic_gradient + gradient.dtype.type(length) * curved
        longest = np.inf if terms is None else LONGER * length


def _own_share(
    gain: float,
    gradient: NDArray[np.floating],
    direction: NDArray[np.floating],
    curved: NDArray[np.floating],
    length: float,
    counted: slice,
) -> float:
    """What the counted windows have of a step's gain on the quadratic form."""
    if counted == slice(None):
        return gain
    own, bent = direction[:, counted], curved[:, counted]
    slope = float((gradient[:, counted] * own).sum(dtype=np.float64))
    return -length * (slope + 0.5 * length * float((own * bent).sum(dtype=np.float64)))
