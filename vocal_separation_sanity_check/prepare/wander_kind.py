"""What a clock's wander looks like, in words: a record's swing, or tape's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment import Segment

_TURNS_S = {"33 1/3": 1.8, "45": 60 / 45, "78": 60 / 78}
"""How long a record takes to turn round, by its speed in rpm."""
_SAME_TURN = 0.07
"""Share by which the period may differ: turntables run a little off, and short songs tell less."""
_FEWEST_TURNS = 2.0
_SWINGING_SHARE = 0.5
"""Of the speed's variance, that one sinusoid must explain."""
_RATE_HZ = 50.0
"""At which the speed is looked at: flutter is slower than 10 Hz."""
_PADDED = 8
"""Denser than the transform's own bins, so that the period is read off to a percent."""


def told_wander(segment: Segment, sample_rate_hz: float) -> str:
    """Say what the wander of a segment's clock looks like.

    Parameters
    ----------
    segment : Segment
        Its clock wanders.
    sample_rate_hz : float

    Returns
    -------
    str
        What the reference did, such as ``swung like a record at 45 rpm (0.10 %)`` with the
        highest deviation of its speed, or ``wandered like tape (by 3.4 ms)`` with the distance
        between the extremes of the delay beyond a straight line.
    """
    duration_s = (segment.end - segment.begin) / sample_rate_hz
    times_s = np.linspace(0, duration_s, max(8, round(duration_s * _RATE_HZ)))
    wander = replace(segment.clock, offset_samples=0.0, drift_ppm=0.0)
    delays_s = wander.delay(segment.begin + times_s * sample_rate_hz) / sample_rate_hz
    period_s, swing, share = _strongest_swing(np.diff(delays_s), duration_s / (len(times_s) - 1))
    if share >= _SWINGING_SHARE and duration_s >= _FEWEST_TURNS * period_s:
        for speed, turn_s in _TURNS_S.items():
            if abs(period_s - turn_s) <= _SAME_TURN * turn_s:
                return f"swung like a record at {speed} rpm ({100 * swing:.2f} %)"
    beyond_s = delays_s - np.polynomial.Polynomial.fit(times_s, delays_s, 1)(times_s)
    return f"wandered like tape (by {np.ptp(beyond_s) * 1e3:.2g} ms)"


def _strongest_swing(steps_s: NDArray[np.float64], step_s: float) -> tuple[float, float, float]:
    """Period, amplitude and share of the variance of the speed's strongest sinusoid."""
    speed = steps_s / step_s
    speed = speed - speed.mean()
    window = np.hanning(len(speed) + 2)[1:-1]
    spectrum = np.abs(scipy.fft.rfft(speed * window, _PADDED * len(speed)))
    # The first bins hold what is slower than the song is long.
    strongest = _PADDED + int(np.argmax(spectrum[_PADDED:]))
    period_s = _PADDED * len(speed) * step_s / strongest
    amplitude = 2 * float(spectrum[strongest]) / float(window.sum())
    variance = float(np.sum(window * speed**2) / window.sum())
    return period_s, amplitude, amplitude**2 / 2 / max(variance, 1e-30)
