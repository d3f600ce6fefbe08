"""The fit: the mask under which the mixture's fingerprint matches the target's.

It sees the target's fingerprint and nothing else of the target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprints import (
    Fingerprint,
    Match,
    checked_magnitude,
    fingerprint,
    heard,
    match,
)
from vocal_separation_sanity_check.fitting.descent import descend
from vocal_separation_sanity_check.fitting.loss_weights import (
    check_weights,
    linear_weights,
    measurement_terms,
)
from vocal_separation_sanity_check.fitting.measurement_loss import profile_energy
from vocal_separation_sanity_check.settings import Settings


@dataclass(frozen=True)
class MaskFit:
    """What a fit found.

    Attributes
    ----------
    mask : float32, shape (n_bins, n_windows)
        In [0, 1].
    gains : float64, shape (n_steps,)
        By how much each step lowered the loss of the windows that count, not yet divided by the
        target's energy.
    mixture : float32, shape (n_bins, n_windows)
    target : Fingerprint
    settings : Settings
    """

    mask: NDArray[np.floating]
    gains: NDArray[np.float64]
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
        gains = self.gains / profile_energy(self.target)
        return last + np.append(np.cumsum(gains[::-1])[::-1], 0.0)

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
        terms = measurement_terms(self.target, self.settings)
        return quadratic + (0.0 if terms is None else terms.value_and_gradient(masked)[0])


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
        Of the magnitude that is looked for, see `spectral.masks.reachable_target`.
    settings : Settings, optional
        `n_iterations`, `seed`, `family_weights` and `slice_weights` are used.
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
    if not heard(target.values).any():
        raise InputError("the target's fingerprint is silent; is it the right stem?")
    return fit_windows(mixture, target, settings, start=start, on_step=on_step)


def fit_windows(
    mixture: NDArray[np.floating],
    target: Fingerprint,
    settings: Settings,
    *,
    first_window: int = 0,
    counted: slice = slice(None),
    start: NDArray[np.floating] | None = None,
    on_step: Callable[[int], None] | None = None,
) -> MaskFit:
    """Fit a mask to some windows of a song: what `fit_mask` runs, and each block of a separation.

    Nothing is checked. A target that is silent gives a mask of zeros.

    Parameters
    ----------
    mixture, target, settings, on_step
        As for `fit_mask`.
    first_window : int
        Where the windows lie in the song; with the seed it draws the mask that the fit starts from.
    counted : slice of windows, optional
        Whose share of the loss the gains are of, see `descent.descend`.
    start : floating, shape (n_bins, n_windows), optional
        The mask to start from, in place of the one that is drawn.

    Returns
    -------
    MaskFit
    """
    if start is None:
        draw = np.random.default_rng([settings.seed, first_window])
        start = draw.random(mixture.shape, np.float32)
    profiles = target.linear_profiles.transpose(0, 2, 1).astype(mixture.dtype, order="C")
    mask, gains = descend(
        mixture, profiles, start, settings, target, counted=counted, on_step=on_step
    )
    return MaskFit(mask, gains, mixture, target, settings)
