"""From a rough place of the reference to its timeline, and how much speaks for it.

Windows are correlated along the guess, a robust line goes through their peaks, the reference is
moved accordingly, and again with shorter reach at the full rate. Where the windows support it, a
smooth curve is added to the line: tape and vinyl wander.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.correlation import LocalLags, local_lags
from vocal_separation_sanity_check.alignment.robust_line import (
    Line,
    level_line,
    robust_line,
)
from vocal_separation_sanity_check.alignment.timeline import Timeline, warp
from vocal_separation_sanity_check.alignment.wander import (
    smoothest_path,
    supported_curve,
)

_ROUGH_RATE_HZ = 4000.0
"""Sample rate of the rough rounds; most of a voice's energy lies under half of it."""
_WINDOW_S = 1.0
"""Length of a window: long enough to hold a voice, short enough for a clock to stand still."""
_OVERLAP = 4
"""Windows that hold any one sample."""
_MOST_WINDOWS = 240
"""In a song; beyond, they lie further apart, so that the time a song takes stays bounded."""
_NOISE_STANDOUT = 4.0
"""Height of a correlation peak, in root mean squares, that noise alone reaches in a window."""
_MOST_SAY = 12.0
"""By how much a peak may pass that and gain say: one loud window must not rule a song."""
_FINE_TOLERANCE_S = 5e-5
"""Distance from the line at which a window has lost 63 % of its say, at the full rate."""
_MAX_SLOPE = 3e-3
"""Steepest line that one round may add to the clock, in seconds a second."""
_PATH_GAIN = 1.2
"""How much more say than the line's the smoothest path's windows must have to be followed."""
_SMALLEST_WANDER_SAMPLES = 0.5
"""A curve that bends less, from its lowest to its highest point, is taken for a line."""
_SNAP_ERRORS = 3.0
"""Standard errors within which a drift is taken for none and an offset for a whole number."""
_SNAP_SAMPLES = 0.25
"""The most that either may move any sample, however large the standard error is."""


@dataclass(frozen=True)
class _Round:
    """One look at the windows: how wide, how strict, and how flexible a curve may follow."""

    reach_s: float
    tolerance_s: float
    knot_distance_s: float


_ROUGH_ROUNDS = (_Round(0.025, 2e-3, 2.5), _Round(0.025, 5e-4, 2.5))
"""The search is right to 25 ms. The first round finds the line, the second drops what is off it."""
_FINE_ROUND = _Round(0.012, 2e-4, 1.5)
_FINE_ROUNDS = 3
"""At the full rate, at most."""
_SETTLED_SAMPLES = 0.5
"""Where no window would move the reference by more, another round would not either."""


@dataclass(frozen=True)
class Track:
    """A timeline and the evidence for it.

    Attributes
    ----------
    timeline : Timeline
    polarity : int
        1 or -1.
    times_s : float64, shape (n_windows,)
        Middle of each window, on the mixture's clock.
    lags_samples : float64, shape (n_windows,)
        What each window would still add to the timeline's delay.
    weights : float64, shape (n_windows,)
        In [0, 1]: say of the window, 0 where it was outvoted.
    standout : float
        Height of the correlation stacked along the timeline over its noise.
    agreement : float
        Part of the windows' evidence, in [0, 1], whose own peak lies on the timeline.
    error_samples : float
        Largest standard error of the timeline where the reference sounds.
    """

    timeline: Timeline
    polarity: int
    times_s: NDArray[np.float64]
    lags_samples: NDArray[np.float64]
    weights: NDArray[np.float64]
    standout: float
    agreement: float
    error_samples: float


