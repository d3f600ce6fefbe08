"""Windows of a second along a clock: what they say, and the line through what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.correlation import LocalLags, local_lags
from vocal_separation_sanity_check.alignment.robust_line import Line, robust_line
from vocal_separation_sanity_check.alignment.warping import Warped
from vocal_separation_sanity_check.sound import Signal

_WINDOW_S = 1.0
"""Length of a window: long enough to hold a voice, short enough for a clock to stand still."""
OVERLAP = 4
"""Windows that hold any one sample."""
_MOST_WINDOWS = 240
"""In a song; beyond, they lie further apart, so that the time a song takes stays bounded."""
_NOISE_STANDOUT = 4.0
"""Height of a correlation peak, in root mean squares, that noise alone reaches in a window."""
_MOST_SAY = 12.0
"""By how much a peak may pass that and gain say: one loud window must not rule a song."""
_MAX_SLOPE = 3e-3
"""Steepest line that one round may add to the clock, in seconds a second."""


def lags_along(
    mixture: Signal,
    reference: Signal,
    rate: float,
    clock: Clock,
    reach_s: float,
) -> LocalLags:
    """Correlate windows of a second along a clock.

    Parameters
    ----------
    mixture, reference : Signal
        Of `n_mixture_samples` and `n_reference_samples`; only the windows are read.
    rate, reach_s : float
        Sample rate, and the largest lag that is looked at.
    clock : Clock

    Returns
    -------
    LocalLags
    """
    duration_s = len(mixture) / rate
    window_s = min(_WINDOW_S, duration_s / 3)
    hop_s = max(window_s / OVERLAP, (duration_s - window_s) / _MOST_WINDOWS)
    moved = Warped(reference, clock, len(mixture))
    return local_lags(mixture, moved, rate, window_s, hop_s, reach_s)


def say_of(lags: LocalLags) -> NDArray[np.float64]:
    """Say of each window; limited, so that a few loud ones do not decide for a whole song."""
    return np.clip(lags.standouts - _NOISE_STANDOUT, 0.01, _MOST_SAY) ** 2


def line_through(lags: LocalLags, tolerance: float, rate: float) -> tuple[int, Line, float]:
    """Better of the lines through the peaks of either polarity, and the say of those on it."""
    lines, support = {}, {}
    for polarity in (1, -1):
        own = lags.signs == polarity
        weights = say_of(lags) * np.where(own, 1.0, 1e-6)
        line = robust_line(lags.times_s, lags.lags_samples, weights, tolerance, _MAX_SLOPE * rate)
        lines[polarity] = line
        support[polarity] = float(np.sum(weights[own] * line.agreement[own]))
    polarity = max(support, key=lambda sign: support[sign])
    return polarity, lines[polarity], support[polarity]
