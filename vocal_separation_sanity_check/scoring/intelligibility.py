"""Intelligibility: how much of the words can still be understood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.scoring.vocal_frames import (
    HOP_LENGTH,
    silent_frames,
)

STRETCH_S = 30.0
STOI_RATE_HZ = 10000
_FRAME_LENGTH, _HOP_LENGTH = 256, 128
"""Samples of a frame and between frames, at this rate."""
_FFT_LENGTH = 512
_HEARD_DB = 40.0
"""Frames of the reference this far under its loudest are cut out before anything is compared."""
_LOWEST_BAND_HZ, _N_BANDS = 150.0, 15
"""Centre of the lowest third of an octave, and how many there are."""
_PIECE = 30
"""Frames that are compared at a time (384 ms): with fewer there is no score."""
_PIECES_AT_A_TIME = 400


def estoi(
    estimates: Sequence[NDArray[np.floating]],
    reference: NDArray[np.floating],
    sample_rate_hz: int,
) -> tuple[float | None, ...]:
    """Extended short-time objective intelligibility.

    Jensen & Taal 2016, "An algorithm for predicting the intelligibility of speech masked by
    modulated noise maskers": correlation of the two sounds' 384 ms pieces in third-octave bands up
    to 4.3 kHz, over the time in which the reference is not silent. The values are those of
    `pystoi`. Of a sound over half a minute, the mean over its half minutes, weighted by how long
    the reference sounds in each.

    Parameters
    ----------
    estimates : sequence of floating, shape (n_samples,)
    reference : floating, shape (n_samples,)
    sample_rate_hz : int

    Returns
    -------
    tuple of (float or None)
        Of each estimate: 1 where it agrees, about 0 where nothing can be understood; None where
        the reference sounds for less than 384 ms.
    """
    n_part = round(STRETCH_S * sample_rate_hz)
    sounds = ~silent_frames(reference)
    values, weights = [], []
    for begin in range(0, len(reference), n_part):
        part = slice(begin, begin + n_part)
        weight = int(sounds[begin // HOP_LENGTH : (begin + n_part) // HOP_LENGTH].sum())
        if weight:
            own = [estimate[part] for estimate in estimates]
            found = _of_stretch(own, reference[part], sample_rate_hz)
            if found is not None:
                values.append(found)
                weights.append(weight)
    if not values:
        return (None,) * len(estimates)
    return tuple(np.average(values, axis=0, weights=weights).tolist())


def _of_stretch(
    estimates: Sequence[NDArray[np.floating]],
    reference: NDArray[np.floating],
    sample_rate_hz: int,
) -> NDArray[np.float64] | None:
    """Of each estimate, (n_estimates,); None where the reference is too short."""
    all_frames = [
        _frames(soxr.resample(sound, sample_rate_hz, STOI_RATE_HZ).astype(np.float64))
        for sound in (reference, *estimates)
    ]
    if not len(all_frames[0]):
        return None
    level_db = 20 * np.log10(np.linalg.norm(all_frames[0], axis=1) + np.finfo(float).eps)
    heard = level_db > level_db.max() - _HEARD_DB
    if np.count_nonzero(heard) <= _PIECE:
        return None
    pieces = [
        np.lib.stride_tricks.sliding_window_view(_bands(_joined(frames[heard])), _PIECE, axis=0)
        for frames in all_frames
    ]
    totals, n_pieces = np.zeros(len(estimates)), len(pieces[0])
    for begin in range(0, n_pieces, _PIECES_AT_A_TIME):
        wanted, *all_found = (
            _normalised(some[begin : begin + _PIECES_AT_A_TIME]) for some in pieces
        )
        totals += [float(np.vdot(wanted, found)) for found in all_found]
    return totals / (_PIECE * n_pieces)


def _frames(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut into windowed frames, (n_frames, 256); one that ends where the sound ends is left out."""
    if len(sound) <= _FRAME_LENGTH:
        return np.empty((0, _FRAME_LENGTH))
    cut = np.lib.stride_tricks.sliding_window_view(sound, _FRAME_LENGTH)[:-1:_HOP_LENGTH]
    return np.asarray(cut * np.hanning(_FRAME_LENGTH + 2)[1:-1])


def _joined(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Overlap frames as they lay before some between them were cut out."""
    first, second = frames[:, :_HOP_LENGTH], frames[:, _HOP_LENGTH:]
    between = first[1:] + second[:-1]
    return np.concatenate([first[0], between.ravel(), second[-1]])


def _bands(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amplitude in thirds of an octave, frame by frame, (n_frames, 15)."""
    spectrum = scipy.fft.rfft(_frames(sound), _FFT_LENGTH, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    centre = _LOWEST_BAND_HZ * 2 ** (np.arange(_N_BANDS) / 3)
    bin_hz = STOI_RATE_HZ / _FFT_LENGTH
    low, high = (np.round(centre * 2 ** (side / 6) / bin_hz).astype(int) for side in (-1, 1))
    within = [power[:, begin:end].sum(1) for begin, end in zip(low, high, strict=True)]
    return np.sqrt(np.stack(within, axis=1))


def _normalised(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each band of a piece, and then each of its frames: mean 0 and norm 1; (n, 15, 30)."""
    for axis in (2, 1):
        pieces = pieces - pieces.mean(axis, keepdims=True)
        norm = np.linalg.norm(pieces, axis=axis, keepdims=True)
        pieces = np.divide(pieces, norm, out=np.zeros_like(pieces), where=norm > 0)
    return pieces
