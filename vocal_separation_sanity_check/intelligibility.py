"""Intelligibility: how much of the words can still be understood."""

from __future__ import annotations

import warnings

import numpy as np
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.vocal_frames import HOP_LENGTH, silent_frames

STRETCH_S = 30.0
STOI_RATE_HZ = 10000
_TOO_SHORT = 1e-5
"""What `pystoi` returns, with a warning, where nothing sounds for long enough."""


def estoi(
    estimate: NDArray[np.floating], reference: NDArray[np.floating], sample_rate_hz: int
) -> float | None:
    """Extended short-time objective intelligibility, by `pystoi`.

    Jensen & Taal 2016, "An algorithm for predicting the intelligibility of speech masked by
    modulated noise maskers": correlation of the two voices' 384 ms pieces in third-octave bands up
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
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Not enough STFT frames", RuntimeWarning)
        value = float(stoi(*sounds, STOI_RATE_HZ, extended=True))
    return None if value == _TOO_SHORT else value
