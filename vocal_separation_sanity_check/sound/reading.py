"""Sound files to arrays, whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.checks import SILENCE_PEAK
from vocal_separation_sanity_check.sound.open_sound import no_samples, not_finite
from vocal_separation_sanity_check.sound.opening import opened

_LARGEST_CHUNK = 1 << 24
"""Samples: six minutes at 44.1 kHz come in one chunk, which need not be copied."""
_CANCELLED = 1e-4
"""Of the peak: rounding to 16 bits leaves less than this of a channel and its opposite."""


@dataclass(frozen=True)
class Sound:
    """What a file holds.

    Attributes
    ----------
    samples : float32, shape (n_samples, n_channels)
        Linear amplitude, full scale at 1; files in floating point may go beyond.
    sample_rate_hz : int
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int


def read_sound(path: str | os.PathLike[str]) -> Sound:
    """Read a sound file of any format, whole.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Sound

    Raises
    ------
    InputError
        If it is missing, not sound, cut off, empty, or holds NaN or infinity.
    """
    path = Path(path)
    with opened(path) as file:
        chunks = list(file.chunks(_LARGEST_CHUNK, "float32"))
    if not chunks:
        raise no_samples(path.name)
    samples = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
    if not np.isfinite(samples).all():
        raise not_finite(path.name)
    return Sound(np.asarray(samples, np.float32), file.sample_rate_hz)


def read_mono(path: str | os.PathLike[str], sample_rate_hz: int) -> NDArray[np.float32]:
    """Read a sound file, average its channels, and bring it to a sampling rate.

    Parameters
    ----------
    path : path-like
    sample_rate_hz : int
        Rate wanted.

    Returns
    -------
    float32, shape (n_samples,)

    Raises
    ------
    InputError
        As `read_sound`; also if the file is silent or its channels cancel each other.
    """
    sound = read_sound(path)
    name = Path(path).name
    peak = float(np.abs(sound.samples).max())
    if peak < SILENCE_PEAK:
        raise InputError(f"{name} holds only silence (peak {peak:.1e}); is it the right file?")
    mono = sound.samples.mean(axis=1)
    if float(np.abs(mono).max()) < max(SILENCE_PEAK, _CANCELLED * peak):
        raise InputError(
            f"{name} is silent in mono: its channels cancel; flip the polarity of one of them"
        )
    if sound.sample_rate_hz != sample_rate_hz:
        mono = soxr.resample(mono, sound.sample_rate_hz, sample_rate_hz, quality="VHQ")
    return np.ascontiguousarray(mono, np.float32)
