"""Line a reference (acapella or instrumental) up with the mixture that holds it.

Signs, fixed for everything here. The mixture is never moved::

    aligned[n] = polarity * gain * (channel * reference)[(n - offset) / (1 + drift)]

A positive offset means that the reference started early and is delayed; a positive drift that it
ran fast, is too short, and is stretched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.alignment.channel import (
    Channel,
    apply_channel,
    estimate_channel,
    estimate_gain,
)
from vocal_separation_sanity_check.alignment.channel_level import channel_gain_db
from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.confidence import CONFIDENT, doubt, found_worse
from vocal_separation_sanity_check.alignment.finding import Found, Rival, find_timeline
from vocal_separation_sanity_check.alignment.left_out import left_out_s
from vocal_separation_sanity_check.alignment.null_depth import NullTest, null_test
from vocal_separation_sanity_check.alignment.timeline import LaidOut, Segment, Timeline
from vocal_separation_sanity_check.alignment.warping import Warped
from vocal_separation_sanity_check.blas_threads import one_blas_thread
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import Scaled, Signal, checked_signal, peak_of

_AS_DEEP_DB = 0.5
"""Null depths that differ by less are equal: tone and level move the cells that are looked at."""
SHORTEST_S = 0.5
"""Shorter signals hold too few independent windows to tell one place from another."""
LARGEST_DRIFT_PPM = 1e5
"""That may be given."""


@dataclass(frozen=True)
class Alignment:
    """A reference lined up with a mixture, and everything found on the way.

    Attributes
    ----------
    aligned : float32, shape (n_mixture_samples,), or Signal
        Subtract it from the mixture for the null test.
    offset_samples, offset_ms : float
        Applied delay at the start of the mixture; of the first segment, where there are several.
    drift_ppm : float
        Applied stretch of the first segment; where the clock wanders, that of the line under it.
    polarity : int
        1, or -1 where the reference came inverted.
    gain_db : float
        Applied level.
    confidence : float
        Probability that the place is right, in [0, 1]; see `confidence.confidence_in`.
    is_confident : bool
    reason : str
        Empty where confident; else why not, in plain words.
    timeline : Timeline
        What was applied; `timeline.delay(times_s * rate) / rate` is the curve for a plot.
    window_times_s, window_offsets_ms, window_weights : float64, shape (n_windows,)
        Delay that each local window found by itself, on the mixture's clock, and its say
        (0 to 1): the dots of that plot. They show what was found even where it was not applied.
    rivals : tuple of Rival
        Other places that explain as much of the mixture.
    left_out_s : tuple of (float, float)
        Sounding stretches of the reference, in seconds of it, that the song has no place for.
    channel : Channel
        The other master's filter; `channel.response(rate)` is for a plot.
    null : NullTest
        Null depth before and after, coherence by band.
    """

    aligned: Signal
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
    rivals: tuple[Rival, ...]
    left_out_s: tuple[tuple[float, float], ...]
    channel: Channel
    null: NullTest


def align(
    mixture: ArrayLike,
    reference: ArrayLike,
    sample_rate_hz: float,
    *,
    offset_ms: float | None = None,
    drift_ppm: float | None = None,
    polarity: int | None = None,
    timeline: Timeline | None = None,
) -> Alignment:
    """Line a reference up with the mixture: time, clock, polarity, level, tone.

    Parameters
    ----------
    mixture, reference : array_like, shape (n_mixture_samples,), (n_reference_samples,)
        Mono. Either may be the longer one, and either may begin before the other.
    sample_rate_hz : float
        Of both.
    offset_ms, drift_ppm, polarity, timeline : float, float, int, Timeline, optional
        What the user knows better. It replaces what was found, and is applied however low the
        confidence is; the rest is applied only with confidence. A timeline excludes the offset
        and the drift.

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
    return align_signals(
        checked_signal(mixture, "the mixture"),
        checked_signal(reference, "the reference"),
        sample_rate_hz,
        offset_ms=offset_ms,
        drift_ppm=drift_ppm,
        polarity=polarity,
        timeline=timeline,
    )


def _held(signal: Signal) -> Signal:
    return signal[: len(signal)]