def track(
    mixture: NDArray[np.float32],
    reference: NDArray[np.float32],
    sample_rate_hz: float,
    start: Timeline,
) -> Track | None:
    """Refine a rough timeline.

    Parameters
    ----------
    mixture, reference : float32, shape (n_mixture_samples,), (n_reference_samples,)
    sample_rate_hz : float
    start : Timeline
        Right to within about 25 ms wherever the reference sounds.

    Returns
    -------
    Track or None
        None where fewer than two windows hold any of the reference.
    """
    rough_rate = min(_ROUGH_RATE_HZ, sample_rate_hz)
    low = [soxr.resample(signal, sample_rate_hz, rough_rate) for signal in (mixture, reference)]
    timeline = start.at_rate(rough_rate / sample_rate_hz)
    for look in _ROUGH_ROUNDS:
        lags = _lags(low[0], low[1], rough_rate, timeline, look.reach_s)
        if len(lags.times_s) < 2:
            return None
        timeline = _followed(lags, timeline, rough_rate, look)
    timeline = timeline.at_rate(sample_rate_hz / rough_rate)
    lags = _lags(mixture, reference, sample_rate_hz, timeline, _FINE_ROUND.reach_s)
    for _ in range(_FINE_ROUNDS):
        if len(lags.times_s) >= 2:
            timeline = _followed(lags, timeline, sample_rate_hz, _FINE_ROUND)
            lags = _lags(mixture, reference, sample_rate_hz, timeline, _FINE_ROUND.reach_s)
        if len(lags.times_s) < 2:
            return None
        polarity, line = _line(lags, _FINE_TOLERANCE_S * sample_rate_hz, sample_rate_hz)
        # A clock that is still off smears the windows: look again once it is mended.
        if np.abs(line.at(lags.times_s)).max(initial=0.0) < _SETTLED_SAMPLES:
            break
    moved = timeline.with_line(line.start, line.slope / sample_rate_hz)
    snapped = _snapped(moved, timeline, lags, line, polarity, sample_rate_hz)
    return _judged(snapped, timeline, lags, line, polarity, sample_rate_hz)


def _lags(
    mixture: NDArray[np.float32],
    reference: NDArray[np.float32],
    rate: float,
    timeline: Timeline,
    reach_s: float,
) -> LocalLags:
    duration_s = len(mixture) / rate
    window_s = min(_WINDOW_S, duration_s / 3)
    hop_s = max(window_s / _OVERLAP, (duration_s - window_s) / _MOST_WINDOWS)
    moved = warp(reference, timeline, len(mixture))
    return local_lags(mixture, moved, rate, window_s, hop_s, reach_s)


def _say(lags: LocalLags) -> NDArray[np.float64]:
    """Say of each window; limited, so that a few loud ones do not decide for a whole song."""
    return np.clip(lags.standouts - _NOISE_STANDOUT, 0.01, _MOST_SAY) ** 2


def _line(lags: LocalLags, tolerance: float, rate: float) -> tuple[int, Line]:
    """Better of the lines through the peaks of either polarity."""
    lines, support = {}, {}
    for polarity in (1, -1):
        own = lags.signs == polarity
        weights = _say(lags) * np.where(own, 1.0, 1e-6)
        line = robust_line(lags.times_s, lags.lags_samples, weights, tolerance, _MAX_SLOPE * rate)
        lines[polarity] = line
        support[polarity] = float(np.sum(weights[own] * line.agreement[own]))
    polarity = max(support, key=lambda sign: support[sign])
    return polarity, lines[polarity]


def _followed(lags: LocalLags, timeline: Timeline, rate: float, look: _Round) -> Timeline:
    """The timeline moved onto the windows' peaks: by a line, and a curve if that is supported."""
    tolerance = look.tolerance_s * rate
    polarity, line = _line(lags, tolerance, rate)
    straight = timeline.with_line(line.start, line.slope / rate)
    own = (lags.signs == polarity) & (lags.standouts > _NOISE_STANDOUT)
    on_path = own & (np.abs(lags.lags_samples - smoothest_path(lags, polarity)) < tolerance)
    on_line = own & (np.abs(lags.lags_samples - line.at(lags.times_s)) < tolerance)
    say = _say(lags)
    if say[on_path].sum() > _PATH_GAIN * say[on_line].sum():
        on_line = on_path
    times_s, values = lags.times_s[on_line], lags.lags_samples[on_line]
    still = values - line.at(times_s)
    curve = supported_curve(times_s, still, say[on_line], tolerance, look.knot_distance_s)
    if curve is None or np.ptp(curve[1]) < _SMALLEST_WANDER_SAMPLES:
        return straight
    return straight.with_wander(curve[0] * rate, curve[1])


