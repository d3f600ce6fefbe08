"""What is believed of a path before it is heard: delays that get weaker with time, as in a room.

Each tap is drawn from a Gaussian around 0, or around the path of the stretch before. Its variance
falls with the delay by 60 dB in the decay time::

    variance(delay) = 10^(level_db / 10) · 10^(-6 delay / decay_s)

One over it is the penalty of least squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

BAND_EDGES_HZ = (0.0, 150.0, 300.0, 600.0, 1200.0, 2400.0, 4800.0, 9600.0)
"""Lower edges of the bands that have a prior each; rooms and voices differ between them."""


@dataclass(frozen=True)
class PathPrior:
    """One belief.

    Attributes
    ----------
    follows : bool
        Around the path of the stretch before; else around 0.
    level_db : float
        Variance of the tap without delay.
    decay_s : float
        In which the variance falls by 60 dB.
    """

    follows: bool
    level_db: float
    decay_s: float

    def penalty(self, delays_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """One over the variance, for each delay."""
        return np.asarray(10 ** (-self.level_db / 10 + 6 * np.abs(delays_s) / self.decay_s))


FRESH = tuple(PathPrior(False, *each) for each in product((-20.0, -10.0, 0.0), (0.3, 1, 3)))
FOLLOWING = tuple(PathPrior(True, *each) for each in product((-40.0, -30.0, -20.0), (1, 3)))
CANDIDATES = FRESH + FOLLOWING
USUAL = PathPrior(False, -10.0, 1.0)
"""Weights are found with it before anything is decided."""


def bands_of(n_bins: int, nyquist_hz: float) -> NDArray[np.int64]:
    """Number of the band that each bin belongs to, shape (n_bins,)."""
    frequencies_hz = np.linspace(0, nyquist_hz, n_bins)
    return np.searchsorted(BAND_EDGES_HZ, frequencies_hz, side="right").astype(np.int64) - 1
