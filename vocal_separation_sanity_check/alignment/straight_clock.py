"""A straight clock, exactly: robust lines through windows at the full rate."""

from __future__ import annotations

import numpy as np

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.correlation import LocalLags
from vocal_separation_sanity_check.alignment.robust_line import Line, level_line
from vocal_separation_sanity_check.alignment.windows import (
    OVERLAP,
    lags_along,
    line_through,
    say_of,
)
from vocal_separation_sanity_check.sound import Signal

_REACH_S = 0.012
"""Farthest that a rough clock may be off."""
_ROUND_TOLERANCE_S = 2e-4
"""Distance from the line at which a window has lost 63 % of its say, while the clock is mended."""
_TOLERANCE_S = 5e-5
"""The same in the end."""
_ROUNDS = 3
"""At most."""
_SETTLED_SAMPLES = 0.5
"""Where no window would move the reference by more, another round would not either."""
_SNAP_ERRORS = 3.0
"""Standard errors within which a drift is taken for none and an offset for a whole number."""
_SNAP_SAMPLES = 0.25
"""The most that either may move any sample, however large the standard error is."""


def straight_clock(
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    clock: Clock,
) -> Clock | None:
    """Refine a line at the full rate.

    Parameters
    ----------
    mixture, reference : Signal
    sample_rate_hz : float
    clock : Clock
        Without wander, right to within about 10 ms.

    Returns
    -------
    Clock or None
        Without drift, and of whole samples, where windows cannot tell it from that; None where
        fewer than two windows hold any of the reference.
    """
    lags = lags_along(mixture, reference, sample_rate_hz, clock, _REACH_S)
    for _ in range(_ROUNDS):
        if len(lags.times_s) >= 2:
            _, line, _ = line_through(lags, _ROUND_TOLERANCE_S * sample_rate_hz, sample_rate_hz)
            clock = clock.with_line(line.start, line.slope / sample_rate_hz)
            lags = lags_along(mixture, reference, sample_rate_hz, clock, _REACH_S)
        if len(lags.times_s) < 2:
            return None
        polarity, line, _ = line_through(lags, _TOLERANCE_S * sample_rate_hz, sample_rate_hz)
        # A clock that is still off smears the windows: look again once it is mended.
        if np.abs(line.at(lags.times_s)).max(initial=0.0) < _SETTLED_SAMPLES:
            break
    moved = clock.with_line(line.start, line.slope / sample_rate_hz)
    return _snapped(moved, clock, lags, line, polarity, sample_rate_hz)


def _snapped(
    moved: Clock, before: Clock, lags: LocalLags, line: Line, polarity: int, rate: float
) -> Clock:
    """No drift, and whole samples, where the windows cannot tell them from what was found.

    Digital copies run on one clock, and cuts fall on samples. Drift is dropped if it is within
    three standard errors of zero and moves nothing by a quarter of a sample; then the offset is
    taken again without it, and rounded if that is within three standard errors, or 0.03 samples.
    """
    # Overlapping windows repeat each other: as many are independent as fit side by side.
    repeats = np.sqrt(OVERLAP)
    drift_error_ppm = repeats * float(np.sqrt(max(line.covariance[1, 1], 0.0))) / rate * 1e6
    reach = moved.drift_ppm * 1e-6 * float(np.ptp(lags.times_s)) * rate
    if abs(moved.drift_ppm) > _SNAP_ERRORS * drift_error_ppm + 0.05 or abs(reach) > _SNAP_SAMPLES:
        return moved
    delays = before.delay(lags.times_s * rate) + lags.lags_samples
    weights = say_of(lags) * (lags.signs == polarity)
    near = float(np.median(moved.delay(lags.times_s * rate)))
    level = level_line(lags.times_s, delays, weights, _TOLERANCE_S * rate, near)
    error = repeats * float(np.sqrt(max(level.covariance[0, 0], 0.0)))
    whole = round(level.start)
    allowed = min(_SNAP_SAMPLES, max(0.03, _SNAP_ERRORS * error))
    offset = float(whole) if abs(level.start - whole) < allowed else level.start
    return Clock(offset)
