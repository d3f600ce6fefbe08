"""Short-time Fourier transform and back.

`librosa.stft` computes the same (a test holds this to it) and takes two seconds to import, half of
what a whole check may take; `scipy.fft` takes a tenth of one.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.signals import Signal


def n_windows_of(n_samples: int, hop_length: int) -> int:
    """Count the windows of a signal.

    The last centre is never more than half a hop from the end, where the Hann window is still
    large enough to divide by.
    """
    return 1 + round(n_samples / hop_length)


def stft(
    signal: Signal, settings: Settings, first: int = 0, last: int | None = None
) -> NDArray[np.complex64]:
    """Transform a signal; window t is centred on sample ``t * hop_length``, zeros are outside.

    Parameters
    ----------
    signal : Signal or float32, shape (n_samples,)
    settings : Settings
    first, last : int, optional
        Only the windows from `first` up to, not including, `last`.

    Returns
    -------
    complex64, shape (n_bins, last - first)
        C order.
    """
    n_fft, hop = settings.n_fft, settings.hop_length
    last = n_windows_of(len(signal), hop) if last is None else last
    begin = first * hop - n_fft // 2
    padded = np.zeros((last - first - 1) * hop + n_fft, np.float32)
    part = signal[max(0, begin) : max(0, begin + len(padded))]
    padded[max(0, -begin) : max(0, -begin) + len(part)] = part
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop] * _hann(n_fft)
    return np.ascontiguousarray(scipy.fft.rfft(frames, axis=1).T)


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
    inverse = InverseStft(n_samples, settings)
    return np.concatenate([inverse.add(spectrum), inverse.rest()])


class InverseStft:
    """`istft` of a spectrum that comes in parts, one after another.

    Parameters
    ----------
    n_samples : int
        Of the whole signal.
    settings : Settings
    """

    def __init__(self, n_samples: int, settings: Settings) -> None:
        self._n_samples = n_samples
        self._n_fft, self._hop = settings.n_fft, settings.hop_length
        self._window = _hann(self._n_fft)
        self._begin = -(self._n_fft // 2)
        self._open = np.zeros((2, self._n_fft - self._hop), np.float32)

    def add(self, spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Take the next windows, complex64 (n_bins, n_windows); give the samples they finish."""
        n_fft, hop = self._n_fft, self._hop
        n_windows = spectrum.shape[1]
        frames = scipy.fft.irfft(spectrum.T, n_fft, axis=1) * self._window
        total, weight = sums = np.zeros((2, (n_windows - 1) * hop + n_fft), np.float32)
        sums[:, : self._open.shape[1]] = self._open
        square = self._window**2
        for t, frame in enumerate(frames):
            total[t * hop : t * hop + n_fft] += frame
            weight[t * hop : t * hop + n_fft] += square
        self._open = sums[:, n_windows * hop :].copy()
        return self._finished(sums[:, : n_windows * hop])

    def rest(self) -> NDArray[np.float32]:
        """Give what is left after the last window."""
        return self._finished(self._open)

    def _finished(self, sums: NDArray[np.float32]) -> NDArray[np.float32]:
        begin, self._begin = self._begin, self._begin + sums.shape[1]
        total, weight = sums[:, max(0, -begin) : max(0, self._n_samples - begin)]
        return total / weight


def _hann(n_fft: int) -> NDArray[np.float32]:
    """Periodic, so that shifted copies sum to a constant."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
