"""A chunk looked for in a whole signal, on a grid of clocks: overlap-save blocks of correlation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.correlation import whitening

_BLOCK_SAMPLES = 1 << 15
"""Of an overlap-save block of the signal that is searched: 8 s at 4 kHz."""
_BLOCKS_AT_ONCE = 64
"""More would not stay in the cache."""
_PEAKS_PER_CHUNK = 16
"""Places that a chunk may vote for."""
_PEAKS_PER_BLOCK = 3
"""Places that a chunk may have in one block with one clock."""
_PEAK_DISTANCE_S = 0.003
"""Peaks closer than this are one place, found with neighbouring clocks."""


class Peak(NamedTuple):
    """A place that a chunk may have: its middle in the signal, its clock, height over the noise."""

    time_s: float
    drift: float
    standout: float


class SearchedBlocks:
    """Spectra of the overlapping blocks of the signal that is searched."""

    def __init__(
        self, signal: NDArray[np.float32], longest: int, rate: float, is_mixture: bool
    ) -> None:
        n_wanted = len(signal) + 2 * longest
        self.size = min(_BLOCK_SAMPLES, scipy.fft.next_fast_len(n_wanted + longest, real=True))
        self.step = self.size - longest
        self.lead = longest
        n_blocks = -(-n_wanted // self.step)
        padded = np.zeros((n_blocks - 1) * self.step + self.size, np.float32)
        padded[longest : longest + len(signal)] = signal
        views = np.lib.stride_tricks.sliding_window_view(padded, self.size)[:: self.step]
        self.spectra = scipy.fft.rfft(views, workers=2)
        self.rate = rate
        self.is_mixture = is_mixture
        if is_mixture:
            self.spectra *= whitening(np.abs(self.spectra) ** 2, rate / self.size)

    def search(self, chunk: NDArray[np.float32], drifts: NDArray[np.float64]) -> list[Peak]:
        """Find the highest peaks that lie apart: neighbouring clocks find the same place."""
        reach = round(_PEAK_DISTANCE_S * self.rate)
        times, clocks, heights = [], [], []
        for drift in drifts.tolist():
            ratio = 1 + drift if self.is_mixture else 1 / (1 + drift)
            moved = soxr.resample(chunk, 1.0, ratio, quality="HQ") if drift else chunk
            spectrum = scipy.fft.rfft(moved, self.size).conj()
            if not self.is_mixture:
                spectrum *= whitening(np.abs(spectrum) ** 2, self.rate / self.size)
            lead = self.lead - len(chunk) / 2 * ratio
            for first in range(0, len(self.spectra), _BLOCKS_AT_ONCE):
                blocks = self.spectra[first : first + _BLOCKS_AT_ONCE]
                correlation = np.abs(scipy.fft.irfft(blocks * spectrum, self.size)[:, : self.step])
                at, found = _peaks_of(correlation, reach)
                begins = (first + np.arange(len(blocks))) * self.step
                times.append((begins + at - lead) / self.rate)
                clocks.append(np.full(found.shape, drift))
                heights.append(found)
        return _distinct(*(np.concatenate(one, axis=None) for one in (times, clocks, heights)))


def _peaks_of(
    correlation: NDArray[np.float32], reach: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Where each block is highest, and how high over its noise; then next to highest, and so on.

    A phrase that repeats has several places in one block. Both have the shape
    (_PEAKS_PER_BLOCK, n_blocks); the correlation is used up.
    """
    n_blocks, n_lags = correlation.shape
    noise = np.maximum(np.sqrt(np.mean(correlation**2, axis=1)), 1e-30)
    rows = np.arange(n_blocks)
    at = np.empty((_PEAKS_PER_BLOCK, n_blocks), np.intp)
    heights = np.empty((_PEAKS_PER_BLOCK, n_blocks), np.float32)
    for number in range(_PEAKS_PER_BLOCK):
        at[number] = np.argmax(correlation, axis=1)
        heights[number] = correlation[rows, at[number]] / noise
        near = at[number, :, None] + np.arange(-reach, reach + 1)
        correlation[rows[:, None], np.clip(near, 0, n_lags - 1)] = 0
    return at, heights


def _distinct(
    times_s: NDArray[np.float64], drifts: NDArray[np.float64], heights: NDArray[np.float32]
) -> list[Peak]:
    kept: list[Peak] = []
    for number in np.argsort(-heights, kind="stable").tolist():
        peak = Peak(float(times_s[number]), float(drifts[number]), float(heights[number]))
        if all(abs(peak.time_s - other.time_s) > _PEAK_DISTANCE_S for other in kept):
            kept.append(peak)
        if len(kept) == _PEAKS_PER_CHUNK:
            break
    return kept
