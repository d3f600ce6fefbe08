"""What speaks for a clock: windows whose peaks lie on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.correlation import LocalLags
from vocal_separation_sanity_check.alignment.windows import lags_along, say_of
from vocal_separation_sanity_check.sound import Signal

_REACH_S = 0.012
"""Lags that are looked at: a place stands out of its surroundings."""
_TOLERANCE_S = 2e-4
"""Distance from the clock at which a window has lost 63 % of its say."""


@dataclass(frozen=True)
class Evidence:
    """What windows along a clock say about it.

    Attributes
    ----------
    times_s : float64, shape (n_windows,)
        Middle of each window, on the mixture's clock.
    lags_samples : float64, shape (n_windows,)
        What each window would still add to the clock's delay.
    weights : float64, shape (n_windows,)
        In [0, 1]: say of the window, 0 where it was outvoted.
    standout : float
        Height of the correlation stacked along the clock over its noise.
    held : float
        Part of what the reference should be heard of, in [0, 1], in windows whose peak does.
    """

    times_s: NDArray[np.float64]
    lags_samples: NDArray[np.float64]
    weights: NDArray[np.float64]
    standout: float
    held: float


def evidence_along(
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    clock: Clock,
    polarity: int,
) -> Evidence | None:
    """Ask windows what they say about a clock.

    Parameters
    ----------
    mixture, reference : Signal
    sample_rate_hz : float
    clock : Clock
    polarity : int

    Returns
    -------
    Evidence or None
        None where no window holds any of the reference.
    """
    lags = lags_along(mixture, reference, sample_rate_hz, clock, _REACH_S)
    if len(lags.times_s) < 1:
        return None
    say = say_of(lags)
    on_clock = np.exp(-((lags.lags_samples / (_TOLERANCE_S * sample_rate_hz)) ** 2)) * (
        lags.signs == polarity
    )
    weights = say * on_clock
    return Evidence(
        times_s=lags.times_s,
        lags_samples=lags.lags_samples,
        weights=weights / max(float(weights.max()), 1e-30),
        standout=_stacked_standout(lags, polarity, sample_rate_hz),
        held=float(lags.per_gain @ on_clock / lags.per_gain.sum()),
    )


def _stacked_standout(lags: LocalLags, polarity: int, rate: float) -> float:
    """Peak of the windows' summed correlations over its own surroundings.

    Windows overlap, so their noise does not average out; measuring it in the stack itself keeps
    the figure honest. Tones that recur at the pitch period raise the surroundings, not the peak.
    """
    reach = lags.correlations.shape[1] // 2
    stack = lags.correlations.sum(axis=0, dtype=np.float64)
    away = np.abs(np.arange(-reach, reach + 1)) > 0.0008 * rate
    noise = float(np.sqrt(np.mean(stack[away] ** 2)))
    peak = float(np.max(polarity * stack[reach - 1 : reach + 2]))
    return max(peak, 0.0) / max(noise, 1e-30)
