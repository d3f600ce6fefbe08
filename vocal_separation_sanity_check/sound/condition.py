"""In what condition a sound is: cut off at its peaks, or flattened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TOP = 0.98
"""Of the largest sample of a channel and sign: from there on a flat top may be."""
_LEVEL = 1e-3
"""Of that sample: neighbours on a flat top differ by less."""
_EVERY = 7
"""One of so many samples is enough to know how high most of them are."""
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


def condition_of(samples: NDArray[np.float32]) -> Condition:
    """Look at a sound as it came from its file.

    Parameters
    ----------
    samples : float32, shape (n_samples, n_channels)

    Returns
    -------
    Condition
    """
    highest, lowest = samples.max(axis=0), samples.min(axis=0)
    peak = float(max(highest.max(), -lowest.min()))
    means = samples.mean(axis=0, dtype=np.float64)
    if not peak > 0:
        return Condition(0.0, 0.0, 0.0)
    n_flat = sum(
        _n_flat(sign * samples[:, channel], float(sign * top[channel]))
        for sign, top in ((1, highest), (-1, lowest))
        for channel in range(samples.shape[1])
    )
    some = np.abs(samples[::_EVERY] - means).ravel()
    common_peak = float(np.quantile(some, 1 - _PEAK_SHARE))
    rms = float(np.sqrt(np.square(some).mean()))
    return Condition(
        flat_share=n_flat / samples.size,
        flat_db=float(20 * np.log10(peak)),
        crest_db=float(20 * np.log10(max(common_peak, 1e-30) / max(rms, 1e-30))),
    )


def _n_flat(samples: NDArray[np.float32], top: float) -> int:
    """How many samples lie on flat tops of three and more."""
    if not top > 0:
        return 0
    places = np.flatnonzero(samples >= _TOP * top)
    is_level = (np.diff(places) == 1) & (np.abs(np.diff(samples[places])) <= _LEVEL * top)
    third = is_level[1:] & is_level[:-1]
    begins = third.copy()
    begins[1:] &= ~third[:-1]
    return int(third.sum()) + 2 * int(begins.sum())  # the first of a run counts for three
