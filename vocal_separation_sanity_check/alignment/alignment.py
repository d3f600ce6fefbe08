"""Line a reference (acapella or instrumental) up with the mixture that holds it.

Signs, fixed for everything here. The mixture is never moved::

    aligned[n] = polarity * gain * (channel * reference)[(n - offset) / (1 + drift)]

A positive offset means that the reference started early and is delayed; a positive drift that it
ran fast, is too short, and is stretched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.alignment.channel import (
    Channel,
    apply_channel,
    estimate_channel,
    estimate_gain,
)
from vocal_separation_sanity_check.alignment.confidence import (
    CONFIDENT,
    confidence_in,
    doubt,
)
from vocal_separation_sanity_check.alignment.null_depth import NullTest, null_test
from vocal_separation_sanity_check.alignment.search import SearchRange, find_candidates
from vocal_separation_sanity_check.alignment.timeline import Timeline, warp
from vocal_separation_sanity_check.alignment.tracking import Track, track
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import checked_signal

SHORTEST_S = 0.5
"""Shorter signals hold too few independent windows to tell one place from another."""

_SEARCHES = (
    SearchRange(max_drift=1.5e-3, chunk_s=1.5, n_chunks=8, rate_hz=4000.0),
    SearchRange(max_drift=2.05e-2, chunk_s=1.5, n_chunks=6, rate_hz=4000.0),
)
_N_CANDIDATES = 3
"""Places that each search hands on to be followed; the first that convinces is taken."""


@dataclass(frozen=True)
class Alignment:
    """A reference lined up with a mixture, and everything found on the way.

    Attributes
    ----------
    aligned : float32, shape (n_mixture_samples,)
        Subtract it from the mixture for the null test.
    offset_samples, offset_ms : float
        Applied delay at the start of the mixture.
    drift_ppm : float
        Applied stretch; where the clock wanders, that of the line through the wander.
    polarity : int
        1, or -1 where the reference came inverted.
    gain_db : float
        Applied level.
    confidence : float
        In [0, 1]; see `confidence.confidence_in`.
    is_confident : bool
    reason : str
        Empty where confident; else why not, in plain words.
    timeline : Timeline
        What was applied; `timeline.delay(times_s * rate) / rate` is the curve for a plot.
    window_times_s, window_offsets_ms, window_weights : float64, shape (n_windows,)
        Delay that each local window found by itself, on the mixture's clock, and its say
        (0 to 1): the dots of that plot. They show what was found even where it was not applied.
    channel : Channel
        The other master's filter; `channel.response(rate)` is for a plot.
    null : NullTest
        Null depth before and after, coherence by band.
    """

    aligned: NDArray[np.float32]
    offset_samples: float
    offset_ms: float
    drift_ppm: float
    polarity: int
    gain_db: float
    confidence: float
    is_confident: bool
    reason: str
    timeline: Timeline
    window_times_s: NDArray[np.float64]
    window_offsets_ms: NDArray[np.float64]
    window_weights: NDArray[np.float64]
    channel: Channel
    null: NullTest


@dataclass(frozen=True)
class _Found:
    timeline: Timeline
    polarity: int
    evidence: Track | None
    confidence: float


def align(
    mixture: ArrayLike,
    reference: ArrayLike,
    sample_rate_hz: float,
    *,
    offset_ms: float | None = None,
    drift_ppm: float | None = None,
    polarity: int | None = None,
) -> Alignment:
    """Line a reference up with the mixture: time, clock, polarity, level, tone.

    Parameters
    ----------
    mixture, reference : array_like, shape (n_mixture_samples,), (n_reference_samples,)
        Mono. Either may be the longer one, and either may begin before the other.
    sample_rate_hz : float
        Of both.
    offset_ms, drift_ppm, polarity : float, float, int, optional
        What the user knows better. It replaces what was found, and is applied however low the
        confidence is; the rest is applied only with confidence.

    Returns
    -------
    Alignment
        With low confidence and nothing given, `aligned` is the reference as it came.

    Raises
    ------
    InputError
        If a signal is unusable (see `checked_signal`) or shorter than `SHORTEST_S`, or a given
        value is out of its range.
    """
    mixture = checked_signal(mixture, "the mixture")
    reference = checked_signal(reference, "the reference")
    _check(mixture, reference, sample_rate_hz, offset_ms, drift_ppm, polarity)
    found = _found(mixture, reference, sample_rate_hz)
    is_confident = found.confidence >= CONFIDENT
    given = not (offset_ms is None and drift_ppm is None and polarity is None)
    timeline, sign = (found.timeline, found.polarity) if is_confident else (Timeline(), 1)
    if drift_ppm is not None:
        timeline = replace(timeline, drift_ppm=float(drift_ppm))
    if offset_ms is not None:
        timeline = replace(timeline, offset_samples=offset_ms * 1e-3 * sample_rate_hz)
    sign = sign if polarity is None else polarity
    moved = warp(reference, timeline, len(mixture)) * np.float32(sign)
    gain = _level(mixture, moved, sample_rate_hz) if is_confident or given else 1.0
    moved = moved * np.float32(gain)
    channel = Channel(np.array([len(mixture) // 2]), np.ones((1, 1)), 0)
    if is_confident:
        channel = estimate_channel(mixture, moved, sample_rate_hz)
    aligned = apply_channel(moved, channel)
    before = warp(reference, Timeline(), len(mixture))
    start_samples = timeline.start_samples
    times_s, offsets_ms, weights = _windows(found, sample_rate_hz)
    return Alignment(
        aligned=aligned,
        offset_samples=start_samples,
        offset_ms=start_samples / sample_rate_hz * 1e3,
        drift_ppm=timeline.drift_ppm,
        polarity=sign,
        gain_db=float(20 * np.log10(gain)),
        confidence=found.confidence,
        is_confident=is_confident,
        reason="" if is_confident else doubt(found.evidence, sample_rate_hz),
        timeline=timeline,
        window_times_s=times_s,
        window_offsets_ms=offsets_ms,
        window_weights=weights,
        channel=channel,
        null=null_test(mixture, before, aligned, sample_rate_hz),
    )


def _check(
    mixture: NDArray[np.float32],
    reference: NDArray[np.float32],
    sample_rate_hz: float,
    offset_ms: float | None,
    drift_ppm: float | None,
    polarity: int | None,
) -> None:
    if sample_rate_hz <= 0:
        raise InputError(f"the sample rate is {sample_rate_hz} Hz, wanted more than 0")
    for name, signal in (("mixture", mixture), ("reference", reference)):
        duration_s = len(signal) / sample_rate_hz
        if duration_s < SHORTEST_S:
            raise InputError(
                f"the {name} lasts {duration_s:.2f} s, wanted at least {SHORTEST_S} s to line it "
                "up; was it cut too short?"
            )
    longest_ms = 1e3 * max(len(mixture), len(reference)) / sample_rate_hz
    if offset_ms is not None and not abs(offset_ms) < longest_ms:
        raise InputError(
            f"offset is {offset_ms} ms, wanted less than the length of the longer file, "
            f"{longest_ms:.0f} ms; are these samples, not milliseconds?"
        )
    if polarity not in (None, 1, -1):
        raise InputError(f"polarity is {polarity}, wanted 1 or -1 (inverted)")
    if drift_ppm is not None and not abs(drift_ppm) <= 1e5:
        raise InputError(f"drift is {drift_ppm} ppm, wanted at most 100000; 1 % is 10000 ppm")


def _found(
    mixture: NDArray[np.float32], reference: NDArray[np.float32], sample_rate_hz: float
) -> _Found:
    """Best of the candidates; the wide search only where the narrow one convinces nobody."""
    best = _Found(Timeline(), 1, None, 0.0)
    for search in _SEARCHES:
        for candidate in find_candidates(mixture, reference, sample_rate_hz, search, _N_CANDIDATES):
            start = Timeline(candidate.offset_s * sample_rate_hz, candidate.drift * 1e6)
            evidence = track(mixture, reference, sample_rate_hz, start)
            if evidence is None:
                continue
            confidence = confidence_in(evidence)
            if confidence >= best.confidence:
                best = _Found(evidence.timeline, evidence.polarity, evidence, confidence)
            if confidence >= CONFIDENT:
                return best
    return best


def _level(
    mixture: NDArray[np.float32], moved: NDArray[np.float32], sample_rate_hz: float
) -> float:
    """Gain; 1 where it comes out negative or nothing overlaps, and so says nothing."""
    if not moved.any():
        return 1.0
    gain = estimate_gain(mixture, moved, sample_rate_hz)
    return gain if gain > 0 else 1.0


def _windows(
    found: _Found, sample_rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    if found.evidence is None:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    evidence = found.evidence
    delays = evidence.timeline.delay(evidence.times_s * sample_rate_hz) + evidence.lags_samples
    return evidence.times_s, delays / sample_rate_hz * 1e3, evidence.weights
