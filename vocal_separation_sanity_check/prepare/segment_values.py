"""A segment of a timeline as `alignment.json` has it: written for people, and read back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment import Clock, Segment
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.thinned_wander import thinned_wander

_DAY_S = 86_400.0
_MOST_POINTS = 200_000
"""Of one segment's wander: fifty for each second of an hour."""
_LARGEST_DRIFT_PPM = 1e5
_STEEPEST = 0.5
"""Seconds of delay a second; with one the reference would stand still, and beyond run backwards."""
_LONGEST_SHOWN = 60
"""Characters of a wrong value that a message repeats."""


def segment_facts(segment: Segment, sample_rate_hz: float, *, is_found: bool) -> dict[str, Any]:
    """Give what `alignment.json` holds of a segment.

    Parameters
    ----------
    segment : Segment
    sample_rate_hz : float
    is_found : bool
        False where the user placed it, or nobody did: then no confidence was measured.

    Returns
    -------
    dict
        Times in seconds; ``offset_ms``, ``drift_ppm`` and ``wander`` are the clock's, so that the
        delay is ``offset_ms`` where the song begins, wherever the segment does.
    """
    clock = segment.clock
    begin_s, end_s = (sample / sample_rate_hz for sample in (segment.begin, segment.end))
    ends = clock.positions(np.array([segment.begin, segment.end], dtype=np.float64))
    known = np.isfinite(segment.uncertainty_samples)
    return {
        "song_from_s": round(begin_s, 6),
        "song_to_s": round(end_s, 6),
        "reference_from_s": round(float(ends[0]) / sample_rate_hz, 6),
        "reference_to_s": round(float(ends[1]) / sample_rate_hz, 6),
        "offset_ms": clock.offset_samples / sample_rate_hz * 1e3,
        "drift_ppm": clock.drift_ppm,
        "wander": _pairs(*thinned_wander(segment, sample_rate_hz), sample_rate_hz),
        "confidence": segment.confidence if is_found else None,
        "uncertainty_ms": _pairs(
            segment.uncertainty_at_samples[known],
            segment.uncertainty_samples[known],
            sample_rate_hz,
        ),
    }


def given_segment(given: Any, where: str, sample_rate_hz: float) -> Segment:
    """Read a segment as `segment_facts` gave it, or as somebody changed it.

    Parameters
    ----------
    given : object
        What the JSON holds; ``song_from_s``, ``song_to_s``, ``offset_ms``, ``drift_ppm`` and
        ``wander`` decide.
    where : str
        What a message calls it.
    sample_rate_hz : float
        Of the signals that it is for.

    Returns
    -------
    Segment

    Raises
    ------
    InputError
        If a value is missing or cannot be meant.
    """
    if not isinstance(given, dict):
        raise InputError(f"{where} is {shown(given)}, wanted its keys and values in braces")
    begin_s = _number(given, "song_from_s", where, 0, _DAY_S)
    end_s = _number(given, "song_to_s", where, 0, _DAY_S)
    begin, end = round(begin_s * sample_rate_hz), round(end_s * sample_rate_hz)
    if begin >= end:
        raise InputError(
            f"{where} goes from {begin_s:g} s to {end_s:g} s of the song, wanted it to end after "
            "it begins; to leave a segment out, delete it"
        )
    offset_ms = _number(given, "offset_ms", where, -1e3 * _DAY_S, 1e3 * _DAY_S)
    drift_ppm = _number(given, "drift_ppm", where, -_LARGEST_DRIFT_PPM, _LARGEST_DRIFT_PPM)
    at_samples, wander_samples = _wander(given, where, sample_rate_hz)
    # In milliseconds a whole number of samples is one no more: by a millionth it is again.
    offset_samples = round(offset_ms * 1e-3 * sample_rate_hz, 6)
    clock = Clock(offset_samples, drift_ppm, at_samples, wander_samples)
    return Segment(begin, end, clock)


def _wander(
    given: Mapping[str, Any], where: str, sample_rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = _value(given, "wander", where)
    if not isinstance(points, list) or len(points) > _MOST_POINTS:
        size = f"{len(points)} points" if isinstance(points, list) else shown(points)
        raise InputError(
            f"wander in {where} is {size}, wanted a list of [song_s, delay_ms] pairs, at most "
            f"{_MOST_POINTS}; [] for a clock that runs evenly"
        )
    for point in points:
        if not isinstance(point, list) or len(point) != 2:
            raise InputError(
                f"wander in {where} holds {shown(point)}, wanted pairs, [song_s, delay_ms]"
            )
        for value in point:
            _checked_number(value, f"wander in {where}", -1e3 * _DAY_S, 1e3 * _DAY_S)
    if not points:
        return np.zeros(0), np.zeros(0)
    times_s, delays_ms = np.array(points, dtype=np.float64).T
    if len(points) < 2 or not np.all(np.diff(times_s) > 0):
        raise InputError(
            f"wander in {where} holds points at {shown(times_s.tolist())} s, wanted two or more, "
            "each later than the one before; [] for a clock that runs evenly"
        )
    clock = Clock(wander_at_samples=times_s, wander_samples=delays_ms * 1e-3)
    # Between two points a cubic can be steeper than the points are.
    dense_s = np.interp(np.arange(0, len(times_s) - 0.75, 0.25), np.arange(len(times_s)), times_s)
    slopes = np.abs(np.diff(clock.delay(dense_s)) / np.diff(dense_s))
    if not np.all(slopes < _STEEPEST):
        raise InputError(
            f"wander in {where} changes by {slopes.max():.2g} s a second, wanted under "
            f"{_STEEPEST:g}; are delays in milliseconds? A jump is a cut between two segments"
        )
    return times_s * sample_rate_hz, delays_ms * 1e-3 * sample_rate_hz


def _value(given: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in given:
        raise InputError(f"{where} has no {key}; copy it from the alignment.json as it was written")
    return given[key]


def _number(given: Mapping[str, Any], key: str, where: str, lowest: float, highest: float) -> float:
    return _checked_number(_value(given, key, where), f"{key} in {where}", lowest, highest)


def _checked_number(value: Any, what: str, lowest: float, highest: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Comparing comes first: a whole number may be too large for a float.
    if not is_number or not lowest <= value <= highest or not math.isfinite(value):
        raise InputError(f"{what} is {shown(value)}, wanted a number, {lowest:g} to {highest:g}")
    return float(value)


def shown(value: Any) -> str:
    """Give a wrong value as a message repeats it, cut short."""
    text = "missing" if value is None else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _pairs(
    at_samples: NDArray[np.float64], delays_samples: NDArray[np.float64], sample_rate_hz: float
) -> list[list[float]]:
    """Seconds and milliseconds, to the millionth."""
    rows = np.stack([at_samples, delays_samples * 1e3], axis=1) / sample_rate_hz
    return [[round(float(x), 6) for x in row] for row in rows]
