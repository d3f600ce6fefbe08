"""Short-time Fourier transform and back.

`librosa.stft` computes the same (a test holds this to it) and takes two seconds to import, half of
what a whole check may take; `scipy.fft` takes a tenth of one.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from vocal_separation_sanity_check.settings import Settings


def stft(signal: NDArray[np.float32], settings: Settings) -> NDArray[np.complex64]:
    """Transform a signal; window t is centred on sample ``t * hop_length``, zeros are outside.

    There are ``1 + round(n_samples / hop_length)`` windows: the last centre is never more than
    half a hop from the end, where the Hann window is still large enough to divide by.

    Parameters
    ----------
    signal : float32, shape (n_samples,)
    settings : Settings

    Returns
    -------
    complex64, shape (n_bins, n_windows)
        C order.
    """
    n_fft, hop = settings.n_fft, settings.hop_length
    n_windows = _n_windows(len(signal), hop)
    padded = np.zeros((n_windows - 1) * hop + n_fft, np.float32)
    room = padded[n_fft // 2 :]
    room[: len(signal)] = signal[: len(room)]
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop] * _hann(n_fft)
    return np.ascontiguousarray(scipy.fft.rfft(frames, axis=1, workers=-1).T)


def istft(
    spectrum: NDArray[np.complex64], n_samples: int, settings: Settings
) -> NDArray[np.float32]:
    """Transform back: the signal whose `stft` is nearest (Griffin & Lim 1984, eq. 6).

    Parameters
    ----------
    spectrum : complex64, shape (n_bins, n_windows)
    n_samples : int
    settings : Settings

    Returns
    -------
    float32, shape (n_samples,)
    """
    n_fft, hop = settings.n_fft, settings.hop_length
    window = _hann(n_fft)
    frames = scipy.fft.irfft(spectrum.T, n_fft, axis=1, workers=-1) * window
    total = np.zeros((len(frames) - 1) * hop + n_fft, np.float32)
    weight = np.zeros_like(total)
    for t, frame in enumerate(frames):
        total[t * hop : t * hop + n_fft] += frame
        weight[t * hop : t * hop + n_fft] += window**2
    covered = slice(n_fft // 2, n_fft // 2 + n_samples)
    return total[covered] / weight[covered]


def _n_windows(n_samples: int, hop_length: int) -> int:
    return 1 + round(n_samples / hop_length)


def _hann(n_fft: int) -> NDArray[np.float32]:
    """Periodic, so that shifted copies sum to a constant."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
