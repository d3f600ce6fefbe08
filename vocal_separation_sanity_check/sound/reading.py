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
from vocal_separation_sanity_check.sound.mixdown import Mixdown, mixed_down
from vocal_separation_sanity_check.sound.open_sound import no_samples, not_finite
from vocal_separation_sanity_check.sound.opening import opened

_LARGEST_CHUNK = 1 << 24
"""Samples: six minutes at 44.1 kHz come in one chunk, which need not be copied."""


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


def read_mixdown(path: str | os.PathLike[str], sample_rate_hz: int) -> Mixdown:
    """Read a sound file, bring its channels to one (see `mixdown`), and that to a sampling rate.

    Parameters
    ----------
    path : path-like
    sample_rate_hz : int
        Rate wanted.

    Returns
    -------
    Mixdown
        float32, shape (n_samples,), and what was wrong with the channels.

    Raises
    ------
    InputError
        As `read_sound`; also if the file is silent.
    """
    sound = read_sound(path)
    mixdown = mixed_down(sound.samples)
    peak = float(np.abs(mixdown.samples).max())
    if peak < SILENCE_PEAK:
        raise InputError(
            f"{Path(path).name} holds only silence (peak {peak:.1e}); is it the right file?"
        )
    mono = mixdown.samples
    if sound.sample_rate_hz != sample_rate_hz:
        mono = soxr.resample(mono, sound.sample_rate_hz, sample_rate_hz, quality="VHQ")
    return Mixdown(np.ascontiguousarray(mono, np.float32), mixdown.faults)


def read_mono(path: str | os.PathLike[str], sample_rate_hz: int) -> NDArray[np.float32]:
    """Give the samples of `read_mixdown` where nobody is to be told of faults.

    Parameters
    ----------
    path : path-like
    sample_rate_hz : int

    Returns
    -------
    float32, shape (n_samples,)

    Raises
    ------
    InputError
        As `read_mixdown`.
    """
    return read_mixdown(path, sample_rate_hz).samples
