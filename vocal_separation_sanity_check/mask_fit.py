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
from vocal_separation_sanity_check.measurement_loss import MeasurementLoss
from vocal_separation_sanity_check.profile_operator import ProfileOperator
from vocal_separation_sanity_check.settings import Settings

TOLERANCE = 1e-9
"""Stop where a step gains less than this part of the first loss."""
MAX_HALVINGS = 20


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
        quadratic = 0.5 * float(_slice_weights(self.target) @ (apart**2).sum((1, 2)))
        if not self.settings.family_weights:
            return quadratic
        terms = MeasurementLoss(self.target, self.settings.family_weights)
        return quadratic + terms.value_and_gradient(masked)[0]


def fit_mask(
    mixture: NDArray[np.floating],
    target: Fingerprint,
    settings: Settings | None = None,
    on_step: Callable[[int], None] | None = None,
) -> MaskFit:
    """Fit the mask under which the mixture's fingerprint matches the target's.

    Parameters
    ----------
    mixture : float32 or float64, shape (n_bins, n_windows)
        Magnitude spectrogram.
    target : Fingerprint
        Of the magnitude that is looked for, see `ideal_masks.reachable_target`.
    settings : Settings, optional
        `n_iterations`, `seed` and `family_weights` are used.
    on_step : callable, optional
        Called with the number of steps taken, for a progress bar.

    Returns
    -------
    MaskFit

    Raises
    ------
    InputError
        If the mixture is no magnitude spectrogram, the shapes differ, or the target is silent.
    """
    settings = settings or Settings()
    mixture = checked_magnitude(mixture, "the mixture's magnitude")
    if (target.n_bins, target.n_windows) != mixture.shape:
        raise InputError(
            f"the mixture is {mixture.shape[0]} x {mixture.shape[1]}, the target's fingerprint of "
            f"{target.n_bins} x {target.n_windows}; use one STFT for both"
        )
    if not target.linear_profiles.any():
        raise InputError("the target's fingerprint is silent; is it the right stem?")
    profiles = target.linear_profiles.astype(mixture.dtype, copy=False)
    operator = ProfileOperator(_slice_weights(target), *mixture.shape, mixture.dtype.type)
    terms = MeasurementLoss(target, settings.family_weights) if settings.family_weights else None
    start = np.random.default_rng(settings.seed).random(mixture.shape, np.float32) * mixture
    found, gains = _descend(
        start, operator, operator.profiles_transpose(profiles), terms, settings, on_step
    )
    mask = np.zeros_like(mixture)
    np.divide(found, mixture, out=mask, where=mixture > 0)
    return MaskFit(np.clip(mask, 0, 1, out=mask), gains, mixture, target, settings)


def _slice_weights(target: Fingerprint) -> NDArray[np.float64]:
    energy = np.array([np.sum(rows**2, dtype=np.float64) for rows in target.linear_profiles])
    energy[energy == 0] = np.inf
    return 1 / (len(energy) * energy)


def _dot(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Inner product; BLAS keeps it deterministic for one shape on one machine."""
    return float(np.dot(a.ravel(), b.ravel()))


def _descend(
    z: NDArray[np.floating],
    operator: ProfileOperator,
    constant: NDArray[np.floating],
    terms: MeasurementLoss | None,
    settings: Settings,
    on_step: Callable[[int], None] | None,
) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
    """Preconditioned conjugate gradients from `z`; returns z and the gain of every step."""
    curved = np.empty_like(z)
    operator.apply(z, curved)
    quadratic_gradient = curved - constant
    # The constant ||f||^2 / 2 is 1/2: each slice's weight is over its own energy.
    first_loss = max(0.5 * _dot(z, quadratic_gradient - constant) + 0.5, TOLERANCE)
    terms_loss, terms_gradient = _evaluate(terms, z)
    direction = previous = None
    steepness = 1.0
    gains: list[float] = []
    for step in range(settings.n_iterations):
        gradient = quadratic_gradient + terms_gradient
        downhill = operator.precondition(gradient)
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
        if slope >= 0 or curvature <= 0:
            break
        quadratic_slope = _dot(quadratic_gradient, direction)
        length = -slope / curvature
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
        gains.append(gain)
        if on_step is not None:
            on_step(step + 1)
        if gain < TOLERANCE * first_loss:
            break
    return z, np.array(gains)


def _evaluate(
    terms: MeasurementLoss | None, z: NDArray[np.floating]
) -> tuple[float, NDArray[np.floating] | float]:
    return (0.0, 0.0) if terms is None else terms.value_and_gradient(z)
