"""What a path is like, for people: how loud its echoes are, band by band, and how fast they die."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.rebuilding.late_path import LatePath

_FIRST_ECHO_S = 0.09
"""Earlier taps are tone: a window's own sound."""
_FEWEST_DELAYS = 4
_LONGEST_S = 10.0
"""A slower decay is none: a delay that repeats, or chance."""
_DEEPEST_DB = -18.0
"""Under the loudest echo: what is weaker is noise of the estimate."""


@dataclass(frozen=True)
class EchoDecay:
    """Echoes of a stretch by band and delay.

    Attributes
    ----------
    powers : float64, shape (n_bands, n_delays)
        Mean power of the taps that are used; NaN in bands without a path.
    energies : float64, shape (n_bands, n_delays)
        The same as far as it is known, without what the prior takes; chance makes some negative.
    delays_s : float64, shape (n_delays,)
        From the first that counts as an echo on.
    """

    powers: NDArray[np.float64]
    energies: NDArray[np.float64]
    delays_s: NDArray[np.float64]

    @classmethod
    def of(cls, path: LatePath) -> EchoDecay:
        """Sum up a path."""
        late = path.delays_s >= _FIRST_ECHO_S
        squares = np.square(np.abs(path.taps[:, late]), dtype=np.float64)
        powers = np.full((len(path.priors), int(late.sum())), np.nan)
        for band, prior in enumerate(path.priors):
            if prior is not None:
                powers[band] = squares[path.bands == band].mean(axis=0)
        return cls(powers, path.energies[:, late], path.delays_s[late])


def reverberation_s(energies: NDArray[np.float64], delays_s: NDArray[np.float64]) -> float | None:
    """Time in which echoes fall by 60 dB: the slope of their level over the delay.

    Parameters
    ----------
    energies : float64, shape (n_delays,)
    delays_s : float64, shape (n_delays,)

    Returns
    -------
    float or None
        None where they do not fall, or there is too little to tell.
    """
    if not np.isfinite(energies).all() or energies.max(initial=0.0) <= 0:
        return None
    level_db = 10 * np.log10(np.maximum(energies / energies.max(), 1e-12))
    loudest = int(np.argmax(level_db))
    n_heard = int(np.argmax(np.append(level_db[loudest:] < _DEEPEST_DB, True)))
    if n_heard < _FEWEST_DELAYS:
        return None
    heard = slice(loudest, loudest + n_heard)
    slope = float(np.polyfit(delays_s[heard], level_db[heard], 1)[0])
    return -60 / slope if slope < -60 / _LONGEST_S else None
