"""How good a separation is, added up block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fingerprints import (
    Match,
    MatchSums,
    fingerprint,
    n_points,
)
from vocal_separation_sanity_check.fitting import (
    SLICE_WEIGHTS,
    MaskFit,
    ProfileOperator,
    linear_weights,
)
from vocal_separation_sanity_check.scoring import SiSdrSums
from vocal_separation_sanity_check.separation.containment import Containment
from vocal_separation_sanity_check.separation.subtraction import Leftover, Subtraction
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectral import InverseStft, ideal_masks

IDEAL = ("irm1", "irm2", "psm")
AS_GIVEN = "psm_as_given"
"""The ideal mask of the reference as it was given, where another is matched."""


@dataclass(frozen=True)
class FittedBlock:
    """A block of windows with all that its scores are taken of.

    Attributes
    ----------
    mixture, reference : complex64, shape (n_bins, n_windows)
        The reference at its level in the mix.
    target_magnitude : float32, shape (n_bins, n_windows)
        What the fit's target is the fingerprint of.
    fit : MaskFit
    core : slice
        Windows that the block answers for.
    as_given : complex64, shape (n_bins, n_windows), or None
        The reference as it was given, where what is matched was rebuilt from it.
    """

    mixture: NDArray[np.complex64]
    reference: NDArray[np.complex64]
    target_magnitude: NDArray[np.float32]
    fit: MaskFit
    core: slice
    as_given: NDArray[np.complex64] | None = None


class SongTallies:
    """Loss, fingerprint match, SI-SDR and leftover of a song.

    Parameters
    ----------
    n_samples : int
    settings : Settings

    Attributes
    ----------
    held, holding : Containment
        What is left of the reference where the mixture is without it, and the other way round.
    """

    def __init__(self, n_samples: int, settings: Settings) -> None:
        self._settings = settings
        self._ideal = {name: InverseStft(n_samples, settings) for name in IDEAL}
        self._si_sdr = {name: SiSdrSums() for name in ("mixture", "extraction", *IDEAL)}
        self._as_given = InverseStft(n_samples, settings)
        self._before, self._after = MatchSums(), MatchSums()
        self._subtracted, self._masked, self._unrebuilt = Leftover(), Leftover(), Leftover()
        self.held, self.holding = Containment(), Containment()
        self._mixed_energy, self._rest_energy, self._wrong_energy = 0.0, 0.0, 0.0
        self._gains: NDArray[np.float64] = np.zeros(0)
        self._energy, self._last_loss = 0.0, 0.0
        self._ideal_losses = dict.fromkeys(IDEAL, 0.0)
        self.n_windows = 0

    def add(
        self,
        block: FittedBlock,
        mixture: NDArray[np.float32],
        extracted: NDArray[np.float32],
        reference: NDArray[np.float32],
    ) -> None:
        """Add a block, and the samples, float32 (n_samples,), that it finished."""
        sample_rate_hz, core, fit = self._settings.sample_rate_hz, block.core, block.fit
        n_bins, n_windows = fit.mixture.shape
        operator = ProfileOperator(n_bins, n_windows, weights=linear_weights(self._settings))
        own, mixed = block.reference[:, core], block.mixture[:, core]
        self.n_windows += own.shape[1]
        self._add_subtraction(own, mixed, fit.mask[:, core])
        given = own if block.as_given is None else block.as_given[:, core]
        self.held.add(given, mixed)
        self.holding.add(mixed, given)
        self._si_sdr["mixture"].add(mixture, reference)
        self._si_sdr["extraction"].add(extracted, reference)
        for name, mask in ideal_masks(block.reference, block.mixture).items():
            self._si_sdr[name].add(self._ideal[name].add(mask[:, core] * mixed), reference)
            apart = mask * fit.mixture - block.target_magnitude
            self._ideal_losses[name] += _loss(operator, apart, core)
        if block.as_given is not None:
            mask = ideal_masks(block.as_given, block.mixture)["psm"]
            sums = self._si_sdr.setdefault(AS_GIVEN, SiSdrSums())
            sums.add(self._as_given.add(mask[:, core] * mixed), reference)
            self._unrebuilt.add(own, mixed - block.as_given[:, core] + own)
        masked = fit.mask * fit.mixture
        self._last_loss += _loss(operator, masked - block.target_magnitude, core)
        profiles = fit.target.linear_profiles[:, core]
        self._energy += float(SLICE_WEIGHTS @ [np.vdot(rows, rows) for rows in profiles])
        n_steps = max(len(self._gains), len(fit.gains))
        self._gains = _padded(self._gains, n_steps) + _padded(fit.gains, n_steps)
        self._before.add(fingerprint(fit.mixture, sample_rate_hz), fit.target, core)
        self._after.add(fingerprint(masked, sample_rate_hz), fit.target, core)

    @property
    def loss(self) -> NDArray[np.float64]:
        """Loss before the first step and after each, shape (n_steps + 1,).

        The last is measured on the mask itself; the earlier ones are it plus the gains, which
        loses no digits where the loss has fallen by many orders.
        """
        falling = np.append(np.cumsum(self._gains[::-1])[::-1], 0.0)
        return (self._last_loss + falling) / self._energy

    @property
    def loss_of_ideal(self) -> dict[str, float]:
        """The loss for the ideal masks."""
        return {name: loss / self._energy for name, loss in self._ideal_losses.items()}

    @property
    def si_sdr_db(self) -> dict[str, float]:
        """Of the source against its reference: mixture, extraction, ideal masks."""
        return {name: sums.in_db for name, sums in self._si_sdr.items()}

    @property
    def rest_db(self) -> float:
        """The mixture without the reference, in dB of the mixture; at least -120."""
        left = self._rest_energy / max(self._mixed_energy, 1e-30)
        return float(10 * np.log10(max(left, 1e-12)))

    @property
    def subtraction(self) -> Subtraction:
        """What subtraction leaves, and what the mask does."""
        lost = max(self._wrong_energy, 1e-12) / max(self._rest_energy, 1e-12)
        is_rebuilt = AS_GIVEN in self._si_sdr
        return Subtraction(
            left_db=self._subtracted.in_db,
            left_as_given_db=self._unrebuilt.in_db if is_rebuilt else None,
            left_by_mask_db=self._masked.in_db,
            lost_by_mask_db=float(10 * np.log10(max(lost, 1e-12))),
        )

    def _add_subtraction(
        self,
        own: NDArray[np.complex64],
        mixed: NDArray[np.complex64],
        mask: NDArray[np.float32],
    ) -> None:
        wrong = mask * mixed - own
        self._subtracted.add(own, mixed)
        self._masked.add(own, mixed - wrong)
        self._mixed_energy += float(np.vdot(mixed, mixed).real)
        self._wrong_energy += float(np.vdot(wrong, wrong).real)
        self._rest_energy += float(np.vdot(mixed - own, mixed - own).real)

    @property
    def matches(self) -> tuple[Match, Match]:
        """Match of the fingerprint with the target's, of the mixture and of the extraction."""
        return self._before.match(), self._after.match()

    @property
    def n_points(self) -> int:
        """How many numbers the song's fingerprint has."""
        return n_points(self.n_windows)


def _loss(operator: ProfileOperator, apart: NDArray[np.float32], core: slice) -> float:
    curved = np.empty_like(apart)
    operator.apply(apart, curved)
    return 0.5 * float((apart[:, core].astype(np.float64) * curved[:, core]).sum())


def _padded(gains: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    return np.pad(gains, (0, length - len(gains)))
