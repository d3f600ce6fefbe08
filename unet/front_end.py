"""What a network for sound sees: the complex spectrogram of mid and side, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from vocal_separation_sanity_check.errors import InputError


@dataclass(frozen=True)
class FrontEnd:
    """The short-time Fourier transform in front of a network.

    Attributes
    ----------
    sample_rate_hz, n_fft, hop_length : int
        Hann window of `n_fft` samples; window t is centred on sample ``t * hop_length``.
    n_bins : int
        The network sees the lowest `n_bins` of the ``n_fft // 2 + 1`` bins.
    n_channels : int
        1: the mean of the channels. 2: mid and side, ``(L + R) / 2`` and ``(L - R) / 2``.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    sample_rate_hz: int
    n_fft: int
    hop_length: int
    n_bins: int
    n_channels: int = 1

    def __post_init__(self) -> None:
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

    def stft(self, sound: Tensor) -> Tensor:
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
        return self.windows(torch.nn.functional.pad(sound, (half, last_centre - n_samples + half)))

    def windows(self, stretch: Tensor) -> Tensor:
        """Transform a stretch of sound whose first window begins with its first sample.

        Parameters
        ----------
        stretch : float32, shape (n_channels, n_samples)

        Returns
        -------
        complex64, shape (n_channels, n_fft // 2 + 1, n_windows)
        """
        frames = stretch.unfold(-1, self.n_fft, self.hop_length)
        spectra: Tensor = torch.fft.rfft(frames * hann(self.n_fft, stretch.device))
        return spectra.mT

    def overlap_add(self, spectra: Tensor) -> tuple[Tensor, Tensor]:
        """Transform windows back and add them up, not yet divided by the sum of squared windows.

        Parameters
        ----------
        spectra : complex64, shape (n_channels, n_fft // 2 + 1, n_windows)

        Returns
        -------
        total : float32, shape (n_channels, n_samples)
        weight : float32, shape (1, n_samples)
            Divide by it where no further window will be added.
        """
        window = hann(self.n_fft, spectra.device)
        frames = torch.fft.irfft(spectra.mT, self.n_fft) * window
        weights = (window**2).expand(1, frames.shape[1], -1)
        return self._fold(frames), self._fold(weights)

    def _fold(self, frames: Tensor) -> Tensor:
        """Shape (n_channels, n_windows, n_fft) to (n_channels, n_samples)."""
        n_windows = frames.shape[1]
        total = frames.new_zeros(len(frames), (n_windows - 1) * self.hop_length + self.n_fft)
        # Every k-th window does not overlap the one before it.
        apart = -(-self.n_fft // self.hop_length)
        for first in range(min(apart, n_windows)):
            some = frames[:, first::apart]
            step = apart * self.hop_length
            begin = first * self.hop_length
            place = total[:, begin : begin + (some.shape[1] - 1) * step + self.n_fft]
            place.unfold(-1, self.n_fft, step).add_(some)
        return total


@cache
def hann(n_fft: int, device: torch.device) -> Tensor:
    """Periodic Hann window, float32, shape (n_fft,)."""
    return torch.hann_window(n_fft, device=device)


def mid_side(sound: Tensor) -> Tensor:
    """Turn left and right into mid and side, or back but for a factor of two.

    Parameters
    ----------
    sound : shape (2, ...)

    Returns
    -------
    shape (2, ...)
        ``(a + b) / 2`` and ``(a - b) / 2``.
    """
    return torch.stack((sound[0] + sound[1], sound[0] - sound[1])) / 2
