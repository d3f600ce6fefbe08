"""Pitch: how often the extraction sings the same note."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.scoring.pitch_tracking import PitchTrack

TOLERANCE_CENTS = 50
_BASE_HZ = 10.0


def raw_pitch_accuracy(found: PitchTrack, wanted: PitchTrack) -> float | None:
    """Share of the frames with a pitch in which the pitch is right.

    Raw pitch accuracy of Poliner et al. 2007, "Melody transcription from music audio": within 50
    cents of the reference, whether or not the frame was taken for voiced. The values are those of
    `mir_eval`.

    Parameters
    ----------
    found, wanted : PitchTrack

    Returns
    -------
    float or None
        In [0, 1]; None where the reference has no pitch.
    """
    if not wanted.is_voiced.any():
        return None
    # Pitches lie ten cents apart: whether five of them are under 50 is for the last digit to say,
    # and the base is what decides it.
    cents = (_cents(track.frequency_hz) for track in (found, wanted))
    apart = np.abs(np.subtract(*cents))
    return float((apart < TOLERANCE_CENTS)[wanted.is_voiced].mean())


def _cents(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1200 * np.log2(frequency_hz / _BASE_HZ)
