"""Local lags between two nearly aligned signals, by whitened cross-correlation in short windows.

The generalised cross-correlation of Knapp & Carter (1976)::

    c = F⁻¹ { conj(R) M / S_M }

weights each frequency by one over the mixture's power, which is the matched filter for a known
voice in coloured noise: loud bass does not drown the voice.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral import hann

Array = NDArray[np.float64]
Rows = NDArray[np.float32]

WHITENING_WIDTH_HZ = 20.0
"""The mixture's power is smoothed over this width before it divides."""

_LOWEST_HZ = 60.0
"""Below lie hum and rumble, which both signals may have without having a voice in common."""
_FLOOR = 1e-6
"""Of the power's peak: quieter bins must not be raised above the others."""
_ABSENT = 0.01
"""Whitened power of the mixture, 1 on average, under which a bin has nothing."""
_QUIET = 1e-4
"""Energy, relative to the loudest window's, under which the reference counts as silent."""
_BATCH = 16
"""Windows that are transformed together; more would not stay in the cache."""
_THREADS = 2
"""That work on batches."""
_SINC_REACH = 16
"""Samples on either side of a peak that its interpolation uses."""
_FINE_STEPS = 16
"""Points that are interpolated between two samples."""
_PEAK_GUARD_S = 0.0008
"""Around a peak, left out where its surroundings are measured: it has a width."""


@dataclass(frozen=True)
class LocalLags:
    """What each window says about how late the reference must be played.

    Attributes
    ----------
    times_s : float64, shape (n_windows,)
        Middle of each window; windows in which the reference is silent are left out.
    lags_samples : float64, shape (n_windows,)
        Delay at which the correlation is largest in magnitude.
    signs : float64, shape (n_windows,)
        1, or -1 where the polarity is flipped.
    standouts : float64, shape (n_windows,)
        Height of that peak over the root mean square of the other lags.
    correlations : float32, shape (n_windows, 2 * reach + 1)
        Over the lags from -reach to reach, each row with that root mean square 1.
    per_gain : float64, shape (n_windows,)
        Standout that a window would have if it held the reference at a gain of 1: the root of the
        reference's whitened energy.
    """

    times_s: NDArray[np.float64]
    lags_samples: NDArray[np.float64]
    signs: NDArray[np.float64]
    standouts: NDArray[np.float64]
    correlations: NDArray[np.float32]
    per_gain: NDArray[np.float64]


def whitening(power: NDArray[np.floating], hz_per_bin: float) -> NDArray[np.float32]:
    """One over the smoothed power spectrum, and nothing at all below 60 Hz.

    Parameters
    ----------
    power : float, shape (..., n_bins)
        Squared magnitudes of the mixture.
    hz_per_bin : float

    Returns
    -------
    float32, shape of `power`
    """
    width = max(1, round(WHITENING_WIDTH_HZ / hz_per_bin))
    smooth = uniform_filter1d(power, width, axis=-1, mode="nearest")
    peak = smooth.max(axis=-1, keepdims=True)
    weights = 1 / np.maximum(smooth, np.maximum(_FLOOR * peak, 1e-30))
    weights[..., : int(_LOWEST_HZ / hz_per_bin)] = 0
    return np.asarray(weights, np.float32)


