"""In what condition a sound is: cut off at its peaks, or flattened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TOP = 0.98
"""Of the largest sample of a channel and sign: from there on a flat top may be."""
_LEVEL = 1e-3
"""Of that sample: neighbours on a flat top differ by less."""
_QUIETEST = 1e-6
"""Tops under -120 dB are none."""
_N_LEVELS = 33_000
"""A thousandth apart, from there to far beyond full scale."""
_EVERY, _MOST = 7, 1 << 20
"""One of seven samples, and no more than a million, are enough to know how high most are."""
_PEAK_SHARE = 5e-4
"""Of all samples lie above the peak that is compared with the RMS: single clicks do not count."""


@dataclass(frozen=True)
class Condition:
    """What is wrong with a sound, in figures.

    Attributes
    ----------
    flat_share : float
        Of the samples that lie on flat tops: three in a row or more that do not move, at the
        channel's peak. Sounds that were never cut off have less than 1/10 000.
    flat_db : float
        How high these tops are, in dB of full scale.
    crest_db : float
        Of the peaks over the RMS. Music has 8 dB and more, a sine 3, what was cut off by 20 dB
        and then coded 3 to 5.
    """

    flat_share: float
    flat_db: float
    crest_db: float


class ConditionStatistics:
    """What tells the condition of a sound, added up over its parts as they come from the file.

    Parameters
    ----------
    n_channels : int
    """

    def __init__(self, n_channels: int) -> None:
        self._tops = np.zeros((2, n_channels), np.float32)
        self._n_flat = np.zeros((2, n_channels, _N_LEVELS), np.int64)
        self._sums, self._n_samples = np.zeros(n_channels), 0
        self._some, self._every = [np.zeros((0, n_channels), np.float32)], _EVERY

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add a part, float32, shape (n_samples, n_channels)."""
        if not len(samples):
            return
        tops = np.stack([samples.max(axis=0), -samples.min(axis=0)])
        self._tops = np.maximum(self._tops, tops)
        for row, sign in enumerate((1, -1)):
            for channel, top in enumerate(self._tops[row]):
                levels = _flat_levels(sign * samples[:, channel], float(top))
                self._n_flat[row, channel] += np.bincount(levels, minlength=_N_LEVELS)
        self._sums += samples.sum(axis=0, dtype=np.float64)
        self._some.append(samples[-self._n_samples % self._every :: self._every])
        self._n_samples += len(samples)
        while sum(map(len, self._some)) > _MOST:
            self._some, self._every = [np.concatenate(self._some)[::2]], 2 * self._every

    def found(self) -> Condition:
        """Tell the condition of all of them."""
        peak = float(self._tops.max())
        if not peak > 0:
            return Condition(0.0, 0.0, 0.0)
        lowest = _level_of(np.maximum(_TOP * self._tops, _QUIETEST))
        is_top = np.arange(_N_LEVELS) >= lowest[..., None]
        is_top &= self._tops[..., None] > 0
        some = np.abs(np.concatenate(self._some) - self._sums / self._n_samples).ravel()
        common_peak = float(np.quantile(some, 1 - _PEAK_SHARE))
        rms = float(np.sqrt(np.square(some).mean()))
        return Condition(
            flat_share=float((self._n_flat * is_top).sum() / (self._n_samples * len(self._sums))),
            flat_db=float(20 * np.log10(peak)),
            crest_db=float(20 * np.log10(max(common_peak, 1e-30) / max(rms, 1e-30))),
        )


def _level_of(heights: NDArray[np.floating]) -> NDArray[np.intp]:
    """Levels a thousandth apart, so that what was a top is told from what was one only so far."""
    found = np.log(heights / _QUIETEST) / _LEVEL
    return np.clip(found, 0, _N_LEVELS - 1).astype(np.intp)


def _flat_levels(samples: NDArray[np.float32], top: float) -> NDArray[np.intp]:
    """Levels of the samples that lie on flat tops of three and more."""
    if not top > _QUIETEST:
        return np.zeros(0, np.intp)
    places = np.flatnonzero(samples >= _TOP * top)
    is_level = (np.diff(places) == 1) & (np.abs(np.diff(samples[places])) <= _LEVEL * top)
    third = is_level[1:] & is_level[:-1]
    begins = third.copy()
    begins[1:] &= ~third[:-1]
    # The first of a run counts for three.
    counts = third.astype(np.intp) + 2 * begins
    return np.repeat(_level_of(samples[places[2:]]), counts[: max(0, len(places) - 2)])
