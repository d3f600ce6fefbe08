"""Pitch: how often the extraction sings the same note."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.scoring.vocal_frames import HIGHEST_HZ, LOWEST_HZ

TOLERANCE_CENTS = 50
_FRAME_LENGTH, _HOP_LENGTH = 2048, 1024


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
    """Follow the pitch of a vocal from C2 to C6 by pYIN (Mauch & Dixon 2014), in `librosa`.

    Parameters
    ----------
    signal : floating, shape (n_samples,)
    sample_rate_hz : int

    Returns
    -------
    PitchTrack
        A frame every 1024 samples.

    Raises
    ------
    ModuleNotFoundError
        If `librosa` is not installed.
    """
    from librosa import pyin

    frequency_hz, is_voiced, _ = pyin(
        signal,
        fmin=LOWEST_HZ,
        fmax=HIGHEST_HZ,
        sr=sample_rate_hz,
        frame_length=_FRAME_LENGTH,
        hop_length=_HOP_LENGTH,
        fill_na=None,
    )
    return PitchTrack(frequency_hz, is_voiced)


def raw_pitch_accuracy(found: PitchTrack, wanted: PitchTrack) -> float | None:
    """Share of the frames with a pitch in which the pitch is right, by `mir_eval`.

    Raw pitch accuracy of Poliner et al. 2007, "Melody transcription from music audio": within 50
    cents of the reference, whether or not the frame was taken for voiced.

    Parameters
    ----------
    found, wanted : PitchTrack

    Returns
    -------
    float or None
        In [0, 1]; None where the reference has no pitch.

    Raises
    ------
    ModuleNotFoundError
        If `mir_eval` is not installed.
    """
    from mir_eval import melody

    if not wanted.is_voiced.any():
        return None
    return float(
        melody.raw_pitch_accuracy(
            wanted.is_voiced.astype(float),
            melody.hz2cents(wanted.frequency_hz),
            np.ones(len(found.frequency_hz)),
            melody.hz2cents(found.frequency_hz),
            cent_tolerance=TOLERANCE_CENTS,
        )
    )
