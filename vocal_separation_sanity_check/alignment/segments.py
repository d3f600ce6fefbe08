"""From rough pieces to exact segments: every piece's clock, every cut, what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.confidence import confidence_in, stands_out
from vocal_separation_sanity_check.alignment.cuts import exact_cut
from vocal_separation_sanity_check.alignment.edits import Layout, Piece, lay_along_clocks
from vocal_separation_sanity_check.alignment.locating import Located, locate
from vocal_separation_sanity_check.alignment.rough_pair import RoughPair
from vocal_separation_sanity_check.alignment.straight_clock import straight_clock
from vocal_separation_sanity_check.alignment.timeline import Segment, Timeline
from vocal_separation_sanity_check.sound import Part, Scaled, Signal

_SPARED_S = 0.1
"""At a rough cut, left out while a piece's clock is looked for: it may belong to the next."""
_COARSE, _FINE = (12.0, 700.0), (0.3, 1000.0)
"""How far from a rough cut, in seconds, and up to which frequency the exact one is looked for.
First widely, as songs have what a reference lacks, and low, as the clock of a record player is
known to some tenths of a millisecond only beyond where it was found; then near, and exactly."""
_SAME_CLOCK_S = 0.0005
"""Two pieces whose clocks agree at the cut to this are one."""


@dataclass(frozen=True)
class _Run:
    """Pieces on one clock: where it is heard, and the clock once it is known."""

    begin: int
    end: int
    piece: Piece
    located: Located | None = None


def exact_segments(
    pair: RoughPair, mixture: Signal, reference: Signal, sample_rate_hz: float, layout: Layout
) -> tuple[Timeline | None, tuple[Located, ...]]:
    """Find the exact clock of each piece, and the exact cuts between them.

    Parameters
    ----------
    pair : RoughPair
        Of the two signals.
    mixture, reference : Signal
    sample_rate_hz : float
    layout : Layout

    Returns
    -------
    timeline : Timeline or None
        None where no piece can be located.
    located : tuple of Located
        One for each segment, on the mixture's clock.
    """
    pieces = layout.pieces
    if len(pieces) > 1:
        # Once clocks are exact, what was found as two lanes may turn out to be one that bends.
        clocks = _straight_clocks(pieces, mixture, reference, sample_rate_hz)
        if clocks:
            pieces = lay_along_clocks(pair, clocks, layout.polarity, layout.gain)
    runs = [
        _Run(round(one.begin_s * sample_rate_hz), round(one.end_s * sample_rate_hz), one)
        for one in pieces
    ]
    if len(runs) > 1:
        heard = Scaled(reference, layout.polarity * layout.gain)
        runs = _joined(_known(runs, mixture, reference, sample_rate_hz, _SPARED_S), sample_rate_hz)
        # Clocks that are known up to the cuts find them again, more exactly.
        runs = _cut(runs, mixture, heard, sample_rate_hz, _COARSE)
        runs = _known(runs, mixture, reference, sample_rate_hz, 0.0)
        runs = _cut(runs, mixture, heard, sample_rate_hz, _FINE)
    else:
        runs = _known(runs, mixture, reference, sample_rate_hz, 0.0)
    located = tuple(run.located for run in runs if run.located is not None)
    if not located:
        return None, ()
    segments = tuple(
        Segment(
            run.begin,
            run.end,
            run.located.clock,
            confidence_in(run.located.evidence),
            run.located.error_at_samples,
            run.located.error_samples,
        )
        for run in runs
        if run.located is not None
    )
    return Timeline(segments), located


def _straight_clocks(
    pieces: Sequence[Piece], mixture: Signal, reference: Signal, sample_rate_hz: float
) -> list[Clock]:
    """Lines through the pieces, at the full rate."""
    clocks = []
    for piece in pieces:
        begin, end = (round(at_s * sample_rate_hz) for at_s in (piece.begin_s, piece.end_s))
        start = piece.clock.seen_from(begin)
        clock = straight_clock(Part(mixture, begin, end), reference, sample_rate_hz, start)
        if clock is not None:
            clocks.append(clock.seen_from(-begin))
    return clocks


def _known(
    runs: Sequence[_Run],
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    spared_s: float,
) -> list[_Run]:
    """Runs with their clocks; of several, those that do not stand out are dropped."""
    known = []
    for run in runs:
        inner = round(min(spared_s, (run.end - run.begin) / sample_rate_hz / 4) * sample_rate_hz)
        begin = run.begin + inner if run.begin > 0 else 0
        end = run.end - inner if run.end < len(mixture) else len(mixture)
        clock = run.piece.clock if run.located is None else run.located.clock
        start = replace(clock, wander_at_samples=np.zeros(0), wander_samples=np.zeros(0))
        stretch = Part(mixture, begin, end)
        located = locate(stretch, reference, sample_rate_hz, start.seen_from(begin))
        if located is None:
            continue
        if len(runs) == 1 or stands_out(located.evidence):
            known.append(replace(run, located=located.seen_from(-begin, sample_rate_hz)))
    return known


def _joined(runs: Sequence[_Run], sample_rate_hz: float) -> list[_Run]:
    """Neighbours on one clock made one: a lane that bends can be found as two."""
    joined: list[_Run] = []
    for run in runs:
        if joined and joined[-1].end == run.begin:
            at = np.array([float(run.begin)])
            gap = _located(joined[-1]).clock.delay(at) - _located(run).clock.delay(at)
            if abs(float(gap[0])) < _SAME_CLOCK_S * sample_rate_hz:
                joined[-1] = replace(joined[-1], end=run.end)
                continue
        joined.append(run)
    return joined


def _cut(
    runs: Sequence[_Run],
    mixture: Signal,
    heard: Signal,
    sample_rate_hz: float,
    look: tuple[float, float],
) -> list[_Run]:
    """Runs with exact begins and ends; `heard` is the reference as the mixture holds it."""
    edges = [[run.begin, run.end] for run in runs]
    reach, highest_hz = round(look[0] * sample_rate_hz), look[1]

    def cut(first: int, last: int, before: _Run | None, behind: _Run | None) -> tuple[int, int]:
        clocks = (
            None if before is None else _located(before).clock,
            None if behind is None else _located(behind).clock,
        )
        between = max(0, first), min(len(mixture), last)
        return exact_cut(mixture, heard, sample_rate_hz, between, clocks, highest_hz)

    for number, run in enumerate(runs[1:], start=1):
        before = runs[number - 1]
        first = max((before.begin + before.end) // 2, before.end - reach)
        last = min((run.begin + run.end) // 2, run.begin + reach)
        edges[number - 1][1], edges[number][0] = cut(first, last, before, run)
    if runs and runs[0].begin > 0:
        middle = (runs[0].begin + runs[0].end) // 2
        _, edges[0][0] = cut(runs[0].begin - reach, middle, None, runs[0])
    if runs and runs[-1].end < len(mixture):
        middle = (runs[-1].begin + runs[-1].end) // 2
        edges[-1][1], _ = cut(middle, runs[-1].end + reach, runs[-1], None)
    return [
        replace(run, begin=begin, end=end)
        for run, (begin, end) in zip(runs, edges, strict=True)
        if end > begin
    ]


def _located(run: _Run) -> Located:
    assert run.located is not None
    return run.located
