"""Lanes: the clocks on which stretches of an edited reference may run, and how well each holds.

A window of the mixture that holds the reference at gain g correlates with it, over its noise, by
about ``μ = g sqrt(E)``, with E the reference's energy, whitened as the correlation is; at another
lag, or without it, by a draw from a unit normal. The logarithm of the ratio of both likelihoods
says how much a window speaks for a lag on a lane, or against it where the reference sounds and the
mixture does not hold it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.correlation import local_lags
from vocal_separation_sanity_check.alignment.rough_pair import RoughPair
from vocal_separation_sanity_check.alignment.warping import Warped

WINDOW_S = 0.5
HOP_S = 0.125
"""Length and distance of the windows."""
REACH_S = 0.010
"""Lags on either side of a lane's clock that belong to it: record players and tapes bend."""
_TALLEST = 25.0
"""Standout beyond which a window says no more."""
_LEVEL_SPREAD = 0.4
"""By how much of itself a standout may miss the expected one: voices are compressed."""
_INDEPENDENT = 0.4
"""Share of a window's say that its overlapping neighbours have not said."""
_MOST_NATS = 4.0
"""That a window may say for a lag: two copies of one phrase are both surely there, and which of
them stands out more says nothing of which is the right one."""
_PRESENT = 6.0
"""Standout of a window that surely holds the reference."""


@dataclass(frozen=True)
class Lane:
    """A clock, and what each window of the mixture says of it.

    Attributes
    ----------
    clock : Clock
        At the pair's own rate, without wander.
    correlations : float32, shape (n_windows, n_lags)
        Over their noise, at the lags from minus to plus the reach.
    per_gain : float64, shape (n_windows,)
        What a gain of 1 would give; 0 where the reference is silent.
    """

    clock: Clock
    correlations: NDArray[np.float32]
    per_gain: NDArray[np.float64]

    @property
    def gain(self) -> float:
        """Level of the reference in the mixture, from windows that surely hold it; 0: none."""
        standouts = self.correlations.max(axis=1)
        sure = standouts > _PRESENT
        return float(np.median(standouts[sure] / self.per_gain[sure])) if sure.any() else 0.0

    def likelihood(self, gain: float) -> NDArray[np.float32]:
        """Logarithm of the likelihood ratio of each lag, float32, shape (n_windows, n_lags)."""
        expected = np.minimum(gain * self.per_gain, _TALLEST).astype(np.float32)[:, None]
        spread = 1 + np.float32(_LEVEL_SPREAD) * expected
        found = np.clip(self.correlations, -_TALLEST, _TALLEST)
        present = -0.5 * ((found - expected) / spread) ** 2 - np.log(spread)
        sounds = self.per_gain[:, None] > 0
        ratio = np.where(sounds, _INDEPENDENT * (present + 0.5 * found**2), 0)
        return np.minimum(ratio, _MOST_NATS).astype(np.float32)


def lane_along(pair: RoughPair, clock: Clock, polarity: int) -> Lane:
    """Ask the windows about a clock.

    Parameters
    ----------
    pair : RoughPair
    clock : Clock
        At the pair's rate.
    polarity : int

    Returns
    -------
    Lane
    """
    rate = pair.rate_hz
    moved = Warped(pair.reference, clock, len(pair.mixture))
    lags = local_lags(pair.mixture, moved, rate, WINDOW_S, HOP_S, REACH_S)
    n_windows = max(1, int((len(pair.mixture) / rate - WINDOW_S) / HOP_S) + 1)
    correlations = np.zeros((n_windows, lags.correlations.shape[1]), np.float32)
    per_gain = np.zeros(n_windows)
    windows = np.round((lags.times_s - WINDOW_S / 2) / HOP_S).astype(int)
    correlations[windows] = polarity * lags.correlations
    per_gain[windows] = lags.per_gain
    return Lane(clock, correlations, per_gain)
