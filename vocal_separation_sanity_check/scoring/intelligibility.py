"""Intelligibility: how much of the words can still be understood."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.scoring.vocal_frames import (
    HOP_LENGTH,
    silent_frames,
)

STRETCH_S = 30.0
STOI_RATE_HZ = 10000
_FRAME_LENGTH, _HOP_LENGTH = 256, 128
"""Samples of `pystoi`'s frames and between them, at its rate."""
_HEARD_DB = 40.0
"""Frames of the reference this far under its loudest are cut out before anything is compared."""
_FEWEST_FRAMES = 30
"""Frames that are compared at a time (384 ms): with fewer there is no score."""


def estoi(
    estimate: NDArray[np.floating], reference: NDArray[np.floating], sample_rate_hz: int
) -> float | None:
    """Extended short-time objective intelligibility, by `pystoi`.

    Jensen & Taal 2016, "An algorithm for predicting the intelligibility of speech masked by
    modulated noise maskers": correlation of the two sounds' 384 ms pieces in third-octave bands up
    to 4.3 kHz, over the time in which the reference is not silent. Of a sound over half a minute,
    the mean over its half minutes, weighted by how long the reference sounds in each: `pystoi`
    needs a gigabyte for five minutes at once.

    Parameters
    ----------
    estimate, reference : floating, shape (n_samples,)
    sample_rate_hz : int

    Returns
    -------
    float or None
        1 where they agree, about 0 where nothing can be understood; None where the reference
        sounds for less than 384 ms.

    Raises
    ------
    ModuleNotFoundError
        If `pystoi` is not installed.
    """
    n_part = round(STRETCH_S * sample_rate_hz)
    sounds = ~silent_frames(reference)
    values, weights = [], []
    for begin in range(0, len(reference), n_part):
        part = slice(begin, begin + n_part)
        weight = int(sounds[begin // HOP_LENGTH : (begin + n_part) // HOP_LENGTH].sum())
        value = _of_stretch(estimate[part], reference[part], sample_rate_hz) if weight else None
        if value is not None:
            values.append(value)
            weights.append(weight)
    return float(np.average(values, weights=weights)) if values else None


def _of_stretch(
    estimate: NDArray[np.floating], reference: NDArray[np.floating], sample_rate_hz: int
) -> float | None:
    from pystoi import stoi

    # `pystoi` works at this rate, and its own resampling takes as long as all the rest.
    sounds = [soxr.resample(sound, sample_rate_hz, STOI_RATE_HZ) for sound in (reference, estimate)]
    # Of a shorter sound `pystoi` warns, and what silences warnings is the whole process's.
    if _n_compared_frames(sounds[0]) < _FEWEST_FRAMES:
        return None
    return float(stoi(*sounds, STOI_RATE_HZ, extended=True))


def _n_compared_frames(reference: NDArray[np.floating]) -> int:
    """Count the frames that are left once `pystoi` has cut out those in which nothing is heard.

    It joins the frames that are left, overlapping as they did, and cuts the result into frames
    anew; the end of a sound that fills a frame exactly is in none, both times.
    """
    if len(reference) <= _FRAME_LENGTH:
        return 0
    cut = np.lib.stride_tricks.sliding_window_view(reference, _FRAME_LENGTH)[:-1:_HOP_LENGTH]
    window = np.hanning(_FRAME_LENGTH + 2)[1:-1]
    level_db = 20 * np.log10(np.linalg.norm(cut * window, axis=1) + np.finfo(float).eps)
    return int(np.count_nonzero(level_db > level_db.max() - _HEARD_DB)) - 1
