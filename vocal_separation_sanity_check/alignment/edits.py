"""Laying a reference out in pieces: the lanes it may run on, the way through them, its rivals.

Lanes are the places where the reference as a whole may lie, and those at which stretches of it are
found that no window explains yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.lanes import (
    HOP_S,
    REACH_S,
    WINDOW_S,
    Lane,
    lane_along,
)
from vocal_separation_sanity_check.alignment.rough_pair import Place, RoughPair
from vocal_separation_sanity_check.alignment.search import STRETCH_S, find_stretches
from vocal_separation_sanity_check.alignment.sounding import sounding_hops
from vocal_separation_sanity_check.alignment.ways import SILENT, Way, best_way

_WORTH_A_LANE = 0.2
"""Support of a place, as a share of the best one's, from which it is a lane."""
_DOUBT = 10.0
"""Nats by which one layout must explain more than another to be 2.7 times as likely: windows
that hold the same music err together."""
_RIVAL = 0.05
"""Probability, against the best layout, from which another place is told."""
_MOST_LANES = 16
_MOST_STRETCHES = 80
"""Of the reference that are looked for, evenly spread over what is not explained."""
_FEWEST_UNEXPLAINED_S = 0.75
"""Of sounding reference, before anything is looked for."""
_SOUNDING = 1e-3
"""Energy, relative to the loudest, from which a stretch of the reference sounds."""


@dataclass(frozen=True)
class Piece:
    """A stretch of the mixture on one lane, roughly.

    Attributes
    ----------
    begin_s, end_s : float
        On the mixture's clock.
    clock : Clock
        At the mixture's own rate, without wander.
    """

    begin_s: float
    end_s: float
    clock: Clock


@dataclass(frozen=True)
class Layout:
    """How a reference is laid out, and what else explains as much.

    Attributes
    ----------
    pieces : tuple of Piece
        In the order of the mixture; one, that covers all of it, where the reference is unedited.
    polarity : int
    gain : float
        Level of the reference in the mixture, as the windows of the lanes have it.
    rivals : tuple of Clock
        Other places that explain about as much, at the mixture's own rate.
    certainty : float
        Probability of this layout among them, in [0, 1].
    """

    pieces: tuple[Piece, ...]
    polarity: int
    gain: float
    rivals: tuple[Clock, ...]
    certainty: float


def lay_in_pieces(pair: RoughPair, places: Sequence[Place]) -> Layout:
    """Lay the reference out.

    Parameters
    ----------
    pair : RoughPair
    places : sequence of Place
        Of the reference as a whole, the best first.

    Returns
    -------
    Layout
    """
    polarity = places[0].polarity
    lanes = [
        lane_along(pair, place.clock.at_rate(pair.ratio), polarity)
        for place in places
        if place.polarity == polarity and place.support > _WORTH_A_LANE * places[0].support
    ]
    gain = lanes[0].gain
    if gain == 0:
        # No window alone is sure of anything: all of them together can be, as one piece.
        piece = Piece(0.0, len(pair.mixture) / pair.rate_hz, places[0].clock)
        return Layout((piece,), polarity, gain, (), 1.0)
    way = _way_through(lanes, gain)
    starts = _unexplained(pair, lanes, way)
    if starts:
        drift = places[0].clock.drift_ppm * 1e-6
        found = find_stretches(pair.mixture, pair.reference, pair.rate_hz, starts, drift)
        for candidate in sorted(found, key=lambda one: -one.support):
            clock = Clock(candidate.offset_s * pair.rate_hz, drift * 1e6)
            if len(lanes) < _MOST_LANES and _is_new(clock, lanes, pair):
                lanes.append(lane_along(pair, clock, polarity))
        way = _way_through(lanes, gain)
    rivals, certainty = _rivals(lanes, way, gain)
    pieces = tuple(_pieces(pair, lanes, way))
    rival_clocks = tuple(clock.at_rate(1 / pair.ratio) for clock in rivals)
    return Layout(pieces, polarity, gain, rival_clocks, certainty)