@one_blas_thread()
def align_signals(
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    *,
    offset_ms: float | None = None,
    drift_ppm: float | None = None,
    polarity: int | None = None,
    timeline: Timeline | None = None,
    keep: Callable[[Signal], Signal] = _held,
) -> Alignment:
    """Do as `align` does with signals that need not fit into memory.

    Parameters
    ----------
    mixture, reference : Signal
        Checked, as those are that were read from a file.
    sample_rate_hz : float
    offset_ms, drift_ppm, polarity, timeline
        As in `align`.
    keep : callable
        Takes a signal that is costly to compute and gives one of the same samples that is not; by
        default an array.

    Returns
    -------
    Alignment

    Raises
    ------
    InputError
        If a signal is shorter than `SHORTEST_S`, or a given value is out of its range.
    """
    _check(mixture, reference, sample_rate_hz, offset_ms, drift_ppm, polarity)
    found = find_timeline(mixture, reference, sample_rate_hz)
    as_it_came = Timeline((Segment(0, len(mixture), Clock()),))
    is_confident = found.confidence >= CONFIDENT
    applied, sign = (found.timeline, found.polarity) if is_confident else (as_it_came, 1)
    if timeline is not None:
        applied = timeline
    elif drift_ppm is not None or offset_ms is not None:
        applied = _overridden(applied, offset_ms, drift_ppm, sample_rate_hz, len(mixture))
    given = any(value is not None for value in (offset_ms, drift_ppm, polarity, timeline))
    sign = sign if polarity is None else polarity
    as_found = applied is found.timeline and sign == found.polarity
    laid = _laid(mixture, reference, sample_rate_hz, applied, sign, as_found, given, keep)
    reason = "" if is_confident else doubt(found.located, sample_rate_hz)
    if as_found and laid.null.overall.after_db < laid.null.overall.before_db - _AS_DEEP_DB:
        reason = found_worse(found.located, laid.null.overall, sample_rate_hz)
        is_confident, applied, sign = False, as_it_came, 1
        laid = _laid(mixture, reference, sample_rate_hz, applied, sign, False, False, keep)
    start_samples = applied.segments[0].clock.start_samples
    times_s, offsets_ms, weights = _windows(found, sample_rate_hz)
    return Alignment(
        aligned=laid.aligned,
        offset_samples=start_samples,
        offset_ms=start_samples / sample_rate_hz * 1e3,
        drift_ppm=applied.segments[0].clock.drift_ppm,
        polarity=sign,
        gain_db=laid.gain_db,
        confidence=found.confidence,
        is_confident=is_confident,
        reason=reason,
        timeline=applied,
        window_times_s=times_s,
        window_offsets_ms=offsets_ms,
        window_weights=weights,
        rivals=found.rivals,
        left_out_s=left_out_s(reference, sample_rate_hz, applied, len(mixture)),
        channel=laid.channel,
        null=laid.null,
    )


@dataclass(frozen=True)
class _Laid:
    aligned: Signal
    gain_db: float
    channel: Channel
    null: NullTest


def _laid(
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    timeline: Timeline,
    sign: int,
    as_found: bool,
    given: bool,
    keep: Callable[[Signal], Signal],
) -> _Laid:
    """The reference along a timeline: at the mixture's level, and in its tone where it was found.

    Where the user places it, only the level follows: a filter found in a wrong place is noise.
    """
    laid = keep(LaidOut(reference, timeline, len(mixture)))
    gain = 1.0
    if as_found or given:
        gain = _level(mixture, Scaled(laid, sign), sample_rate_hz)
    moved = Scaled(laid, sign * gain)
    channel = Channel(np.array([len(mixture) // 2]), np.ones((1, 1)), 0)
    if as_found:
        channel = estimate_channel(mixture, moved, sample_rate_hz)
    filtered = apply_channel(moved, channel)
    aligned = keep(filtered)
    return _Laid(
        aligned,
        float(20 * np.log10(gain)) + channel_gain_db(moved, filtered, sample_rate_hz),
        channel,
        null_test(mixture, Warped(reference, Clock(), len(mixture)), aligned, sample_rate_hz),
    )


def _overridden(
    timeline: Timeline,
    offset_ms: float | None,
    drift_ppm: float | None,
    sample_rate_hz: float,
    n_samples: int,
) -> Timeline:
    """The first segment's clock with what the user gave, for the whole mixture."""
    clock = timeline.segments[0].clock
    if drift_ppm is not None:
        clock = replace(clock, drift_ppm=float(drift_ppm))
    if offset_ms is not None:
        clock = replace(clock, offset_samples=offset_ms * 1e-3 * sample_rate_hz)
    return Timeline((Segment(0, n_samples, clock),))


def _check(
    mixture: Signal,
    reference: Signal,
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
    if drift_ppm is not None and not abs(drift_ppm) <= LARGEST_DRIFT_PPM:
        raise InputError(f"drift is {drift_ppm} ppm, wanted at most 100000; 1 % is 10000 ppm")


def _level(mixture: Signal, moved: Signal, sample_rate_hz: float) -> float:
    """Gain; 1 where it comes out negative or nothing overlaps, and so says nothing."""
    if peak_of(moved) == 0:
        return 1.0
    gain = estimate_gain(mixture, moved, sample_rate_hz)
    return gain if gain > 0 else 1.0


def _windows(
    found: Found, sample_rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    columns = [(np.zeros(0), np.zeros(0), np.zeros(0))]
    for located in found.located:
        times_s = located.evidence.times_s
        delays = located.clock.delay(times_s * sample_rate_hz) + located.evidence.lags_samples
        columns.append((times_s, delays / sample_rate_hz * 1e3, located.evidence.weights))
    times, offsets, weights = (np.concatenate(column) for column in zip(*columns, strict=True))
    return times, offsets, weights