def _snapped(
    moved: Timeline, before: Timeline, lags: LocalLags, line: Line, polarity: int, rate: float
) -> Timeline:
    """No drift, and whole samples, where the windows cannot tell them from what was found.

    Digital copies run on one clock, and cuts fall on samples. Drift is dropped if it is within
    three standard errors of zero and moves nothing by a quarter of a sample; then the offset is
    taken again without it, and rounded if that is within three standard errors, or 0.03 samples.
    """
    if moved.wander_samples.any():
        return moved
    # Overlapping windows repeat each other: as many are independent as fit side by side.
    repeats = np.sqrt(_OVERLAP)
    drift_error_ppm = repeats * float(np.sqrt(max(line.covariance[1, 1], 0.0))) / rate * 1e6
    reach = moved.drift_ppm * 1e-6 * float(np.ptp(lags.times_s)) * rate
    if abs(moved.drift_ppm) > _SNAP_ERRORS * drift_error_ppm + 0.05 or abs(reach) > _SNAP_SAMPLES:
        return moved
    delays = before.delay(lags.times_s * rate) + lags.lags_samples
    weights = _say(lags) * (lags.signs == polarity)
    near = float(np.median(moved.delay(lags.times_s * rate)))
    level = level_line(lags.times_s, delays, weights, _FINE_TOLERANCE_S * rate, near)
    error = repeats * float(np.sqrt(max(level.covariance[0, 0], 0.0)))
    whole = round(level.start)
    allowed = min(_SNAP_SAMPLES, max(0.03, _SNAP_ERRORS * error))
    offset = float(whole) if abs(level.start - whole) < allowed else level.start
    return Timeline(offset)


def _judged(
    timeline: Timeline, before: Timeline, lags: LocalLags, line: Line, polarity: int, rate: float
) -> Track:
    """Evidence for a timeline, measured on the lags along the one before it."""
    at = lags.times_s * rate
    further = timeline.delay(at) - before.delay(at)
    still = lags.lags_samples - further
    say = _say(lags)
    tolerance = 4 * _FINE_TOLERANCE_S * rate
    weights = say * np.exp(-((still / tolerance) ** 2)) * (lags.signs == polarity)
    heard = weights > 0.01 * weights.max()
    errors = np.sqrt(_OVERLAP) * line.error_at(lags.times_s[heard])
    return Track(
        timeline=timeline,
        polarity=polarity,
        times_s=lags.times_s,
        lags_samples=still,
        weights=weights / max(float(weights.max()), 1e-30),
        standout=_stacked_standout(lags, further, polarity, rate),
        agreement=float(weights.sum() / say.sum()),
        error_samples=float(errors.max(initial=0.0)) if heard.any() else np.inf,
    )


def _stacked_standout(
    lags: LocalLags, further: NDArray[np.float64], polarity: int, rate: float
) -> float:
    """Peak of the windows' summed correlations along the timeline, over its own surroundings.

    Windows overlap, so their noise does not average out; measuring it in the stack itself keeps
    the figure honest. Tones that recur at the pitch period raise the surroundings, not the peak.
    """
    reach = lags.correlations.shape[1] // 2
    shifts = np.clip(np.round(further).astype(int), -reach, reach)
    stack = np.zeros(2 * reach + 1)
    for row, shift in zip(lags.correlations, shifts, strict=True):
        stack += np.roll(row, -shift)
    away = np.abs(np.arange(-reach, reach + 1)) > 0.0008 * rate
    noise = float(np.sqrt(np.mean(stack[away] ** 2)))
    peak = float(np.max(polarity * stack[reach - 1 : reach + 2]))
    return max(peak, 0.0) / max(noise, 1e-30)
