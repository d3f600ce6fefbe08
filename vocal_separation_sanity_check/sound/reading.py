"""Sound files to arrays, whole."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.checks import SILENCE_PEAK
from vocal_separation_sanity_check.sound.condition import condition_of
from vocal_separation_sanity_check.sound.mixdown import Mixdown, mixed_down
from vocal_separation_sanity_check.sound.open_sound import no_samples
from vocal_separation_sanity_check.sound.opening import opened

_LARGEST_CHUNK = 1 << 24
"""Samples: six minutes at 44.1 kHz come in one chunk, which need not be copied."""
LONGEST_S = 4 * 3600.0
"""What is read whole; silence of a day is a file of some megabytes."""
MOST_VALUES = 1 << 30
"""Of all channels together: 4 GiB."""


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
        If it is missing, not sound, cut off, empty, too long, or holds what is no usable number.
    """
    path = Path(path)
    chunks: list[NDArray[np.floating]] = []
    with opened(path) as file:
        n_most = min(round(LONGEST_S * file.sample_rate_hz), MOST_VALUES // file.n_channels)
        n_read = 0
        if (file.n_promised or 0) > n_most:
            raise _too_long(path.name, n_most / file.sample_rate_hz)
        for chunk in file.chunks(_LARGEST_CHUNK, "float32"):
            chunks.append(chunk)
            n_read += len(chunk)
            if n_read > n_most:
                raise _too_long(path.name, n_most / file.sample_rate_hz)
    if not chunks:
        raise no_samples(path.name)
    samples = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
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
        float32, shape (n_samples,), what was wrong with the channels, and the condition of all.

    Raises
    ------
    InputError
        As `read_sound`; also if the file is silent.
    """
    sound = read_sound(path)
    mixdown = _at_rate(sound, Path(path).name, sample_rate_hz)
    return replace(mixdown, condition=condition_of(sound.samples))


def _at_rate(sound: Sound, name: str, sample_rate_hz: int) -> Mixdown:
    mixdown = mixed_down(sound.samples)
    peak = float(np.abs(mixdown.samples).max())
    if peak < SILENCE_PEAK:
        raise InputError(f"{name} holds only silence (peak {peak:.1e}); is it the right file?")
    mono = mixdown.samples
    if sound.sample_rate_hz != sample_rate_hz:
        mono = soxr.resample(mono, sound.sample_rate_hz, sample_rate_hz, quality="VHQ")
    return Mixdown(np.ascontiguousarray(mono, np.float32), mixdown.faults)


def read_mono(path: str | os.PathLike[str], sample_rate_hz: int) -> NDArray[np.float32]:
    """Give the samples of `read_mixdown` where nobody is to be told what is wrong with them.

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
    return _at_rate(read_sound(path), Path(path).name, sample_rate_hz).samples


def _too_long(name: str, longest_s: float) -> InputError:
    return InputError(
        f"{name} holds more than {longest_s / 3600:.2g} hours of sound, too much to work on at"
        " once; cut it into parts"
    )
