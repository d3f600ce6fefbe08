"""Level of a reference in the mix and what to match in each band, from sums over the whole song.

The decisions are a song's, not a block's: they are taken on sums that its blocks add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.settings import Target
from vocal_separation_sanity_check.spectral import BAND_EDGES_HZ

LOUD_SHARE = 0.5
"""The magnitude level is read off the cells that hold this share of the reference's energy."""

_STEP_DB = 0.1
_LEVELS_DB = (-200.0, 120.0)
_RATIOS_DB = (-80.0, 80.0)
_LOUDNESS_PER_STEP = 5


@dataclass(frozen=True)
class CrossPower:
    """Powers of a reference V and a mixture M in each bin, summed over windows.

    Attributes
    ----------
    own, mixed, both : float64, shape (n_bins,)
        ``sum |V|^2``, ``sum |M|^2``, ``sum Re(V conj(M))``.
    n_windows : int
    """

    own: NDArray[np.float64]
    mixed: NDArray[np.float64]
    both: NDArray[np.float64]
    n_windows: int

    @classmethod
    def of(cls, reference: NDArray[np.complex64], mixture: NDArray[np.complex64]) -> CrossPower:
        """Sum over the windows of two spectra, complex64 (n_bins, n_windows)."""
        return cls(
            (np.abs(reference) ** 2).sum(1, dtype=np.float64),
            (np.abs(mixture) ** 2).sum(1, dtype=np.float64),
            (reference * mixture.conj()).real.sum(1, dtype=np.float64),
            reference.shape[1],
        )

    def __add__(self, other: CrossPower) -> CrossPower:
        return CrossPower(
            self.own + other.own,
            self.mixed + other.mixed,
            self.both + other.both,
            self.n_windows + other.n_windows,
        )

    def coherent_gain(self) -> tuple[float, float]:
        """Level of the reference in the mix by least squares, and how coherent the two are.

        Every bin is weighted by the mixture's mean power in it, so that bass does not drown the
        voice. With ``<a, b> = Re sum a conj(b) / mean_t |M|^2``::

            gain = <V, M> / <V, V>,    coherence = <V, M> / sqrt(<V, V> <M, M>)

        Returns
        -------
        gain : float
            Negative where the polarity is inverted.
        coherence : float
            In [-1, 1]; a reference that is not in the mix gives nearly 0.
        """
        power = self.mixed / self.n_windows
        weight = 1 / (power + 1e-6 * power.max())
        both, own, mixed = (float(weight @ sums) for sums in (self.both, self.own, self.mixed))
        return both / own, both / np.sqrt(own * mixed)

    def targets(self, gain: float, bin_hz: float) -> dict[str, Target]:
        """Choose the phase-sensitive target where the two share a waveform, band by band.

        In a band of n cells, ``Re <V, M> / <V, V>`` is 1 for a reference that is in the mix and 0
        for one that is not, with a standard deviation of at most ``sqrt(2 <M, M> / (n <V, V>))``.
        Magnitude is matched only where it lies under 1/2 by more than two of them.

        Parameters
        ----------
        gain : float
            Level of the reference in the mix.
        bin_hz : float

        Returns
        -------
        dict of str to {"phase-sensitive", "magnitude"}
            By band, named by its lower edge in Hz.
        """
        edges = [0, *np.ceil(BAND_EDGES_HZ / bin_hz).astype(int), len(self.own)]
        chosen: dict[str, Target] = {}
        for low, high in pairwise(edges):
            energy = gain**2 * float(self.own[low:high].sum())
            share = gain * float(self.both[low:high].sum()) / max(energy, 1e-30)
            variance = 2 * float(self.mixed[low:high].sum()) / max(energy, 1e-30)
            deviation = np.sqrt(variance / (max(high - low, 1) * self.n_windows))
            is_apart = energy > 0 and share < 0.5 - 2 * deviation
            chosen[f"{low * bin_hz:.0f}"] = "magnitude" if is_apart else "phase-sensitive"
        return chosen


class MagnitudeRatios:
    """Level of a reference where phases say nothing: the median ratio in its loud cells.

    Counted in steps of 0.1 dB (of the ratio) and 0.5 dB (of the loudness), so that a song can be
    looked at in parts.
    """

    def __init__(self) -> None:
        n_levels = round(float(np.diff(_LEVELS_DB)[0]) / (_STEP_DB * _LOUDNESS_PER_STEP)) + 1
        n_ratios = round(float(np.diff(_RATIOS_DB)[0]) / _STEP_DB) + 1
        self._counts = np.zeros((n_levels, n_ratios), np.int64)
        self._energies = np.zeros(n_levels)

    def add(self, reference: NDArray[np.complex64], mixture: NDArray[np.complex64]) -> None:
        """Count the cells of two spectra, complex64 (n_bins, n_windows)."""
        own, mixed = np.abs(reference).ravel(), np.abs(mixture).ravel()
        heard = own > 10 ** (_LEVELS_DB[0] / 20)
        own, mixed = own[heard], np.maximum(mixed[heard], 1e-30)
        loudness_db = 20 * np.log10(own)
        level = _step(loudness_db, _LEVELS_DB, _STEP_DB * _LOUDNESS_PER_STEP)
        ratio = _step(20 * np.log10(mixed) - loudness_db, _RATIOS_DB, _STEP_DB)
        n_levels, n_ratios = self._counts.shape
        both = np.bincount(level * n_ratios + ratio, minlength=self._counts.size)
        self._counts += both.reshape(self._counts.shape)
        self._energies += np.bincount(level, own.astype(np.float64) ** 2, n_levels)

    def median_gain(self) -> float:
        """Level of the reference in the mix; positive."""
        falling = np.cumsum(self._energies[::-1])
        n_loud = 1 + int(np.searchsorted(falling, LOUD_SHARE * falling[-1]))
        counts = np.cumsum(self._counts[::-1][:n_loud].sum(0))
        step = int(np.searchsorted(counts, counts[-1] / 2))
        return float(10 ** ((_RATIOS_DB[0] + step * _STEP_DB) / 20))


def _step(
    values_db: NDArray[np.floating], range_db: tuple[float, float], step_db: float
) -> NDArray[np.int64]:
    return np.rint((np.clip(values_db, *range_db) - range_db[0]) / step_db).astype(np.int64)
