"""The pitch of a vocal, frame by frame: probabilistic YIN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.special import betainc

from vocal_separation_sanity_check.scoring.pitch_kernels import follow, weigh_dips
from vocal_separation_sanity_check.scoring.vocal_frames import HIGHEST_HZ, LOWEST_HZ

_FRAME_LENGTH, _HOP_LENGTH = 2048, 1024
_BINS_A_SEMITONE = 10
_N_PITCHES = int(12 * _BINS_A_SEMITONE * np.log2(HIGHEST_HZ / LOWEST_HZ)) + 1
_N_THRESHOLDS, _BETA = 100, (2.0, 18.0)
"""Thresholds of a dip's depth, from 0 to 1, and how what is believed of them is distributed."""
_DECAY, _LEAST = 2.0, 0.01
"""How much less likely each next dip is, and what the deepest has where none is deep enough."""
_OCTAVES_A_S, _SWITCH = 35.92, 0.01
"""The fastest that a pitch moves; how likely a voice begins or ends from frame to frame."""
_FRAMES_AT_A_TIME = 512


@dataclass(frozen=True)
class PitchTrack:
    """The pitch of a vocal, frame by frame.

    Attributes
    ----------
    frequency_hz : float64, shape (n_frames,)
        A best guess also where there is no pitch.
    is_voiced : bool, shape (n_frames,)
    """

    frequency_hz: NDArray[np.float64]
    is_voiced: NDArray[np.bool_]


def track_pitch(signal: NDArray[np.floating], sample_rate_hz: int) -> PitchTrack:
    """Follow the pitch of a vocal from C2 to C6 by pYIN.

    Mauch & Dixon 2014, "pYIN: a fundamental frequency estimator using probabilistic threshold
    distributions", with the numbers of the authors' program. The frames are those of
    `librosa.pyin`, and so are the pitches but for a few that are as likely as another.

    Parameters
    ----------
    signal : floating, shape (n_samples,)
    sample_rate_hz : int

    Returns
    -------
    PitchTrack
        A frame every 1024 samples.
    """
    edge = np.zeros(_FRAME_LENGTH // 2, np.float32)
    padded = np.concatenate([edge, signal, edge], dtype=np.float32, casting="same_kind")
    cut = np.lib.stride_tricks.sliding_window_view(padded, _FRAME_LENGTH)[::_HOP_LENGTH]
    observed = np.empty((len(cut), 2 * _N_PITCHES))
    for begin in range(0, len(cut), _FRAMES_AT_A_TIME):
        some = slice(begin, begin + _FRAMES_AT_A_TIME)
        observed[some] = _observed(cut[some], sample_rate_hz)
    floor = np.finfo(float).tiny
    reach = round(_OCTAVES_A_S * 12 * _HOP_LENGTH / sample_rate_hz) * _BINS_A_SEMITONE // 2
    near = np.minimum(np.arange(1, 2 * reach + 2), np.arange(2 * reach + 1, 0, -1)) / (reach + 1)
    leaving = np.convolve(np.ones(_N_PITCHES), near)[reach : reach + _N_PITCHES]
    observed += floor
    way = np.empty(len(cut), np.int64)
    follow(
        np.log(observed, out=observed),
        np.log(near),
        np.log(leaving),
        float(np.log(1 - _SWITCH)),
        float(np.log(_SWITCH)),
        float(np.log(floor)),
        way,
    )
    return PitchTrack(
        LOWEST_HZ * 2 ** (way % _N_PITCHES / (12 * _BINS_A_SEMITONE)), way < _N_PITCHES
    )


def _observed(cut: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float64]:
    """How likely each pitch is in each frame, with and without voice; (n_frames, 2 n_pitches)."""
    shortest = int(sample_rate_hz / HIGHEST_HZ)
    longest = min(int(np.ceil(sample_rate_hz / LOWEST_HZ)), _FRAME_LENGTH - 1)
    difference = _normalised_difference(cut, longest)[:, shortest - 1 :]
    thresholds = np.linspace(0, 1, _N_THRESHOLDS + 1)
    prior = np.diff(betainc(*_BETA, thresholds))
    likely = np.empty(difference.shape)
    weigh_dips(difference, thresholds[1:], prior, _DECAY, _LEAST, likely)
    frame, dip = np.nonzero(likely)
    period = shortest + dip + _off_centre(difference, frame, dip)
    pitch = 12 * _BINS_A_SEMITONE * np.log2(sample_rate_hz / period / LOWEST_HZ)
    observed = np.zeros((len(cut), 2 * _N_PITCHES))
    # Of two dips at one pitch, the longer period counts.
    observed[frame, np.clip(np.round(pitch), 0, _N_PITCHES).astype(int)] = likely[frame, dip]
    voiced = np.clip(observed[:, :_N_PITCHES].sum(1, keepdims=True), 0, 1)
    observed[:, _N_PITCHES:] = (1 - voiced) / _N_PITCHES
    return observed


def _normalised_difference(cut: NDArray[np.float32], longest: int) -> NDArray[np.float32]:
    """YIN's difference function over its mean so far, for periods from 1 to `longest`.

    De Cheveigne & Kawahara 2002, "YIN, a fundamental frequency estimator for speech and music",
    eq. 7 and 8, for a frame beyond whose end there is silence.
    """
    size = scipy.fft.next_fast_len(2 * _FRAME_LENGTH - 1, real=True)
    spectrum = scipy.fft.rfft(cut, size, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    products = scipy.fft.irfft(power, size, axis=1)
    energy = np.cumsum(np.square(cut[:, :longest]), axis=1)
    difference = 2 * (products[:, :1] - products[:, 1 : longest + 1]) - energy
    mean = np.cumsum(difference, axis=1) / np.arange(1, longest + 1)
    return np.asarray(difference / (mean + np.finfo(np.float32).tiny), np.float32)


def _off_centre(
    difference: NDArray[np.float32], frame: NDArray[np.intp], dip: NDArray[np.intp]
) -> NDArray[np.float64]:
    """How far the lowest point of a parabola through a dip and its neighbours is off the dip."""
    last = difference.shape[1] - 1
    left, middle, right = (
        difference[frame, np.clip(dip + off, 0, last)].astype(float) for off in (-1, 0, 1)
    )
    bend, slope = left + right - 2 * middle, (right - left) / 2
    is_inside = (np.abs(slope) < np.abs(bend)) & (dip > 0) & (dip < last)
    return np.where(is_inside, -slope / np.where(is_inside, bend, 1), 0)
