"""Sample encodings: how many bits each has, and splitting a sound so that two files sum to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BITS = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
"""Bits of a sample, of the encodings with integers that WAV has, by libsndfile's names."""

SAMPLE_BYTES = {name: bits // 8 for name, bits in BITS.items()} | {"FLOAT": 4, "DOUBLE": 8}
"""Bytes of a sample, of every encoding that is written here."""


def wav_subtype(subtype: str) -> str:
    """Name the encoding of a WAV file that holds what a file of another kind holds.

    Parameters
    ----------
    subtype : str
        libsndfile's name of the file's encoding.

    Returns
    -------
    str
        The same where WAV has it; 32-bit float for what a decoder computes, such as MP3.
    """
    if subtype == "PCM_S8":
        return "PCM_U8"  # eight bits have no sign in WAV
    return subtype if subtype in SAMPLE_BYTES else "FLOAT"


def split_samples(
    mixture: NDArray[np.floating], extracted: NDArray[np.float32], subtype: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Round an extraction to what a file can hold and take it off, so that both sum to the mixture.

    Parameters
    ----------
    mixture : float64, shape (n_samples, n_channels)
        As read from a file of the same encoding, full scale at 1.
    extracted : float32, shape (n_samples, n_channels)
    subtype : str
        Encoding of the two files, a key of `SAMPLE_BYTES`.

    Returns
    -------
    extracted, rest : float64, shape (n_samples, n_channels)
        Integers, once written, sum to the mixture exactly. Where either would clip, the other takes
        what is too much.
    """
    rounded = extracted.astype(np.float64)
    bits = BITS.get(subtype)
    if bits is None:
        return rounded, mixture - rounded
    scale = 2.0 ** (bits - 1)
    rounded = np.clip(np.round(rounded * scale), -scale, scale - 1) / scale
    rest = np.clip(mixture - rounded, -1, (scale - 1) / scale)
    return mixture - rest, rest
