"""Moments and lengths of songs as people write them: seconds, and minutes from a minute on."""

from __future__ import annotations

import math

MOST_LABELS = 11
"""Of a time axis; more would run into each other on a telephone."""
STEPS_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
"""Between two labels of an axis."""
MINUTE_S, HOUR_S = 60, 3600


def step_s(length_s: float) -> float:
    """Choose what lies between two labels of a time axis.

    Parameters
    ----------
    length_s : float
        What the axis shows.

    Returns
    -------
    float
        One of `STEPS_S`, or whole hours.
    """
    fitting = [step for step in STEPS_S if length_s < MOST_LABELS * step]
    return fitting[0] if fitting else HOUR_S * math.ceil(length_s / (MOST_LABELS * HOUR_S))


def time_label(moment_s: float, duration_s: float, n_digits: int = 0) -> str:
    """Name a moment of a song: ``4.5 s``; in songs from a minute on ``1:30``, or ``2:00:00``.

    Parameters
    ----------
    moment_s : float
    duration_s : float
        Length of the song, which decides on the form.
    n_digits : int
        Of the seconds behind the point, in songs from a minute on.

    Returns
    -------
    str
    """
    if duration_s < MINUTE_S:
        return f"{moment_s:g} s"
    minutes, rest_s = divmod(round(moment_s, n_digits), MINUTE_S)
    seconds = f"{rest_s:0{n_digits + 3 if n_digits else 2}.{n_digits}f}"
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{seconds}" if duration_s >= HOUR_S else f"{minutes}:{seconds}"


def told_duration(duration_s: float) -> str:
    """Give a length: ``4.7 s``, ``3:29 min``, ``1:02:03 h``.

    Parameters
    ----------
    duration_s : float

    Returns
    -------
    str
    """
    if duration_s < MINUTE_S:
        return f"{duration_s:.1f} s"
    return f"{time_label(duration_s, duration_s)} {'min' if duration_s < HOUR_S else 'h'}"
