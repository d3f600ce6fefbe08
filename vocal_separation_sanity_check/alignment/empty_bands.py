"""Bands in which the mixture holds nothing: above half the rate it once had, below a high-pass.

There the residual of a fit is the reference itself, and whitening raises it to the height of
everything else: an 8 kHz song would say of each of its empty bins that the reference is too loud.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral import hann

Array = NDArray[np.float64]

_BAND_HZ = 100.0
_FRAME_S = 0.1
_AT_ONCE = 128
"""Frames that are transformed together."""
_EMPTY_SHARE = 0.01
"""Of the power that the reference would bring: a mixture of less does not hold the reference."""

_EDGE_BANDS = 3
"""On either side of what is empty: there the filter that emptied it has its slope."""


@dataclass(frozen=True)
class BandPowers:
    """Power of two signals in bands of equal width.

    Attributes
    ----------
    mixture, reference : float64, shape (n_bands,)
    """

    mixture: Array
    reference: Array

    def sounding(self, gain: float, n_bins: int) -> NDArray[np.bool_]:
        """Bins in which the mixture has what a reference at this gain would bring.

        Parameters
        ----------
        gain : float
        n_bins : int
            Of a spectrum that reaches from 0 to half the sample rate.

        Returns
        -------
        bool, shape (n_bins,)
        """
        empty = self.mixture < _EMPTY_SHARE * gain**2 * self.reference
        sounding = ~binary_dilation(empty, iterations=_EDGE_BANDS)
        return np.asarray(sounding[np.arange(n_bins) * len(sounding) // n_bins])


def band_powers(mixture: Signal, reference: Signal, sample_rate_hz: float) -> BandPowers:
    """Measure both signals in bands of about 100 Hz, over their whole length.

    Parameters
    ----------
    mixture, reference : Signal
    sample_rate_hz : float

    Returns
    -------
    BandPowers
    """
    n_bands = max(1, round(sample_rate_hz / 2 / _BAND_HZ))
    return BandPowers(
        _powers(mixture, sample_rate_hz, n_bands), _powers(reference, sample_rate_hz, n_bands)
    )


def _powers(signal: Signal, sample_rate_hz: float, n_bands: int) -> Array:
    size = min(max(2 * n_bands, round(_FRAME_S * sample_rate_hz)), len(signal))
    taper = hann(size).astype(np.float32)
    n_frames = len(signal) // size
    power = np.zeros(size // 2 + 1)
    for first in range(0, n_frames, _AT_ONCE):
        last = min(first + _AT_ONCE, n_frames)
        frames = signal[first * size : last * size].reshape(-1, size) * taper
        spectra = scipy.fft.rfft(frames, axis=1, workers=2)
        power += (spectra.real**2 + spectra.imag**2).astype(np.float64).sum(axis=0)
    edges = np.arange(n_bands) * len(power) // n_bands
    return np.asarray(np.add.reduceat(power / n_frames, edges))