def local_lags(
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    window_s: float,
    hop_s: float,
    reach_s: float,
) -> LocalLags:
    """Lag of the reference in overlapping windows.

    Parameters
    ----------
    mixture, reference : Signal
        Of one length, aligned to within the reach; only the windows are read.
    sample_rate_hz : float
    window_s, hop_s, reach_s : float
        Length and distance of the windows; largest lag that is looked at.

    Returns
    -------
    LocalLags
    """
    size = min(round(window_s * sample_rate_hz), len(mixture))
    reach = max(_SINC_REACH, min(round(reach_s * sample_rate_hz), size // 2))
    starts = np.arange(0, len(mixture) - size + 1, max(1, round(hop_s * sample_rate_hz)))
    guard = max(3, round(_PEAK_GUARD_S * sample_rate_hz))
    taper = hann(size).astype(np.float32)
    n_fft = scipy.fft.next_fast_len(size + reach + _SINC_REACH, real=True)
    loudness = np.zeros(len(starts))

    def correlated(begin: int) -> tuple[NDArray[np.intp], Array, Array, Array, Rows, Array]:
        """What the windows of a batch say that are not silent beside those seen so far."""
        numbers = np.arange(begin, min(begin + _BATCH, len(starts)))
        reference_windows = _windows(reference, starts[numbers], size)
        loudness[numbers] = np.square(reference_windows, dtype=np.float64).sum(axis=1)
        heard = loudness[numbers] > _silence(loudness)
        numbers = numbers[heard]
        mixture_windows = _windows(mixture, starts[numbers], size)
        mixture_spectra = scipy.fft.rfft(mixture_windows * taper, n_fft)
        cross = scipy.fft.rfft(reference_windows[heard] * taper, n_fft).conj()
        power = mixture_spectra.real**2 + mixture_spectra.imag**2
        weights = whitening(power, sample_rate_hz / n_fft)
        # Where the mixture has nothing, as above a low-pass, it holds nothing of the reference.
        present = weights * (power * weights > _ABSENT)
        energy = np.einsum("wf,wf->w", cross.real**2 + cross.imag**2, present)
        cross *= mixture_spectra * weights
        rows = np.roll(scipy.fft.irfft(cross, n_fft), reach, axis=-1)[:, : 2 * reach + 1]
        return numbers, *_peaks(rows, guard), np.sqrt(energy.astype(np.float64))

    with ThreadPoolExecutor(_THREADS) as pool:
        found = list(pool.map(correlated, range(0, len(starts), _BATCH)))
    kept = [loudness[batch[0]] > _silence(loudness) for batch in found]
    numbers, lags, signs, standouts, rows, per_gain = (
        np.concatenate([part[heard] for part, heard in zip(parts, kept, strict=True)])
        for parts in zip(*found, strict=True)
    )
    times_s = (starts[numbers] + size / 2) / sample_rate_hz
    return LocalLags(times_s, lags, signs, standouts, rows, per_gain)


def _windows(signal: Signal, starts: NDArray[np.int64], size: int) -> Rows:
    """Windows of a signal; of those that overlap, what they share is read once."""
    if len(starts) == 0:
        return np.zeros((0, size), np.float32)
    first, last = int(starts[0]), int(starts[-1]) + size
    if last - first > len(starts) * size:
        return np.stack([signal[start : start + size] for start in starts.tolist()])
    return signal[first:last][starts[:, None] - first + np.arange(size)]


def _silence(loudness: Array) -> float:
    return max(_QUIET * float(loudness.max()), 1e-12)


def _peaks(rows: Rows, guard: int) -> tuple[Array, Array, Array, Rows]:
    """Lags, signs and standouts of the largest peaks, and the rows scaled to unit noise."""
    n_rows, n_lags = rows.shape
    reach = n_lags // 2
    at = np.argmax(np.abs(rows), axis=1)
    signs = np.sign(rows[np.arange(n_rows), at]).astype(np.float64)
    away = np.abs(np.arange(n_lags) - at[:, None]) > guard
    noise = np.sqrt((rows**2 * away).sum(axis=1) / np.maximum(away.sum(axis=1), 1))
    rows = rows / np.maximum(noise, 1e-30)[:, None]
    fine, heights = _refined(rows * signs[:, None].astype(np.float32), at)
    return fine - reach, signs, heights, rows


def _refined(
    rows: NDArray[np.float32], at: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions and heights of maxima near whole samples, by windowed-sinc interpolation.

    A parabola through whole samples is biased by up to 0.1 sample for a whitened peak; through
    sixteenths of a sample the bias is below 0.001.
    """
    offsets = np.arange(-_SINC_REACH, _SINC_REACH + 1)
    fine = np.arange(-_FINE_STEPS - 1, _FINE_STEPS + 2) / _FINE_STEPS
    distance = fine - offsets[:, None]
    window = np.cos(np.pi / 2 * np.clip(distance / (_SINC_REACH + 1), -1, 1)) ** 2
    padded = np.pad(rows, ((0, 0), (_SINC_REACH, _SINC_REACH)))
    near = np.take_along_axis(padded, at[:, None] + offsets + _SINC_REACH, axis=1)
    dense = near.astype(np.float64) @ (np.sinc(distance) * window)
    peak = np.clip(np.argmax(dense, axis=1), 1, dense.shape[1] - 2)
    left, middle, right = (dense[np.arange(len(peak)), peak + step] for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / np.where(bend < 0, bend, -1.0)
    shift = np.clip(np.where(bend < 0, shift, 0.0), -1, 1)
    return at + fine[peak] + shift / _FINE_STEPS, middle
