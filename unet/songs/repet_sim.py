"""REPET-SIM: what does not recur is taken for vocals. It learns nothing; networks must beat it.

Rafii & Pardo, "Music/voice separation using the similarity matrix", ISMIR 2012, with the
nearest-neighbour filter of `librosa` and the soft masks of its example of vocal separation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_APART_S = 2.0
"""Windows closer than this do not count as recurrences."""
VOCALS_MARGIN, POWER = 10, 2


def repet_sim_vocals(sound: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float32]:
    """Take out of a sound what does not recur in it.

    Parameters
    ----------
    sound : float32, shape (n_samples, n_channels)
    sample_rate_hz : int

    Returns
    -------
    float32, shape (n_samples, n_channels)
        All channels through one mask, found on their mean; zeros where the sound is too short for
        anything to recur.
    """
    import librosa

    spectra = librosa.stft(np.ascontiguousarray(sound.T))
    magnitude = np.abs(spectra.mean(axis=0))
    apart = int(librosa.time_to_frames(LEAST_APART_S, sr=sample_rate_hz))
    if magnitude.shape[1] <= 2 * apart:
        return np.zeros_like(sound)
    recurring = librosa.decompose.nn_filter(
        magnitude, aggregate=np.median, metric="cosine", width=apart
    )
    recurring = np.minimum(magnitude, recurring)
    mask = librosa.util.softmask(magnitude - recurring, VOCALS_MARGIN * recurring, power=POWER)
    vocals: NDArray[np.float32] = librosa.istft(mask * spectra, length=len(sound))
    return vocals.T
