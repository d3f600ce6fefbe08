"""The fit: the mask under which the mixture's fingerprint matches the target's.

With ``z = mask * mixture`` the linear views' part of the loss is the quadratic form of
`profile_operator`::

    loss = 1/2 sum_s w_s ||P K_s z - f_s||^2 / sum_s w_s ||f_s||^2
    gradient ~ Q z - c,                          c = sum_s w_s K_s' P' f_s

where ``f_s`` are the target's profiles: the fit sees the target's fingerprint and nothing else of
it. Preconditioned conjugate gradients (Polak & Ribiere 1969, flexible as in Notay 2000) with an
exact line search descend on z; the mask is z / mixture, cut to [0, 1]. A target that a mask can
reach is the optimum and lies in the box, so that the cut only takes rounding away.

The descent is in single precision. What that leaves, a 10000th of the neighbouring cells, shows in
the mask where the mixture is quieter still, so the gradient is computed once more in double
precision and the descent goes on from there (iterative refinement, Wilkinson 1963).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprint import (
    Fingerprint,
    Match,
    checked_magnitude,
    fingerprint,
    match,
)
from vocal_separation_sanity_check.measurement_loss import TERMS, MeasurementLoss, profile_energy
from vocal_separation_sanity_check.profile_operator import SLICE_WEIGHTS, ProfileOperator
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.slices import LINEAR_SLICES, SLICES

TOLERANCES = (1e-9, 1e-6)
"""Stop where a step gains less than this part of the first one: before and after refinement."""
FEWEST_VIEWS = 3
"""Linear views that determine a magnitude: three times 400 bands are more than 1025 bins."""
MAX_HALVINGS = 20
LONGER = 4.0
"""By how much a step may outgrow the last one where measurements bend the loss."""
SECANT_SHARE = 1e-3
"""Length of the difference that measures curvature, relative to the spectrogram's norm."""


@dataclass(frozen=True)
class MaskFit:
    """What `fit_mask` found.

    Attributes
    ----------
    mask : float32, shape (n_bins, n_windows)
        In [0, 1].
    step_gains : float64, shape (n_steps,)
        By how much each step lowered the loss.
    mixture : float32, shape (n_bins, n_windows)
    target : Fingerprint
    settings : Settings
    """

    mask: NDArray[np.floating]
    step_gains: NDArray[np.float64]
    mixture: NDArray[np.floating]
    target: Fingerprint
    settings: Settings

    @cached_property
    def loss(self) -> NDArray[np.float64]:
        """Loss before the first step and after each, shape (n_steps + 1,).

        The last is measured on the mask itself; the earlier ones are it plus the gains, which
        loses no digits where the loss has fallen by many orders.
        """
        last = self._loss_of_fingerprint(self._fingerprint_after, self.mask * self.mixture)
        return last + np.append(np.cumsum(self.step_gains[::-1])[::-1], 0.0)

    def loss_of(self, mask: NDArray[np.floating]) -> float:
        """Loss of any other mask, shape (n_bins, n_windows), on the same terms."""
        masked = (mask * self.mixture).astype(self.mixture.dtype)
        return self._loss_of_fingerprint(fingerprint(masked, self._sample_rate_hz), masked)

    @cached_property
    def match_before(self) -> Match:
        """Match of the mixture's fingerprint with the target's."""
        return match(fingerprint(self.mixture, self._sample_rate_hz), self.target)

    @cached_property
    def match_after(self) -> Match:
        """Match of the masked mixture's fingerprint with the target's."""
        return match(self._fingerprint_after, self.target)

    @cached_property
    def _fingerprint_after(self) -> Fingerprint:
        return fingerprint(self.mask * self.mixture, self._sample_rate_hz)

    @property
    def _sample_rate_hz(self) -> float:
        return self.target.bin_hz * 2 * (self.target.n_bins - 1)

    def _loss_of_fingerprint(self, found: Fingerprint, masked: NDArray[np.floating]) -> float:
        apart = (found.linear_profiles - self.target.linear_profiles).astype(np.float64)
        weights = linear_weights(self.settings)
        quadratic = 0.5 * float(weights @ (apart**2).sum((1, 2))) / profile_energy(self.target)
        return quadratic + _evaluate(measurement_terms(self.target, self.settings), masked)[0]


