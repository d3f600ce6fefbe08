"""How good a separation is, added up block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.distortion_ratios import SiSdrSums
from vocal_separation_sanity_check.fingerprint import (
    Fingerprint,
    Match,
    MatchSums,
    fingerprint,
    n_points,
)
from vocal_separation_sanity_check.ideal_masks import ideal_masks
from vocal_separation_sanity_check.mask_fit import linear_weights
from vocal_separation_sanity_check.profile_operator import SLICE_WEIGHTS, ProfileOperator
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectrogram import InverseStft
from vocal_separation_sanity_check.subtraction import Leftover

IDEAL = ("irm1", "irm2", "psm")


@dataclass(frozen=True)
class FittedBlock:
    """A block with all that its figures are taken of.

    Attributes
    ----------
    mixture, reference : complex64, shape (n_bins, n_windows)
        The reference at its level in the mix.
    wanted : float32, shape (n_bins, n_windows)
        Target magnitude.
    target : Fingerprint
        Of it.
    mask : float32, shape (n_bins, n_windows)
        As it was fitted.
    profiles : float32, shape (17, 400, n_windows)
        Of `wanted`.
    gains : float64, shape (n_steps,)
        From `mask_fit.descend`, of the core.
    core : slice
        Windows that the block answers for.
    """

    mixture: NDArray[np.complex64]
    reference: NDArray[np.complex64]
    wanted: NDArray[np.float32]
    target: Fingerprint
    mask: NDArray[np.float32]
    profiles: NDArray[np.float32]
    gains: NDArray[np.float64]
    core: slice


class SongFigures:
    """Loss, fingerprint match, SI-SDR and leftover of a song.

    Parameters
    ----------
    n_samples : int
    settings : Settings
    """

    def __init__(self, n_samples: int, settings: Settings) -> None:
        self._settings = settings
        self._ideal = {name: InverseStft(n_samples, settings) for name in IDEAL}
        self._si_sdr = {name: SiSdrSums() for name in ("mixture", "extraction", *IDEAL)}
        self._before, self._after, self._leftover = MatchSums(), MatchSums(), Leftover()
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
        *,
        is_last: bool,
    ) -> None:
        """Add a block, and the samples, float32 (n_samples,), that it finished."""
        rate, core = self._settings.sample_rate_hz, block.core
        limit = np.abs(block.mixture)
        n_bins, n_windows = limit.shape
        operator = ProfileOperator(n_bins, n_windows, weights=linear_weights(self._settings))
        own, mixed = block.reference[:, core], block.mixture[:, core]
        self.n_windows += own.shape[1]
        self._leftover.add(own, mixed)
        self._si_sdr["mixture"].add(mixture, reference)
        self._si_sdr["extraction"].add(extracted, reference)
        for name, mask in ideal_masks(block.reference, block.mixture).items():
            inverse = self._ideal[name]
            sound = inverse.add(mask[:, core] * mixed)
            if is_last:
                sound = np.concatenate([sound, inverse.rest()])
            self._si_sdr[name].add(sound, reference)
            self._ideal_losses[name] += _loss(operator, mask * limit - block.wanted, core)
        self._last_loss += _loss(operator, block.mask * limit - block.wanted, core)
        profiles = block.profiles[..., core]
        self._energy += float(SLICE_WEIGHTS @ [np.vdot(rows, rows) for rows in profiles])
        n_steps = max(len(self._gains), len(block.gains))
        self._gains = _padded(self._gains, n_steps) + _padded(block.gains, n_steps)
        self._before.add(fingerprint(limit, rate), block.target, core)
        self._after.add(fingerprint(block.mask * limit, rate), block.target, core)

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
    def leftover_db(self) -> float:
        """What plain subtraction leaves, see `subtraction`."""
        return self._leftover.in_db

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