def lay_along_clocks(
    pair: RoughPair, clocks: Sequence[Clock], polarity: int, gain: float
) -> tuple[Piece, ...]:
    """Lay the reference out again, once the clocks are known better.

    Parameters
    ----------
    pair : RoughPair
    clocks : sequence of Clock
        At the mixture's own rate.
    polarity : int
    gain : float
        See `Layout`.

    Returns
    -------
    tuple of Piece
        In the order of the mixture.
    """
    lanes: list[Lane] = []
    for clock in clocks:
        rough = clock.at_rate(pair.ratio)
        if _is_new(rough, lanes, pair):
            lanes.append(lane_along(pair, rough, polarity))
    way = _way_through(lanes, gain)
    return tuple(_pieces(pair, lanes, way))


def _way_through(lanes: Sequence[Lane], gain: float, *, may_jump: bool = True) -> Way:
    return best_way([lane.likelihood(gain) for lane in lanes], may_jump=may_jump)


def _rivals(lanes: Sequence[Lane], way: Way, gain: float) -> tuple[list[Clock], float]:
    """Lanes that are not in the way, but explain about as much; and the way's probability."""
    shares = {}
    for number, lane in enumerate(lanes):
        if not (way.lanes == number).any():
            alone = _way_through([lane], gain, may_jump=False)
            shares[number] = float(np.exp(min(0.0, alone.total - way.total) / _DOUBT))
    rivals = [lanes[number].clock for number, share in shares.items() if share > _RIVAL]
    return rivals, 1 / (1 + sum(shares.values()))


def _unexplained(pair: RoughPair, lanes: Sequence[Lane], way: Way) -> list[int]:
    """First samples of stretches of the reference that sound, and that no window explains."""
    rate = pair.rate_hz
    hop = round(HOP_S * rate)
    open_hops = sounding_hops(pair.reference, hop, _SOUNDING)
    for window in np.flatnonzero(way.explained > 0):
        middle = np.array([(window * HOP_S + WINDOW_S / 2) * rate])
        at = int(lanes[way.lanes[window]].clock.positions(middle)[0]) // hop
        open_hops[max(0, at - 1) : max(0, at + 2)] = False
    size = round(STRETCH_S * rate)
    per_stretch = size // hop
    starts = [
        int(start * hop)
        for start in range(0, len(open_hops) - per_stretch + 1, per_stretch // 2)
        if open_hops[start : start + per_stretch].mean() * STRETCH_S >= _FEWEST_UNEXPLAINED_S
    ]
    return starts[:: max(1, -(-len(starts) // _MOST_STRETCHES))]


def _is_new(clock: Clock, lanes: Sequence[Lane], pair: RoughPair) -> bool:
    middle = np.array([len(pair.mixture) / 2])
    gaps = [abs(float((clock.delay(middle) - lane.clock.delay(middle))[0])) for lane in lanes]
    return min(gaps, default=np.inf) > REACH_S / 2 * pair.rate_hz


def _pieces(pair: RoughPair, lanes: Sequence[Lane], way: Way) -> list[Piece]:
    """Runs of windows without a jump; cuts lie halfway between the middles of two windows."""
    rate = pair.rate_hz
    cuts = np.flatnonzero(way.jumps)
    edges_s = [0.0, *(HOP_S * (cuts - 0.5) + WINDOW_S / 2), len(pair.mixture) / rate]
    firsts = [0, *cuts, len(way.lanes)]
    pieces = []
    for number, first in enumerate(firsts[:-1]):
        lane = way.lanes[first]
        if lane == SILENT:
            continue
        run = slice(first, firsts[number + 1])
        clock = _along_run(lanes[lane], way, run, rate).at_rate(1 / pair.ratio)
        pieces.append(Piece(float(edges_s[number]), float(edges_s[number + 1]), clock))
    return pieces


def _along_run(lane: Lane, way: Way, run: slice, rate: float) -> Clock:
    """The lane's clock, moved onto the way's lags by a line through the windows that hold it."""
    lags = way.lags[run] - lane.correlations.shape[1] // 2
    at = (HOP_S * np.arange(run.start, run.stop) + WINDOW_S / 2) * rate
    weights = np.sqrt(np.maximum(way.explained[run], 0)) + 1e-6
    if len(lags) < 2:
        return lane.clock.with_line(float(lags[0]), 0.0)
    slope, start = np.polyfit(at, lags, 1, w=weights)
    return lane.clock.with_line(float(start), float(slope))