def fit_mask(
    mixture: NDArray[np.floating],
    target: Fingerprint,
    settings: Settings | None = None,
    on_step: Callable[[int], None] | None = None,
    start: NDArray[np.floating] | None = None,
) -> MaskFit:
    """Fit the mask under which the mixture's fingerprint matches the target's.

    Parameters
    ----------
    mixture : float32 or float64, shape (n_bins, n_windows)
        Magnitude spectrogram.
    target : Fingerprint
        Of the magnitude that is looked for, see `ideal_masks.reachable_target`.
    settings : Settings, optional
        `n_iterations`, `seed`, `family_weights` and `view_weights` are used.
    on_step : callable, optional
        Called with the number of steps taken, for a progress bar.
    start : floating, shape (n_bins, n_windows), optional
        The mask to start from, in place of a random one.

    Returns
    -------
    MaskFit

    Raises
    ------
    InputError
        If the mixture is no magnitude spectrogram, the shapes differ, the target is silent, or a
        weight is negative or of something unknown.
    """
    settings = settings or Settings()
    check_weights(settings)
    mixture = checked_magnitude(mixture, "the mixture's magnitude")
    if (target.n_bins, target.n_windows) != mixture.shape:
        raise InputError(
            f"the mixture is {mixture.shape[0]} x {mixture.shape[1]}, the target's fingerprint of "
            f"{target.n_bins} x {target.n_windows}; use one STFT for both"
        )
    if not target.linear_profiles.any():
        raise InputError("the target's fingerprint is silent; is it the right stem?")
    profiles = target.linear_profiles.transpose(0, 2, 1).astype(mixture.dtype, order="C")
    if start is None:
        start = np.random.default_rng(settings.seed).random(mixture.shape, np.float32)
    mask, gains = descend(mixture, profiles, start, settings, target, on_step=on_step)
    return MaskFit(mask, gains / profile_energy(target), mixture, target, settings)


def check_weights(settings: Settings) -> None:
    """Check the weights of families and views.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    InputError
        If one is negative or of something unknown.
    """
    for what, weights, known in (
        ("family", settings.family_weights, ("profile", *TERMS)),
        ("view", settings.view_weights, tuple(view.name for view in SLICES)),
    ):
        for name, weight in weights.items():
            if name not in known or not weight >= 0:
                raise InputError(
                    f"{what} weight {name}={weight}, wanted 0 or more for one of {list(known)}"
                )


def linear_weights(settings: Settings) -> NDArray[np.float64]:
    """Weight of each linear view's profiles in the loss, shape (17,)."""
    of_views = [settings.view_weights.get(view.name, 1.0) for view in LINEAR_SLICES]
    return settings.family_weights.get("profile", 1.0) * np.array(of_views) * SLICE_WEIGHTS


def measurement_terms(target: Fingerprint, settings: Settings) -> MeasurementLoss | None:
    """Give the part of the loss that is not quadratic, where any of it has a weight."""
    weights = terms_weights(settings)
    return MeasurementLoss(target, weights, settings.view_weights) if weights else None


def terms_weights(settings: Settings) -> dict[str, float]:
    """Weights of what is not the linear views' profiles; empty where none has one."""
    return {f: w for f, w in settings.family_weights.items() if f != "profile" and w}


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
    with _one_blas_thread():
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


def _one_blas_thread() -> AbstractContextManager[object]:
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
        value, gradient = _evaluate(self.terms, z)
        return self.unit * value, gradient if self.terms is None else self.unit * gradient

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
        direction = (
            -downhill
            if direction is None
            else gradient.dtype.type(conjugacy) * direction - downhill
        )
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


def _evaluate(
    terms: MeasurementLoss | None, z: NDArray[np.floating]
) -> tuple[float, NDArray[np.floating] | float]:
    return (0.0, 0.0) if terms is None else terms.value_and_gradient(z)
