"""Finding a reference: from two signals to a timeline, how sure it is, and its rivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.confidence import CONFIDENT
from vocal_separation_sanity_check.alignment.edits import lay_in_pieces
from vocal_separation_sanity_check.alignment.locating import Located
from vocal_separation_sanity_check.alignment.places import find_places
from vocal_separation_sanity_check.alignment.rough_pair import RoughPair
from vocal_separation_sanity_check.alignment.search import SearchRange
from vocal_separation_sanity_check.alignment.segments import exact_segments
from vocal_separation_sanity_check.alignment.straight_clock import straight_clock
from vocal_separation_sanity_check.alignment.timeline import Segment, Timeline
from vocal_separation_sanity_check.sound import Signal

_SEARCHES = (
    SearchRange(max_drift=1.5e-3, chunk_s=1.5, n_chunks=8),
    SearchRange(max_drift=2.05e-2, chunk_s=1.5, n_chunks=6),
)
_MOST_TRIES = 3
"""Places that are followed, the best first, until one convinces."""
_MOST_RIVALS = 3
"""Other places that are told."""


@dataclass(frozen=True)
class Rival:
    """Another place that explains as much: `offset_ms` and `drift_ppm` choose it."""

    offset_ms: float
    drift_ppm: float


@dataclass(frozen=True)
class Found:
    """What was found, whether or not it is to be applied.

    Attributes
    ----------
    timeline : Timeline
    polarity : int
    located : tuple of Located
        One for each segment; empty where nothing resembles the reference.
    confidence : float
        Probability that the place is right, in [0, 1].
    rivals : tuple of Rival
        Where other places explain as much: these, and where none of them is surely better, the
        best one as well.
    """

    timeline: Timeline
    polarity: int
    located: tuple[Located, ...]
    confidence: float
    rivals: tuple[Rival, ...] = ()


def find_timeline(mixture: Signal, reference: Signal, sample_rate_hz: float) -> Found:
    """Find where a reference lies; the wide search only where the narrow one convinces nobody.

    Parameters
    ----------
    mixture, reference : Signal
    sample_rate_hz : float

    Returns
    -------
    Found
    """
    best = Found(Timeline((Segment(0, len(mixture), Clock()),)), 1, (), 0.0)
    pair = RoughPair(mixture, reference, sample_rate_hz)
    for search in _SEARCHES:
        places = find_places(pair, search)
        for number in range(min(_MOST_TRIES, len(places))):
            layout = lay_in_pieces(pair, places[number:])
            timeline, located = exact_segments(pair, mixture, reference, sample_rate_hz, layout)
            if timeline is None:
                continue
            placed = _overall(timeline)
            confidence = layout.certainty * placed
            rivals: tuple[Rival, ...] = ()
            if placed >= CONFIDENT:
                clocks = [
                    straight_clock(mixture, reference, sample_rate_hz, clock)
                    for clock in layout.rivals[:_MOST_RIVALS]
                ]
                own = [] if confidence >= CONFIDENT else [timeline.segments[0].clock]
                rivals = _told([*own, *clocks], sample_rate_hz)
            if confidence >= best.confidence:
                best = Found(timeline, located[0].polarity, located, confidence, rivals)
            if placed >= CONFIDENT:
                return best
    return best


def _overall(timeline: Timeline) -> float:
    """Confidence of the segments together, by their lengths."""
    lengths = [segment.end - segment.begin for segment in timeline.segments]
    confidences = [segment.confidence for segment in timeline.segments]
    return float(np.average(confidences, weights=lengths))


def _told(clocks: Sequence[Clock | None], sample_rate_hz: float) -> tuple[Rival, ...]:
    return tuple(
        Rival(clock.offset_samples / sample_rate_hz * 1e3, clock.drift_ppm)
        for clock in clocks
        if clock is not None
    )
