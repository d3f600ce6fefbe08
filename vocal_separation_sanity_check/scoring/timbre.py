"""Timbre: how far an extraction is from the vocal in the colour of its spectrum."""

from __future__ import annotations

from collections.abc import Sequence

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


def log_spectral_distances_db(
    estimates: Sequence[NDArray[np.floating]],
    reference: NDArray[np.floating],
    sample_rate_hz: float,
) -> tuple[float | None, ...]:
    """Distances of log spectra, means over the frames in which the reference has a pitch.

    Gray & Markel 1976, "Distance measures for speech processing", with p = 2::

        LSD = mean_t sqrt( mean_f ( L[S](f, t) - L[R](f, t) )^2 )
        L[X] = 20 log10 max( |X|, 10^(-50 / 20) max_f |R(f, t)| )

    Parameters
    ----------
    estimates : sequence of floating, shape (n_samples,)
        At the reference's level.
    reference : floating, shape (n_samples,)
    sample_rate_hz : float

    Returns
    -------
    tuple of (float or None)
        Of each estimate: 0 where it agrees; None where the reference never has a pitch.
    """
    voiced = np.flatnonzero(voiced_frames(reference, sample_rate_hz))
    if len(voiced) < _FEWEST_FRAMES:
        return (None,) * len(estimates)
    window = hann(FRAME_LENGTH)
    distances: list[list[NDArray[np.floating]]] = [[] for _ in estimates]
    for some in np.array_split(voiced, -(-len(voiced) // 500)):
        wanted, *all_found = (
            np.abs(scipy.fft.rfft(frames(signal)[some] * window, axis=1))
            for signal in (reference, *estimates)
        )
        floor = 10 ** (FLOOR_DB / 20) * wanted.max(1, keepdims=True)
        wanted = np.maximum(wanted, floor)
        for own, found in zip(distances, all_found, strict=True):
            apart = 20 * np.log10(np.maximum(found, floor) / wanted)
            own.append(np.sqrt((apart**2).mean(1)))
    return tuple(float(np.concatenate(own).mean()) for own in distances)
