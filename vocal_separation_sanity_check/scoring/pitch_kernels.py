"""The two loops of pYIN: how likely each dip is the period, and the likeliest way through them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import compiled, compiled_inside


@compiled_inside
def _find_dips(row: NDArray[np.float32], dips: NDArray[np.int64]) -> tuple[int, int]:
    """Fill where a frame's dips are; how many there are, and the deepest of them."""
    n_dips, deepest, last = 0, 0, len(row) - 1
    for period in range(len(row)):
        falls = period == 0 or row[period] < row[period - 1]
        rises = period == last or row[period] < row[period + 1]
        # Of a level bottom the start is the dip, but not where nothing came before.
        rises |= 0 < period < last and row[period] == row[period + 1]
        if falls and rises:
            dips[n_dips] = period
            if n_dips == 0 or row[period] < row[deepest]:
                deepest = period
            n_dips += 1
    return n_dips, deepest


@compiled
def weigh_dips(
    difference: NDArray[np.float32],
    thresholds: NDArray[np.float64],
    prior: NDArray[np.float64],
    decay: float,
    least: float,
    out: NDArray[np.float64],
) -> None:
    """Fill how likely each dip of YIN's difference function is the period of its frame.

    With threshold j the dips under it share ``prior[j]``, the k-th of n in proportion to
    ``exp(-decay k)``; where there is none, the deepest has `least` of it.

    Parameters
    ----------
    difference : float32, shape (n_frames, n_periods)
    thresholds, prior : float64, shape (n_thresholds,)
        Rising; what is believed of each, in sum 1.
    decay, least : float
    out : float64, shape (n_frames, n_periods)
        Is overwritten; 0 where there is no dip.
    """
    dips = np.empty(difference.shape[1], np.int64)
    for frame in range(len(difference)):
        row, likely = difference[frame], out[frame]
        likely[:] = 0.0
        n_dips, deepest = _find_dips(row, dips)
        if n_dips == 0:
            continue
        for j in range(len(thresholds)):
            n_under = 0
            for k in range(n_dips):
                n_under += row[dips[k]] < thresholds[j]
            if n_under == 0:
                likely[deepest] += least * prior[j]
                continue
            share = prior[j] * (1 - np.exp(-decay)) / (1 - np.exp(-decay * n_under))
            for k in range(n_dips):
                if row[dips[k]] < thresholds[j]:
                    likely[dips[k]] += share
                    share *= np.exp(-decay)


@compiled_inside
def _arrive(
    before: NDArray[np.float64],
    near: NDArray[np.float64],
    leaving: NDArray[np.float64],
    padded: NDArray[np.float64],
    best: NDArray[np.float64],
) -> None:
    """Fill the best value that each pitch is reached with from those within reach of it."""
    n_pitches, n_near = len(best), len(near)
    reach = n_near // 2
    for pitch in range(n_pitches):
        padded[reach + pitch] = before[pitch] - leaving[pitch]
        best[pitch] = -np.inf
    for off in range(n_near):
        gain = near[n_near - 1 - off]
        for pitch in range(n_pitches):
            value = padded[off + pitch] + gain
            best[pitch] = value if value > best[pitch] else best[pitch]


@compiled_inside
def _origin(
    before: NDArray[np.float64],
    state: int,
    near: NDArray[np.float64],
    leaving: NDArray[np.float64],
    stay: float,
    switch: float,
    floor: float,
) -> int:
    """The state that a state was reached from."""
    n_pitches = len(leaving)
    reach = len(near) // 2
    highest, origin = -np.inf, 0
    for source in range(2 * n_pitches):
        off = state % n_pitches - source % n_pitches
        gain = floor
        if abs(off) <= reach:
            keeps = state // n_pitches == source // n_pitches
            move = near[reach + off] - leaving[source % n_pitches]
            gain = max(gain, move + (stay if keeps else switch))
        if before[source] + gain > highest:
            highest, origin = before[source] + gain, source
    return origin


@compiled
def follow(
    values: NDArray[np.float64],
    near: NDArray[np.float64],
    leaving: NDArray[np.float64],
    stay: float,
    switch: float,
    floor: float,
    way: NDArray[np.int64],
) -> None:
    """Fill the likeliest states of a hidden Markov model of pitches, sung or not (Viterbi).

    A state is a pitch with voice (0 to n_pitches) or without (n_pitches on). It moves to a pitch d
    bins off with ``near[reach + d] - leaving[from]``, and keeps or changes its voice with `stay` or
    `switch`; any other move is as unlikely as `floor`. All are logarithms.

    Parameters
    ----------
    values : float64, shape (n_frames, 2 * n_pitches)
        How likely each state is by what is heard. Is overwritten: the value of the likeliest way
        to each state.
    near : float64, shape (2 * reach + 1,)
    leaving : float64, shape (n_pitches,)
    stay, switch, floor : float
    way : int64, shape (n_frames,)
        Is overwritten.
    """
    n_frames, n_pitches = len(values), len(leaving)
    padded = np.full(n_pitches + len(near) - 1, -np.inf)
    voiced, unvoiced = np.empty(n_pitches), np.empty(n_pitches)
    for frame in range(1, n_frames):
        before, now = values[frame - 1], values[frame]
        least = before.max() + floor
        _arrive(before[:n_pitches], near, leaving, padded, voiced)
        _arrive(before[n_pitches:], near, leaving, padded, unvoiced)
        for pitch in range(n_pitches):
            sung, other = voiced[pitch], unvoiced[pitch]
            now[pitch] += max(sung + stay, other + switch, least)
            now[n_pitches + pitch] += max(sung + switch, other + stay, least)
    way[n_frames - 1] = np.argmax(values[n_frames - 1])
    for frame in range(n_frames - 1, 0, -1):
        way[frame - 1] = _origin(values[frame - 1], way[frame], near, leaving, stay, switch, floor)
