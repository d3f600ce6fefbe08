"""The fit: the mask under which the mixture's fingerprint matches the target's.

With ``z = mask * mixture`` the linear views' part of the loss is the quadratic form of
`profile_operator`::

    loss = 1/2 sum_s w_s ||P K_s z - f_s||^2,    w_s = 1 / (n_slices ||f_s||^2)
    gradient = Q z - c,                          c = sum_s w_s K_s' P' f_s

where ``f_s`` are the target's profiles: the fit sees the target's fingerprint and nothing else of
it. Preconditioned conjugate gradients (Polak & Ribiere 1969, restarted) with an exact line search
descend on z; the mask is z / mixture, cut to [0, 1]. A target that a mask can reach is the optimum
and lies in the box, so that the cut only takes rounding away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprint import (
    Fingerprint,
    Match,
    checked_magnitude,
    fingerprint,
    match,
)
from vocal_separation_sanity_check.measurement_loss import TERMS, MeasurementLoss
from vocal_separation_sanity_check.profile_operator import ProfileOperator
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.slices import LINEAR_SLICES, SLICES

TOLERANCE = 1e-9
"""Stop where a step gains less than this part of the first loss."""
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
        weights = _chosen(self.settings) * _slice_weights(self.target)
        quadratic = 0.5 * float(weights @ (apart**2).sum((1, 2)))
        return quadratic + _evaluate(_terms(self.target, self.settings), masked)[0]


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
    _check_weights(settings)
    mixture = checked_magnitude(mixture, "the mixture's magnitude")
    if (target.n_bins, target.n_windows) != mixture.shape:
        raise InputError(
            f"the mixture is {mixture.shape[0]} x {mixture.shape[1]}, the target's fingerprint of "
            f"{target.n_bins} x {target.n_windows}; use one STFT for both"
        )
    if not target.linear_profiles.any():
        raise InputError("the target's fingerprint is silent; is it the right stem?")
    profiles = target.linear_profiles.astype(mixture.dtype, copy=False)
    weights, chosen = _slice_weights(target), _chosen(settings)
    operator = ProfileOperator(chosen * weights, *mixture.shape, mixture.dtype.type)
    if start is None:
        start = np.random.default_rng(settings.seed).random(mixture.shape, np.float32)
    problem = _Problem(
        operator,
        _preconditioner(chosen, operator, mixture),
        operator.profiles_transpose(profiles),
        0.5 * float(chosen.mean()),
        _terms(target, settings),
    )
    found, gains = _descend(start * mixture, problem, settings.n_iterations, on_step)
    mask = np.zeros_like(mixture)
    np.divide(found, mixture, out=mask, where=mixture > 0)
    return MaskFit(np.clip(mask, 0, 1, out=mask), gains, mixture, target, settings)


def _check_weights(settings: Settings) -> None:
    for what, weights, known in (
        ("family", settings.family_weights, ("profile", *TERMS)),
        ("view", settings.view_weights, tuple(view.name for view in SLICES)),
    ):
        for name, weight in weights.items():
            if name not in known or not weight >= 0:
                raise InputError(
                    f"{what} weight {name}={weight}, wanted 0 or more for one of {list(known)}"
                )


def _slice_weights(target: Fingerprint) -> NDArray[np.float64]:
    energy = np.array([np.sum(rows**2, dtype=np.float64) for rows in target.linear_profiles])
    energy[energy == 0] = np.inf
    return 1 / (len(energy) * energy)


def _chosen(settings: Settings) -> NDArray[np.float64]:
    """What the settings multiply each linear view's weight by, shape (17,)."""
    of_views = [settings.view_weights.get(view.name, 1.0) for view in LINEAR_SLICES]
    return settings.family_weights.get("profile", 1.0) * np.array(of_views)


def _preconditioner(
    chosen: NDArray[np.float64], operator: ProfileOperator, mixture: NDArray[np.floating]
) -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
    """The inverse of Q where Q has one, else ``diag(mixture^2)``: plain descent on the mask.

    A view gives 400 equations for the 1025 bins of a window. With fewer than three, an inverse
    would blow up what nothing is known about.
    """
    if np.count_nonzero(chosen) >= FEWEST_VIEWS:
        return operator.precondition
    metric = mixture**2 / np.mean(mixture**2)
    return lambda gradient: metric * gradient


