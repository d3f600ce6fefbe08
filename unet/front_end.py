"""What a network for sound sees: the complex spectrogram of mid and side, and the way back.

The same for every library that computes the network. By `numpy.fft`, since `scipy.fft` takes longer
to load than 30 s of song take to separate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import SAMPLE_RATES_HZ
from vocal_separation_sanity_check.spectral import hann

LARGEST_FFT = 1 << 16
"""A second and a half at 44.1 kHz; a model file that says more would take all memory."""

_AT_ONCE = 64
"""Windows that are transformed together: they fit into the processor's cache."""


@dataclass(frozen=True)
class FrontEnd:
    """The short-time Fourier transform in front of a network.

    Attributes
    ----------
    sample_rate_hz, n_fft, hop_length : int
        Hann window of `n_fft` samples, at most `LARGEST_FFT`; window t is centred on sample
        ``t * hop_length``.
    n_bins : int
        The network sees the lowest `n_bins` of the ``n_fft // 2 + 1`` bins.
    n_channels : int
        1: the mean of the channels. 2: mid and side, ``(L + R) / 2`` and ``(L - R) / 2``.

    Raises
    ------
    InputError
        If a number is out of range, or no whole number.
    """

    sample_rate_hz: int
    n_fft: int
    hop_length: int
    n_bins: int
    n_channels: int = 1

    def __post_init__(self) -> None:
        for name, number in vars(self).items():
            if type(number) is not int:
                raise InputError(f"{name} is {number!r}, wanted a whole number")
        low, high = SAMPLE_RATES_HZ
        if not low <= self.sample_rate_hz <= high:
            raise InputError(f"{self.sample_rate_hz} samples a second, wanted {low} to {high}")
        if not 2 <= self.n_fft <= LARGEST_FFT:
            raise InputError(f"a transform of {self.n_fft}, wanted 2 to {LARGEST_FFT} samples")
        if not 1 <= self.hop_length < self.n_fft:
            raise InputError(f"hop length is {self.hop_length}, wanted 1 to {self.n_fft - 1}")
        if not 1 <= self.n_bins <= self.n_fft // 2 + 1:
            raise InputError(f"{self.n_bins} bins, wanted 1 to {self.n_fft // 2 + 1}")
        if self.n_channels not in (1, 2):
            raise InputError(f"{self.n_channels} channels, wanted 1 (mono) or 2 (mid, side)")

    @property
    def norm(self) -> float:
        """Expected magnitude of a bin for white noise of unit power."""
        return float((0.375 * self.n_fft) ** 0.5)

    def n_windows(self, n_samples: int) -> int:
        """Windows that cover so many samples, the first and the last sample included."""
        return 1 + -(-n_samples // self.hop_length)

    def stft(self, sound: NDArray[np.float32]) -> NDArray[np.complex64]:
        """Transform a whole sound; zeros are outside.

        Parameters
        ----------
        sound : float32, shape (n_channels, n_samples)

        Returns
        -------
        complex64, shape (n_channels, n_fft // 2 + 1, n_windows)
        """
        n_samples = sound.shape[-1]
        last_centre = (self.n_windows(n_samples) - 1) * self.hop_length
        half = self.n_fft // 2
        return self.windows(np.pad(sound, ((0, 0), (half, last_centre - n_samples + half))))

    def windows(self, stretch: NDArray[np.float32]) -> NDArray[np.complex64]:
        """Transform a stretch of sound whose first window begins with its first sample.

        Parameters
        ----------
        stretch : float32, shape (n_channels, n_samples)

        Returns
        -------
        complex64, shape (n_channels, n_fft // 2 + 1, n_windows)
        """
        frames = np.lib.stride_tricks.sliding_window_view(stretch, self.n_fft, axis=-1)
        frames, window = frames[:, :: self.hop_length], hann(self.n_fft).astype(np.float32)
        spectra = np.empty((*frames.shape[:2], self.n_fft // 2 + 1), np.complex64)
        for first in range(0, frames.shape[1], _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            spectra[:, some] = np.fft.rfft(frames[:, some] * window)
        return spectra.swapaxes(1, 2)

    def frames(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Transform windows back, each by itself.

        Parameters
        ----------
        spectra : complex64, shape (n_channels, n_fft // 2 + 1, n_windows)

        Returns
        -------
        float32, shape (n_channels, n_windows, n_fft)
            To be windowed once more and added up where they lie: `spectral.OverlapAdd`.
        """
        frames = np.fft.irfft(spectra.swapaxes(1, 2), self.n_fft)
        return frames.astype(np.float32, copy=False)


def mid_side(sound: NDArray[Any]) -> NDArray[Any]:
    """Turn left and right into mid and side, or back but for a factor of two.

    Parameters
    ----------
    sound : shape (2, ...)

    Returns
    -------
    shape (2, ...)
        ``(a + b) / 2`` and ``(a - b) / 2``.
    """
    return np.stack((sound[0] + sound[1], sound[0] - sound[1])) / 2
