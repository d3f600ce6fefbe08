"""How much of a song its reference covers: where it sounds, and where it breaks off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.sound import SILENCE_PEAK, Signal, pieces

_FRAME_S = 0.01
_SILENT_DB = -90.0
"""Under the loudest frame. A file that was cut has zeros there; decoded silence hisses above."""
_LOUD_DB = -20.0
"""Under the loudest frame: a voice that falls silent from here within three frames was cut."""
_EDGE_FRAMES = 3
_SHORTEST_GAP_S = 0.5
_SONG_SOUNDS_DB = -40.0
"""Under the song's loudest frame; where it is quieter, nothing is missing."""


@dataclass(frozen=True)
class Coverage:
    """What of a song the reference covers.

    Attributes
    ----------
    duration_s : float
    sounding_s : float
        Until where either of the two sounds; the rest is padding.
    gaps_s : tuple of (float, float)
        Where the song sounds and the reference is silent from one moment to the next: not as a
        voice ends, but as a cut does.
    offset_shares : tuple of (float, float)
        How far song and reference are off zero, in shares of their RMS.
    """

    duration_s: float
    sounding_s: float
    gaps_s: tuple[tuple[float, float], ...]
    offset_shares: tuple[float, float]


def coverage_of(mixture: Signal, reference: Signal, sample_rate_hz: int) -> Coverage:
    """Look at both signals in frames of 10 ms.

    Parameters
    ----------
    mixture, reference : Signal
        Of one length.
    sample_rate_hz : int

    Returns
    -------
    Coverage
    """
    n_frame = max(1, round(_FRAME_S * sample_rate_hz))
    mixed, own = (_frame_peaks(signal, n_frame) for signal in (mixture, reference))
    sounding = np.flatnonzero(np.maximum(mixed, own) > SILENCE_PEAK)
    n_sounding = 0
    if len(sounding):
        begin = int(sounding[-1]) * n_frame
        last = slice(begin, begin + n_frame)
        loudest = np.maximum(np.abs(mixture[last]), np.abs(reference[last]))
        n_sounding = begin + 1 + int(np.flatnonzero(loudest > SILENCE_PEAK)[-1])
    frame_s = n_frame / sample_rate_hz
    gaps = [
        (begin * frame_s, min(end * frame_s, n_sounding / sample_rate_hz))
        for begin, end in _silences(own[: len(sounding) and sounding[-1] + 1])
        if (end - begin) * frame_s >= _SHORTEST_GAP_S
        and _is_cut(own, begin, end)
        and np.median(mixed[begin:end]) > mixed.max() * 10 ** (_SONG_SOUNDS_DB / 20)
    ]
    return Coverage(
        duration_s=len(mixture) / sample_rate_hz,
        sounding_s=n_sounding / sample_rate_hz,
        gaps_s=tuple(gaps),
        offset_shares=(_offset_share(mixture), _offset_share(reference)),
    )


def _offset_share(signal: Signal) -> float:
    total, energy = 0.0, 0.0
    for piece in pieces(signal):
        total += float(piece.sum(dtype=np.float64))
        energy += float(np.square(piece, dtype=np.float64).sum())
    variance = energy / max(len(signal), 1) - (total / max(len(signal), 1)) ** 2
    return abs(total) / max(len(signal), 1) / max(float(np.sqrt(max(variance, 0.0))), 1e-30)


def _frame_peaks(signal: Signal, n_frame: int) -> NDArray[np.float32]:
    """Largest magnitude in each frame; the last one may be shorter."""
    peaks, rest = [], np.zeros(0, np.float32)
    for piece in pieces(signal):
        samples = np.concatenate([rest, np.abs(piece)])
        n_whole = len(samples) // n_frame * n_frame
        peaks.append(samples[:n_whole].reshape(-1, n_frame).max(axis=1, initial=0.0))
        rest = samples[n_whole:]
    if len(rest):
        peaks.append(rest.max(keepdims=True))
    return np.concatenate(peaks) if peaks else rest


def _silences(peaks: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Runs of silent frames, first and one beyond the last."""
    silent = peaks <= peaks.max(initial=0.0) * 10 ** (_SILENT_DB / 20)
    steps = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in steps.reshape(-1, 2)]


def _is_cut(peaks: NDArray[np.float32], begin: int, end: int) -> bool:
    """Whether a silence begins or ends at nearly full level."""
    loud = peaks.max() * 10 ** (_LOUD_DB / 20)
    before = peaks[max(0, begin - _EDGE_FRAMES) : begin]
    after = peaks[end : end + _EDGE_FRAMES]
    return bool(before.max(initial=0.0) >= loud or after.max(initial=0.0) >= loud)
