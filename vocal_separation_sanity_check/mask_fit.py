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
from vocal_separation_sanity_check.measurement_loss import MeasurementLoss, profile_energy
from vocal_separation_sanity_check.profile_operator import SLICE_WEIGHTS, ProfileOperator
from vocal_separation_sanity_check.settings import Settings

TOLERANCES = (1e-9, 1e-6)
"""Stop where a step gains less than this part of the first one: before and after refinement."""
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
        quadratic = 0.5 * float(SLICE_WEIGHTS @ (apart**2).sum((1, 2))) / profile_energy(self.target)
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
    profiles = target.linear_profiles.transpose(0, 2, 1).astype(mixture.dtype, order="C")
    start = np.random.default_rng(settings.seed).random(mixture.shape, np.float32)
    terms = None
    if settings.family_weights:
        terms = MeasurementLoss.beside_profiles(target, settings.family_weights)
    mask, gains = descend(mixture, profiles, start, settings.n_iterations, terms, on_step=on_step)
    return MaskFit(mask, gains / profile_energy(target), mixture, target, settings)


def descend(
    mixture: NDArray[np.floating],
    profiles: NDArray[np.floating],
    start: NDArray[np.floating],
    n_iterations: int,
    terms: MeasurementLoss | None = None,
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
    n_iterations : int
        Most steps.
    terms : MeasurementLoss, optional
        Further part of the loss.
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
    operator = ProfileOperator(*mixture.shape, mixture.dtype.type)
    exact = ProfileOperator(*mixture.shape, np.float64)
    constant = operator.profiles_transpose(profiles)
    z = (start * mixture).astype(np.float64)
    curved = np.empty_like(z)
    gains: list[float] = []
    for tolerance in TOLERANCES if terms is None else TOLERANCES[:1]:
        exact.apply(z, curved)
        gradient = (curved - constant).astype(mixture.dtype)
        for gain in _conjugate_gradients(z, gradient, operator, terms, tolerance, counted):
            gains.append(gain)
            if on_step is not None:
                on_step(len(gains))
            if len(gains) == n_iterations:
                break
    mask = np.zeros_like(mixture)
    np.divide(z, mixture, out=mask, where=mixture > 0, casting="same_kind")
    return np.clip(mask, 0, 1, out=mask), np.array(gains)


def _dot(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Inner product; BLAS keeps it deterministic for one shape on one machine."""
    return float(np.dot(a.ravel(), b.ravel()))


def _conjugate_gradients(
    z: NDArray[np.float64],
    gradient: NDArray[np.floating],
    operator: ProfileOperator,
    terms: MeasurementLoss | None,
    tolerance: float,
    counted: slice,
) -> Iterator[float]:
    """Move z from one exactly known gradient of the quadratic part on; yield counted gains."""
    curved, quadratic_gradient = np.empty_like(gradient), gradient
    terms_loss, terms_gradient = _evaluate(terms, z.astype(gradient.dtype))
    direction = previous = None
    steepness = 1.0
    first_gain = 0.0
    while True:
        gradient = quadratic_gradient + terms_gradient
        downhill = operator.precondition(gradient)
        conjugacy = 0.0
        if previous is not None:
            conjugacy = max(0.0, _dot(downhill, gradient - previous) / steepness)
        steepness = _dot(downhill, gradient)
        direction = (
            -downhill if direction is None else gradient.dtype.type(conjugacy) * direction - downhill
        )
        slope = _dot(gradient, direction)
        if slope >= 0:
            direction, slope = -downhill, -steepness
        operator.apply(direction, curved)
        curvature = _dot(direction, curved)
        if slope >= 0 or curvature <= 0:
            return
        quadratic_slope = _dot(quadratic_gradient, direction)
        length = -slope / curvature
        for _ in range(MAX_HALVINGS):
            gain = -length * (quadratic_slope + 0.5 * length * curvature)
            if terms is None:
                break
            trial = (z + length * direction).astype(gradient.dtype)
            trial_loss, terms_gradient = _evaluate(terms, trial)
            gain += terms_loss - trial_loss
            if gain > 0:
                terms_loss = trial_loss
                break
            length /= 2
        if gain <= 0:
            return
        z += length * direction
        share = gain
        if counted != slice(None):
            own, bent = direction[:, counted], curved[:, counted]
            slope = float((quadratic_gradient[:, counted] * own).sum(dtype=np.float64))
            share = -length * (slope + 0.5 * length * float((own * bent).sum(dtype=np.float64)))
        yield share
        first_gain = first_gain or gain
        if gain < tolerance * first_gain:
            return
        previous = gradient
        quadratic_gradient = quadratic_gradient + gradient.dtype.type(length) * curved


def _evaluate(
    terms: MeasurementLoss | None, z: NDArray[np.floating]
) -> tuple[float, NDArray[np.floating] | float]:
    return (0.0, 0.0) if terms is None else terms.value_and_gradient(z)
