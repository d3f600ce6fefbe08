"""Clocks that do not run evenly: record players, tape. Follow them where windows agree.

First short windows are correlated along the line, and the smoothest way through their
correlations gives a rough curve. Then the slips that are left are measured in frames of 46 ms and
smoothed, with the stiffness that predicts unseen frames best. A curve is followed only where it
predicts them better, beyond doubt, than a straight line: an even clock keeps its line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.correlation import local_lags
from vocal_separation_sanity_check.alignment.slips import (
    Slips,
    hop_of,
    slips_between,
    spectra_of,
)
from vocal_separation_sanity_check.alignment.smoothing import (
    smooth_curve,
    standard_errors,
    straight_line,
)
from vocal_separation_sanity_check.alignment.wander import smoothest_path
from vocal_separation_sanity_check.alignment.warping import warp
from vocal_separation_sanity_check.sound import Scaled, Signal

Array = NDArray[np.float64]

_WINDOW_S, _HOP_S, _REACH_S = 0.4, 0.1, 0.025
"""Length, distance and reach of the rough windows."""
_MOST_SLOPE = 0.004
"""By how much of itself the speed may differ along the path."""
_ROUGH_STIFFNESS = 100.0
"""Of the rough curve, whose windows weigh the square of their correlation."""
_TALLEST = 12.0
"""Correlation, over its noise, beyond which a window pays no more."""
_HIGHEST_HZ = (6000.0, np.inf)
"""Frequencies that the rounds with slips look at: what is off by 0.1 ms turns higher ones over."""
_STIFFNESSES = 10.0 ** np.arange(1, 9)
"""That are tried; 10 follows 6 Hz, 1e8 hardly bends within a minute."""
_FOLDS = 4
_FOLD_FRAMES = 2
"""Frames that are left out together; their neighbours, which share samples, are not used either."""
_SURE = 3.0
"""Standard errors by which a curve must predict unseen frames better than a line."""
_HOPELESS = 1.0
"""The same, under which another round would not find a curve either."""
_SMALLEST_BEND_SAMPLES = 0.25
"""A curve that bends less is taken for a line."""
_STRETCH_S = 250.0
"""Longest stretch that is followed at once; each is as long as the others."""
_SHARED_S = 10.0
"""That two stretches share; from one's curve to the other's it is faded there."""
_ERROR_DISTANCE_S = 0.5
"""Distance of the points at which the standard error is told."""


@dataclass(frozen=True)
class Followed:
    """A clock, and how surely it is known.

    Attributes
    ----------
    clock : Clock
        What went in, where that predicts as well.
    polarity : int
        1, or -1 where the reference came inverted.
    at_samples, error_samples : float64, shape (n_points,)
        Standard error of the delay, at these samples of the mixture.
    """

    clock: Clock
    polarity: int
    at_samples: Array
    error_samples: Array


def follow(mixture: Signal, reference: Signal, sample_rate_hz: float, line: Clock) -> Followed:
    """Bend a straight clock to where the reference really lies.

    Parameters
    ----------
    mixture, reference : Signal
        Of either polarity: windows that are as long as a swing cannot tell it on the line. Longer
        ones than `_STRETCH_S` are followed a stretch at a time.
    sample_rate_hz : float
    line : Clock
        Without wander, right to within 20 ms.

    Returns
    -------
    Followed
    """
    hop = hop_of(sample_rate_hz)
    shared = round(_SHARED_S / 2 * sample_rate_hz / hop)
    number = max(1, int(np.ceil(len(mixture) / sample_rate_hz / _STRETCH_S)))
    edges = np.round(np.linspace(0, len(mixture) // hop, number + 1)).astype(int)
    begins = [0, *(edges[1:-1] - shared)]
    ends = [*(edges[1:-1] + shared) * hop, len(mixture)]

    def stretch(index: int) -> tuple[NDArray[np.float32], Clock]:
        begin = int(begins[index]) * hop
        return mixture[begin : int(ends[index])], line.seen_from(begin)

    rough = [
        _roughly(piece, reference, sample_rate_hz, own)
        for piece, own in map(stretch, range(number))
    ]
    polarity = max((1, -1), key=lambda sign: sum(found[sign].support for found in rough))
    reference = Scaled(reference, polarity)
    curve = np.zeros(len(mixture) // hop + 2)
    error_frames, errors = [], []
    for index in range(number):
        piece, own = stretch(index)
        start = rough[index][polarity].clock
        found = _bent(piece, reference, sample_rate_hz, own, start, is_all=number == 1)
        frames = begins[index] + np.arange(len(found.curve))
        share = np.ones(len(frames))
        if index > 0:
            share *= np.clip((frames - begins[index] + 0.5) / (2 * shared), 0, 1)
        if index < number - 1:
            share *= np.clip((edges[index + 1] + shared - frames - 0.5) / (2 * shared), 0, 1)
        curve[frames[share > 0]] += (share * found.curve)[share > 0]
        told = begins[index] + found.error_frames
        inside = (told >= edges[index]) & ((told < edges[index + 1]) | (index == number - 1))
        error_frames.append(told[inside])
        errors.append(found.errors[inside])
    clock = (
        line.with_wander(np.arange(len(curve), dtype=np.float64) * hop, curve)
        if curve.any()
        else line
    )
    return Followed(
        clock, polarity, np.concatenate(error_frames) * float(hop), np.concatenate(errors)
    )


@dataclass(frozen=True)
class _Bent:
    """A stretch's delay beyond the line's, by frame, and its standard error at some frames."""

    curve: Array
    error_frames: NDArray[np.intp]
    errors: Array


def _bent(
    mixture: NDArray[np.float32],
    reference: Signal,
    sample_rate_hz: float,
    line: Clock,
    clock: Clock,
    *,
    is_all: bool,
) -> _Bent:
    """Follow a stretch from a rough clock on; zeros where the line predicts as well.

    The line of a whole song may be mended meanwhile; that of a stretch is the song's, and stands.
    """
    spectra = spectra_of(mixture, sample_rate_hz)
    for highest_hz in _HIGHEST_HZ:
        moved = spectra_of(warp(reference, clock, len(mixture)), sample_rate_hz)
        slips = slips_between(spectra, moved, sample_rate_hz, highest_hz)
        bent = clock.delay(slips.at_samples) - line.delay(slips.at_samples)
        fit = _best_fit(slips, bent, is_all=is_all)
        clock = line.with_wander(slips.at_samples, fit.curve)
        if fit.sureness < _HOPELESS:
            break
    straight = straight_line(fit.curve, np.ones(len(bent))) if is_all else np.zeros(len(bent))
    bends = float(np.ptp(np.append(fit.curve - straight, 0.0)))
    is_bent = fit.sureness >= _SURE and bends >= _SMALLEST_BEND_SAMPLES
    frames_apart = round(_ERROR_DISTANCE_S * sample_rate_hz / hop_of(sample_rate_hz))
    frames = np.arange(0, len(bent), max(1, frames_apart))
    rest = slips.gradient - slips.information * (fit.curve - bent)
    spread = np.sqrt(np.sum(rest**2) / max(float(slips.information.sum()), 1e-30))
    errors = spread * standard_errors(slips.information, fit.stiffness, frames)
    return _Bent(fit.curve if is_bent else np.zeros(len(bent)), frames, errors)


@dataclass(frozen=True)
class _Rough:
    """A clock bent along the smoothest path of short windows, and what they pay for it."""

    clock: Clock
    support: float


def _roughly(
    mixture: NDArray[np.float32], reference: Signal, rate: float, line: Clock
) -> dict[int, _Rough]:
    """For either polarity, the smoothest path of short windows."""
    moved = warp(reference, line, len(mixture))
    lags = local_lags(mixture, moved, rate, _WINDOW_S, _HOP_S, _REACH_S)
    if len(lags.times_s) < 2:
        return {1: _Rough(line, 0.0), -1: _Rough(line, 0.0)}
    most_steps = max(1, round(_MOST_SLOPE * _HOP_S * rate))
    frames = np.round((lags.times_s - lags.times_s[0]) / _HOP_S).astype(int)
    found = {}
    for sign in (1, -1):
        path, heights = smoothest_path(np.clip(sign * lags.correlations, 0, _TALLEST), most_steps)
        weights = np.zeros(max(3, frames[-1] + 1))
        pull = np.zeros(len(weights))
        weights[frames] = heights**2
        pull[frames] = heights**2 * (path - lags.correlations.shape[1] // 2)
        curve = smooth_curve(pull, weights, _ROUGH_STIFFNESS)
        at_samples = (lags.times_s[0] + _HOP_S * np.arange(len(curve))) * rate
        found[sign] = _Rough(line.with_wander(at_samples, curve), float(heights.sum()))
    return found


@dataclass(frozen=True)
class _Fit:
    curve: Array
    stiffness: float
    sureness: float


def _best_fit(slips: Slips, bent: Array, *, is_all: bool) -> _Fit:
    """The curve of the stiffness that predicts best, as a delay beyond the line's.

    `bent` is the delay beyond the line's at which the slips were measured. A curve of a whole song
    has to predict better than the best line, that of a stretch better than the song's.
    """
    weights = slips.information
    pull = slips.gradient + weights * bent
    turn = np.arange(len(pull)) // _FOLD_FRAMES % _FOLDS
    line, curves = np.zeros(len(pull)), np.zeros((len(_STIFFNESSES), len(pull)))
    for number in range(_FOLDS):
        unseen = turn == number
        near = uniform_filter1d(unseen.astype(float), 3, mode="nearest") > 0.1
        seen = np.where(near, 0.0, weights), np.where(near, 0.0, pull)
        if is_all:
            line[unseen] = straight_line(seen[1], seen[0])[unseen]
        for row, stiffness in enumerate(_STIFFNESSES):
            curves[row, unseen] = smooth_curve(seen[1], seen[0], stiffness)[unseen]
    straight = slips.likelihood(line - bent)
    gains = np.stack([slips.likelihood(curve - bent) - straight for curve in curves])
    best = int(np.argmax(gains.sum(axis=1)))
    together = np.add.reduceat(gains[best], np.arange(0, len(pull), _FOLD_FRAMES))
    sureness = float(together.sum() / max(np.sqrt(np.sum(together**2)), 1e-30))
    stiffness = float(_STIFFNESSES[best])
    return _Fit(smooth_curve(pull, weights, stiffness), stiffness, sureness)
