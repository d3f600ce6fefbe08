"""A chunk looked for in a whole signal, on a grid of clocks: overlap-save blocks of correlation."""

from __future__ import annotations

from collections.abc import Iterator

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

    def search(
        self, chunk: NDArray[np.float32], drifts: NDArray[np.float64]
    ) -> Iterator[tuple[float, float, float]]:
        """Yield (time of the chunk's middle in this signal, drift, standout) of block peaks."""
        reach = round(_PEAK_DISTANCE_S * self.rate)
        for drift in drifts:
            ratio = 1 + drift if self.is_mixture else 1 / (1 + drift)
            moved = soxr.resample(chunk, 1.0, ratio, quality="HQ") if drift else chunk
            spectrum = scipy.fft.rfft(moved, self.size).conj()
            if not self.is_mixture:
                spectrum *= whitening(np.abs(spectrum) ** 2, self.rate / self.size)
            lead = self.lead - len(chunk) / 2 * ratio
            for first in range(0, len(self.spectra), _BLOCKS_AT_ONCE):
                blocks = self.spectra[first : first + _BLOCKS_AT_ONCE]
                correlation = scipy.fft.irfft(blocks * spectrum, self.size, workers=2)
                correlation = np.abs(correlation[:, : self.step])
                for at, heights in _peaks_of(correlation, reach):
                    begins = (first + np.arange(len(at))) * self.step
                    times = (begins + at - lead) / self.rate
                    yield from zip(times, np.full(len(at), drift), heights, strict=True)


def _peaks_of(
    correlation: NDArray[np.float32], reach: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
    """Where each block is highest, and how high over its noise; then next to highest, and so on.

    A phrase that repeats has several places in one block.
    """
    noise = np.sqrt(np.mean(correlation**2, axis=1))
    rows = np.arange(len(correlation))
    for _ in range(_PEAKS_PER_BLOCK):
        at = np.argmax(correlation, axis=1)
        yield at, correlation[rows, at] / np.maximum(noise, 1e-30)
        for row, peak in enumerate(at):
            correlation[row, max(0, peak - reach) : peak + reach + 1] = 0


def distinct_peaks(peaks: Iterator[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """The highest peaks that lie apart in time: neighbouring clocks find the same place."""
    kept: list[tuple[float, float, float]] = []
    for peak in sorted(peaks, key=lambda found: -found[2]):
        if all(abs(peak[0] - other[0]) > _PEAK_DISTANCE_S for other in kept):
            kept.append(peak)
        if len(kept) == _PEAKS_PER_CHUNK:
            break
    return kept
