"""What follows from a timeline: how exactly it is known, and where the song has no reference."""

from __future__ import annotations

import numpy as np

from vocal_separation_sanity_check.alignment import Timeline

_AUDIBLE_RAD = 0.5
"""Phase error from which subtraction leaves something: half of the amplitude, -6 dB."""
_SHORTEST_GAP_S = 0.001
"""Shorter ones are how a cut was rounded."""


def uncertainty_ms(timeline: Timeline, sample_rate_hz: float) -> float | None:
    """Typical standard error of the delay.

    Parameters
    ----------
    timeline : Timeline
    sample_rate_hz : float

    Returns
    -------
    float or None
        Median over all segments, in milliseconds; None where nothing is known of it, as of a
        clock that the user gave.
    """
    errors = np.concatenate([segment.uncertainty_samples for segment in timeline.segments])
    errors = errors[np.isfinite(errors)]
    return float(np.median(errors)) / sample_rate_hz * 1e3 if len(errors) else None


def shows_above_hz(uncertainty: float | None, sample_rate_hz: float) -> float | None:
    """Frequency above which such an uncertainty shows.

    There the phase is off by half a radian: ``f = 0.5 / (2 pi sigma)``.

    Parameters
    ----------
    uncertainty : float or None
        Standard error of the delay in milliseconds.
    sample_rate_hz : float

    Returns
    -------
    float or None
        None where that is above all that can sound.
    """
    if not uncertainty:
        return None
    frequency_hz = _AUDIBLE_RAD / (2 * np.pi * uncertainty * 1e-3)
    return frequency_hz if frequency_hz < sample_rate_hz / 2 else None


def silent_s(
    timeline: Timeline, n_samples: int, sample_rate_hz: float
) -> list[tuple[float, float]]:
    """Stretches of the song for which the reference has nothing.

    Parameters
    ----------
    timeline : Timeline
    n_samples : int
        Length of the song.
    sample_rate_hz : float

    Returns
    -------
    list of (float, float)
        Where they begin and end, in seconds of the song.
    """
    ends = [0, *(segment.end for segment in timeline.segments)]
    begins = [*(segment.begin for segment in timeline.segments), n_samples]
    return [
        (end / sample_rate_hz, begin / sample_rate_hz)
        for end, begin in zip(ends, begins, strict=True)
        if begin - end > _SHORTEST_GAP_S * sample_rate_hz
    ]
