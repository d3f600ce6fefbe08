"""Timbre: how far an extraction is from the vocal in the colour of its spectrum."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from vocal_separation_sanity_check.scoring.vocal_frames import (
    FRAME_LENGTH,
    frames,
    voiced_frames,
)
from vocal_separation_sanity_check.spectral import hann

FLOOR_DB = -50.0
"""Under a frame's loudest bin, nothing is compared: the ear does not hear it either."""
_FEWEST_FRAMES = 5


def log_spectral_distance_db(
    estimate: NDArray[np.floating], reference: NDArray[np.floating], sample_rate_hz: float
) -> float | None:
    """Distance of two log spectra, mean over the frames in which the reference has a pitch.

    Gray & Markel 1976, "Distance measures for speech processing", with p = 2::

        LSD = mean_t sqrt( mean_f ( L[S](f, t) - L[R](f, t) )^2 )
        L[X] = 20 log10 max( |X|, 10^(-50 / 20) max_f |R(f, t)| )

    Parameters
    ----------
    estimate, reference : floating, shape (n_samples,)
        At one level.
    sample_rate_hz : float

    Returns
    -------
    float or None
        0 where they agree; None where the reference never has a pitch.
    """
    voiced = np.flatnonzero(voiced_frames(reference, sample_rate_hz))
    if len(voiced) < _FEWEST_FRAMES:
        return None
    window = hann(FRAME_LENGTH)
    distances = []
    for some in np.array_split(voiced, -(-len(voiced) // 500)):
        wanted, found = (
            np.abs(scipy.fft.rfft(frames(signal)[some] * window, axis=1))
            for signal in (reference, estimate)
        )
        floor = 10 ** (FLOOR_DB / 20) * wanted.max(1, keepdims=True)
        apart = 20 * np.log10(np.maximum(found, floor) / np.maximum(wanted, floor))
        distances.append(np.sqrt((apart**2).mean(1)))
    return float(np.concatenate(distances).mean())
