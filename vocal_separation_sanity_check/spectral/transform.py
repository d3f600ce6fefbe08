"""Short-time Fourier transform and back.

`librosa.stft` computes the same (a test holds this to it) and takes two seconds to import, half of
what a whole check may take; `scipy.fft` takes a tenth of that. It is imported where it is used:
`separate.py` needs the rest of this room only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral.overlap_add import OverlapAdd, hann


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
    import scipy.fft

    n_fft, hop = settings.n_fft, settings.hop_length
    last = n_windows_of(len(signal), hop) if last is None else last
    begin = first * hop - n_fft // 2
    padded = np.zeros((last - first - 1) * hop + n_fft, np.float32)
    part = signal[max(0, begin) : max(0, begin + len(padded))]
    padded[max(0, -begin) : max(0, -begin) + len(part)] = part
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    windowed = frames * hann(n_fft).astype(np.float32)
    return np.ascontiguousarray(scipy.fft.rfft(windowed, axis=1).T)


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
    return InverseStft(n_samples, settings).add(spectrum)


class InverseStft:
    """`istft` of a spectrum that comes in parts, one after another.

    Parameters
    ----------
    n_samples : int
        Of the whole signal.
    settings : Settings
    """

    def __init__(self, n_samples: int, settings: Settings) -> None:
        self._n_fft, self._hop = settings.n_fft, settings.hop_length
        self._n_windows = n_windows_of(n_samples, settings.hop_length)
        self._n_seen = 0
        self._sum = OverlapAdd(n_samples, hann(settings.n_fft).astype(np.float32))

    def add(self, spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Take the next windows, and give the samples that they finish: all, with the last window.

        Parameters
        ----------
        spectrum : complex64, shape (n_bins, n_windows)

        Returns
        -------
        float32, shape (n_finished,)
        """
        import scipy.fft

        frames = scipy.fft.irfft(spectrum.T, self._n_fft, axis=1)
        seen, self._n_seen = self._n_seen, self._n_seen + len(frames)
        starts = np.arange(seen, self._n_seen + 1) * self._hop - self._n_fft // 2
        is_last = self._n_seen >= self._n_windows
        return self._sum.add(frames, starts[:-1], None if is_last else int(starts[-1]))
