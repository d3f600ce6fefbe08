"""Where a vocal sounds, where it has a pitch, and where it is silent: short frames of it."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from vocal_separation_sanity_check.spectral import hann

FRAME_LENGTH, HOP_LENGTH = 2048, 512
"""Samples of a frame and between frames."""
SILENT_DB = -50.0
"""A frame this far under the loudest counts as silence: what is left is noise and bleed."""
QUIET_DB = -40.0
"""A frame this far under the loudest is not asked for its pitch: it would be that of noise."""
PERIODIC = 0.45
"""Share of a frame's energy that repeats, from which on it has a pitch (Praat's own default)."""
LOWEST_HZ, HIGHEST_HZ = 65.0, 1047.0
"""C2 to C6, where sung fundamentals lie."""


def frames(signal: NDArray[np.floating]) -> NDArray[np.floating]:
    """Cut a signal into overlapping frames, shape (n_frames, 2048); a view, nothing is copied.

    Frame t starts at sample ``512 t``; what is left over at the end is not in any.
    """
    if len(signal) < FRAME_LENGTH:
        signal = np.pad(signal, (0, FRAME_LENGTH - len(signal)))
    return np.lib.stride_tricks.sliding_window_view(signal, FRAME_LENGTH)[::HOP_LENGTH]


def silent_frames(vocal: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Say which frames are 50 dB under the loudest.

    Parameters
    ----------
    vocal : floating, shape (n_samples,)

    Returns
    -------
    bool, shape (n_frames,)
    """
    return _level_db(vocal) < SILENT_DB


def voiced_frames(vocal: NDArray[np.floating], sample_rate_hz: float) -> NDArray[np.bool_]:
    """Say which frames have a pitch.

    The highest peak of the normalised autocorrelation r_x / r_w, that of the Hann-windowed frame
    over that of the window (Boersma 1993), between the periods of 1047 and 65 Hz.

    Parameters
    ----------
    vocal : floating, shape (n_samples,)
    sample_rate_hz : float

    Returns
    -------
    bool, shape (n_frames,)
    """
    window = hann(FRAME_LENGTH)
    size = 2 * FRAME_LENGTH
    shortest, longest = (int(sample_rate_hz / hz) for hz in (HIGHEST_HZ, LOWEST_HZ))
    of_window = _autocorrelation(window[None], size)[0]
    voiced = []
    for part in np.array_split(frames(vocal), -(-len(vocal) // (1 << 18))):
        own = _autocorrelation(part * window, size)
        energy = np.where(own[:, 0] > 0, own[:, 0], np.inf)
        repeats = own[:, shortest : longest + 1] / of_window[shortest : longest + 1]
        voiced.append(repeats.max(1) * of_window[0] / energy > PERIODIC)
    return np.concatenate(voiced) & (_level_db(vocal) > QUIET_DB)


def _autocorrelation(windowed: NDArray[np.floating], size: int) -> NDArray[np.floating]:
    spectrum = scipy.fft.rfft(windowed, size, axis=1)
    return np.asarray(scipy.fft.irfft(np.abs(spectrum) ** 2, size, axis=1))


def _level_db(signal: NDArray[np.floating]) -> NDArray[np.floating]:
    """Energy of each frame in dB of the loudest."""
    cut = frames(signal)
    energy = np.einsum("tf,tf->t", cut, cut, dtype=np.float64)
    return 10 * np.log10(np.maximum(energy / max(energy.max(), 1e-30), 1e-12))