def _terms(target: Fingerprint, settings: Settings) -> MeasurementLoss | None:
    """The part of the loss that is not quadratic, where any of it has a weight."""
    weights = {family: w for family, w in settings.family_weights.items() if family != "profile"}
    if not any(weights.values()):
        return None
    return MeasurementLoss(target, weights, settings.view_weights)


def _dot(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Inner product; BLAS keeps it deterministic for one shape on one machine."""
    return float(np.dot(a.ravel(), b.ravel()))


@dataclass(frozen=True)
class _Problem:
    """What is descended on: ``<z, Q z> / 2 - <constant, z> + offset + terms(z)``."""

    operator: ProfileOperator
    precondition: Callable[[NDArray[np.floating]], NDArray[np.floating]]
    constant: NDArray[np.floating]
    offset: float
    terms: MeasurementLoss | None


def _descend(
    z: NDArray[np.floating],
    problem: _Problem,
    n_iterations: int,
    on_step: Callable[[int], None] | None,
) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
    """Preconditioned conjugate gradients from `z`; returns z and the gain of every step."""
    operator, terms = problem.operator, problem.terms
    curved = np.empty_like(z)
    operator.apply(z, curved)
    quadratic_gradient = curved - problem.constant
    terms_loss, terms_gradient = _evaluate(terms, z)
    first_loss = 0.5 * _dot(z, quadratic_gradient - problem.constant) + problem.offset + terms_loss
    direction = previous = None
    steepness, longest = 1.0, np.inf
    gains: list[float] = []
    for step in range(n_iterations):
        gradient = quadratic_gradient + terms_gradient
        downhill = problem.precondition(gradient)
        conjugacy = 0.0
        if previous is not None:
            conjugacy = max(0.0, _dot(downhill, gradient - previous) / steepness)
        steepness = _dot(downhill, gradient)
        direction = (
            -downhill if direction is None else z.dtype.type(conjugacy) * direction - downhill
        )
        slope = _dot(gradient, direction)
        if slope >= 0:
            direction, slope = -downhill, -steepness
        operator.apply(direction, curved)
        curvature = _dot(direction, curved)
        bend = curvature + _terms_curvature(terms, z, direction, terms_gradient)
        if slope >= 0 or bend == 0:
            break
        quadratic_slope = _dot(quadratic_gradient, direction)
        # Where the measurements bend downwards, their curvature still gives the scale of a step.
        length = min(-slope / abs(bend), longest)
        for _ in range(MAX_HALVINGS):
            trial = z + z.dtype.type(length) * direction
            trial_loss, trial_gradient = _evaluate(terms, trial)
            gain = -length * (quadratic_slope + 0.5 * length * curvature)
            gain += terms_loss - trial_loss
            if gain > 0:
                break
            length /= 2
        if gain <= 0:
            break
        z, previous = trial, gradient
        terms_loss, terms_gradient = trial_loss, trial_gradient
        quadratic_gradient = quadratic_gradient + z.dtype.type(length) * curved
        longest = np.inf if terms is None else LONGER * length
        gains.append(gain)
        if on_step is not None:
            on_step(step + 1)
        if gain < TOLERANCE * max(first_loss, TOLERANCE):
            break
    return z, np.array(gains)


def _evaluate(
    terms: MeasurementLoss | None, z: NDArray[np.floating]
) -> tuple[float, NDArray[np.floating] | float]:
    return (0.0, 0.0) if terms is None else terms.value_and_gradient(z)


def _terms_curvature(
    terms: MeasurementLoss | None,
    z: NDArray[np.floating],
    direction: NDArray[np.floating],
    gradient: NDArray[np.floating] | float,
) -> float:
    """``<d, H d>`` of the terms by a difference of gradients: the profiles' is exact already."""
    if terms is None:
        return 0.0
    size = _dot(direction, direction) ** 0.5
    if size == 0:
        return 0.0
    reach = SECANT_SHARE * _dot(z, z) ** 0.5 / size
    ahead = terms.value_and_gradient(z + z.dtype.type(reach) * direction)[1]
    return _dot(ahead - gradient, direction) / reach
