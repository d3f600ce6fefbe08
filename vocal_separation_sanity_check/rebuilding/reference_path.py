"""What a song's path is like: level and echoes, stretch by stretch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.rebuilding.echo_decay import EchoDecay, reverberation_s
from vocal_separation_sanity_check.rebuilding.path_prior import BAND_EDGES_HZ
from vocal_separation_sanity_check.rebuilding.stretch import RebuiltStretch

_LEVEL_STEP_S = 0.1
_HEARD = 10 ** (-25 / 10)
"""Energy of all echoes in a band, as a share of the reference's: what is less is part of the tone,
such as what a codec left out."""
_FEWEST_BANDS = 2


@dataclass(frozen=True)
class PathStretch:
    """What was found of a stretch.

    Attributes
    ----------
    begin_s, end_s : float
    level_db : float64, shape (n_steps,)
        Of the reference, every tenth of a second; 0 throughout where it does not move.
    echoes : EchoDecay or None
        None where the stretch has no path.
    """

    begin_s: float
    end_s: float
    level_db: NDArray[np.float64]
    echoes: EchoDecay | None

    @classmethod
    def of(cls, found: RebuiltStretch, begin_s: float, sample_rate_hz: float) -> PathStretch:
        """Sum up a stretch that was rebuilt."""
        n_samples = len(found.added)
        at = np.arange(0, n_samples, max(1, round(_LEVEL_STEP_S * sample_rate_hz)))
        level = np.ones(len(at)) if found.level is None else found.level[at]
        level_db = 20 * np.log10(np.maximum(np.abs(level), 1e-4))
        echoes = EchoDecay.of(found.path) if found.path.is_used else None
        return cls(begin_s, begin_s + n_samples / sample_rate_hz, level_db, echoes)

    @classmethod
    def plain(cls, end_s: float) -> PathStretch:
        """A stretch in which the reference stays as it is."""
        return cls(0.0, end_s, np.zeros(2), None)

    @property
    def is_plain(self) -> bool:
        """Whether the reference is in this stretch as it is."""
        return self.echoes is None and not self.level_db.any()


@dataclass(frozen=True)
class ReferencePath:
    """What was found of a song.

    Attributes
    ----------
    stretches : tuple of PathStretch
        They overlap.
    """

    stretches: tuple[PathStretch, ...]

    @property
    def is_used(self) -> bool:
        """Whether anything was added to the reference."""
        return not all(stretch.is_plain for stretch in self.stretches)

    @property
    def has_echoes(self) -> bool:
        """Whether the reference has delays or reverberation that can be heard."""
        echoes = self.echoes()
        return echoes is not None and _are_heard(echoes)

    @property
    def level_range_db(self) -> tuple[float, float]:
        """Level of the reference that it is under, and over, for a twentieth of the time."""
        levels = np.concatenate([stretch.level_db for stretch in self.stretches])
        lowest, highest = np.percentile(levels, [5, 95])
        return float(lowest), float(highest)

    def echoes(self) -> EchoDecay | None:
        """Mean over the stretches that have echoes; None where none has."""
        found = [stretch.echoes for stretch in self.stretches if stretch.echoes is not None]
        if not found:
            return None
        powers = _mean([each.powers for each in found])
        energies = _mean([each.energies for each in found])
        return EchoDecay(powers, energies, found[0].delays_s)

    def reverberation_s(self) -> dict[float, float | None]:
        """Time in which the echoes fall by 60 dB, by the lower edge of the band in Hz."""
        echoes = self.echoes()
        if echoes is None or not _are_heard(echoes):
            return {}
        return {
            edge_hz: reverberation_s(row, echoes.delays_s)
            for edge_hz, row in zip(BAND_EDGES_HZ, echoes.energies, strict=True)
        }


def _are_heard(echoes: EchoDecay) -> bool:
    return int((np.nansum(echoes.energies, axis=1) > _HEARD).sum()) >= _FEWEST_BANDS


def _mean(rows: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Over the stretches, NaN where none has a number."""
    stacked = np.stack(rows)
    heard = np.isfinite(stacked).sum(axis=0)
    return np.where(heard > 0, np.nansum(stacked, axis=0) / np.maximum(heard, 1), np.nan)
