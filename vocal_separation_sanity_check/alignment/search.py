"""Where a reference may lie in a mixture, when nothing is known of its offset and clock.

One long correlation fails: a clock that is off by a little smears it. So short chunks of one
signal are searched for in the whole of the other, each on a grid of clocks fine enough that nothing
smears, at a low sample rate, in overlap-save blocks of whitened correlation. Chunks
then vote: the line through their peaks on which most weight agrees is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.correlation import whitening
from vocal_separation_sanity_check.spectral import hann

_BLOCK_SAMPLES = 1 << 15
"""Of an overlap-save block of the signal that is searched: 8 s at 4 kHz."""
_PEAKS_PER_CHUNK = 16
"""Places that a chunk may vote for."""
_PEAKS_PER_BLOCK = 3
"""Places that a chunk may have in one block with one clock."""
_PEAK_DISTANCE_S = 0.003
"""Peaks closer than this are one place, found with neighbouring clocks."""
_VOTE_TOLERANCE_S = 0.0015
"""Distance from a line at which a chunk's vote has lost 63 % of its weight."""
_CLOCK_TOLERANCE = 1.2e-3
"""The same for the clock that a peak was found with, as a ratio."""
_NOISE_STANDOUT = 4.0
"""Height of a peak, in root mean squares of its block, that noise alone reaches."""
_SMEAR_CYCLES = 0.3
"""Most that a clock between two of the grid may slip over half a chunk, in cycles of 2 kHz."""
STRETCH_S = 1.0
"""Length of the stretches that are looked for one by one."""
_STRETCH_DRIFT = 6e-4
"""By how much their clock may differ from the rest's: the swing of a record player."""
_STRETCH_STANDOUT = 7.0
"""Height that the best of a million lags does not reach by chance."""
_MUCH_LONGER = 3
"""A reference this many times the mixture's length is searched, not cut up."""


@dataclass(frozen=True)
class SearchRange:
    """How widely and how thoroughly to search.

    Attributes
    ----------
    max_drift : float
        Largest clock error, as a ratio.
    chunk_s : float
        Length of a chunk.
    n_chunks : int
        Most chunks that are searched for in a signal as long as the one they come from.
    rate_hz : float
        Sample rate of the search.
    """

    max_drift: float
    chunk_s: float
    n_chunks: int
    rate_hz: float


@dataclass(frozen=True)
class Candidate:
    """One place where the reference may lie.

    Attributes
    ----------
    offset_s : float
        Delay of the reference at the start of the mixture.
    drift : float
        Ratio by which the reference must become longer.
    support : float
        Weight of the chunks that agree; comparable within one search only.
    """

    offset_s: float
    drift: float
    support: float


@dataclass(frozen=True)
class _Peaks:
    """Peaks of all chunks: where in the reference, where in the mixture, clock, standout."""

    reference_s: NDArray[np.float64]
    mixture_s: NDArray[np.float64]
    drift: NDArray[np.float64]
    standout: NDArray[np.float64]
    chunk: NDArray[np.int64]


def find_candidates(
    mixture: NDArray[np.float32],
    reference: NDArray[np.float32],
    sample_rate_hz: float,
    search: SearchRange,
    n_candidates: int,
) -> list[Candidate]:
    """Most plausible places of the reference, best first.

    Parameters
    ----------
    mixture, reference : float32, shape (n_mixture_samples,), (n_reference_samples,)
        Either may be the longer one.
    sample_rate_hz : float
    search : SearchRange
    n_candidates : int
        Most candidates wanted.

    Returns
    -------
    list of Candidate
        Empty where nothing stands out at all.
    """
    rate = min(search.rate_hz, sample_rate_hz)
    low_mixture, low_reference = (
        soxr.resample(signal, sample_rate_hz, rate) for signal in (mixture, reference)
    )
    peaks = _chunk_peaks(low_mixture, low_reference, rate, search)
    return _vote(peaks, search.max_drift, n_candidates)


def find_stretches(
    mixture: NDArray[np.float32],
    reference: NDArray[np.float32],
    rate_hz: float,
    starts: Sequence[int],
    drift: float,
) -> list[Candidate]:
    """Look for stretches of a reference one by one, on about the same clock.

    Parameters
    ----------
    mixture, reference : float32, shape (n_mixture_samples,), (n_reference_samples,)
        At a low rate.
    rate_hz : float
    starts : sequence of int
        First samples of the stretches, each of `STRETCH_S`.
    drift : float
        Ratio by which the reference must become longer, as far as is known.

    Returns
    -------
    list of Candidate
        Those that stand out; `support` is how much.
    """
    size = min(round(STRETCH_S * rate_hz), len(reference))
    blocks = _Blocks(mixture, round(size * (1 + abs(drift) + _STRETCH_DRIFT)) + 2, rate_hz, True)
    taper = hann(size).astype(np.float32)
    n_steps = int(np.ceil(_STRETCH_DRIFT * size / 2 / (2 * _SMEAR_CYCLES)))
    drifts = drift + np.linspace(-_STRETCH_DRIFT, _STRETCH_DRIFT, 2 * n_steps + 1)
    found = []
    for start in starts:
        middle_s = (start + size / 2) / rate_hz
        for at_s, _, standout in _distinct(blocks.search(reference[start:][:size] * taper, drifts)):
            if standout > _STRETCH_STANDOUT:
                found.append(Candidate(at_s - (1 + drift) * middle_s, drift, standout))
    return found


def _chunk_peaks(
    mixture: NDArray[np.float32],
    reference: NDArray[np.float32],
    rate: float,
    search: SearchRange,
) -> _Peaks:
    # A chunk of the reference is all signal, one of the mixture mostly noise: the reference is cut
    # up unless it is so long that most of its chunks would fall outside of the mixture.
    in_mixture = len(reference) <= _MUCH_LONGER * len(mixture)
    searched, source = (mixture, reference) if in_mixture else (reference, mixture)
    # At least two chunks even out of a second or two: one alone cannot be outvoted.
    longest = len(source) // 2 if len(source) < 2 * rate else len(source)
    size = min(round(search.chunk_s * rate), longest)
    # Between two clocks the highest frequency slips by 0.3 cycles over half a chunk at most.
    n_steps = int(np.ceil(search.max_drift * size / 2 / (2 * _SMEAR_CYCLES)))
    drifts = np.linspace(-search.max_drift, search.max_drift, 2 * n_steps + 1)
    n_chunks = round(search.n_chunks * max(1.0, len(source) / len(searched)))
    starts = _loudest_starts(source, size, n_chunks)
    blocks = _Blocks(searched, round(size * (1 + search.max_drift)) + 2, rate, in_mixture)
    found: list[tuple[float, float, float, float, int]] = []
    taper = hann(size).astype(np.float32)
    for number, start in enumerate(starts):
        chunk = source[start : start + size] * taper
        middle_s = (start + size / 2) / rate
        for found_s, drift, standout in _distinct(blocks.search(chunk, drifts)):
            times = (middle_s, found_s) if in_mixture else (found_s, middle_s)
            found.append((*times, drift, standout, number))
    columns = np.array(found).reshape(-1, 5).T
    return _Peaks(columns[0], columns[1], columns[2], columns[3], columns[4].astype(np.int64))


def _loudest_starts(signal: NDArray[np.float32], size: int, n_chunks: int) -> list[int]:
    """Starts of the loudest chunk in each of `n_chunks` equal stretches, silent ones left out."""
    running = np.concatenate([[0.0], np.cumsum(np.square(signal, dtype=np.float64))])
    starts = np.arange(0, len(signal) - size + 1, max(1, size // 8))
    energies = running[starts + size] - running[starts]
    stretch = np.minimum(starts * n_chunks // max(1, starts[-1] + 1), n_chunks - 1)
    best = [
        int(np.flatnonzero(stretch == i)[np.argmax(energies[stretch == i])])
        for i in np.unique(stretch)
    ]
    return [int(starts[i]) for i in best if energies[i] > 1e-3 * energies.max()]


class _Blocks:
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
            correlation = scipy.fft.irfft(self.spectra * spectrum, self.size, workers=2)
            correlation = np.abs(correlation[:, : self.step])
            noise = np.sqrt(np.mean(correlation**2, axis=1))
            middle = len(chunk) / 2 * ratio
            rows = np.arange(len(correlation))
            # A phrase that repeats has several places in one block.
            for _ in range(_PEAKS_PER_BLOCK):
                at = np.argmax(correlation, axis=1)
                heights = correlation[rows, at] / np.maximum(noise, 1e-30)
                times = (rows * self.step + at - self.lead + middle) / self.rate
                yield from zip(times, np.full(len(at), drift), heights, strict=True)
                for row, peak in enumerate(at):
                    correlation[row, max(0, peak - reach) : peak + reach + 1] = 0


def _distinct(peaks: Iterator[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """The highest peaks that lie apart in time: neighbouring clocks find the same place."""
    kept: list[tuple[float, float, float]] = []
    for peak in sorted(peaks, key=lambda found: -found[2]):
        if all(abs(peak[0] - other[0]) > _PEAK_DISTANCE_S for other in kept):
            kept.append(peak)
        if len(kept) == _PEAKS_PER_CHUNK:
            break
    return kept


def _vote(peaks: _Peaks, max_drift: float, n_candidates: int) -> list[Candidate]:
    """Lines ``mixture = offset + (1 + drift) * reference`` on which the most chunks agree."""
    weights = np.clip(peaks.standout - _NOISE_STANDOUT, 0.05, None) ** 2
    drift, anchor = _hypotheses(peaks, max_drift)
    offset = peaks.mixture_s[anchor] - (1 + drift) * peaks.reference_s[anchor]
    support = np.zeros(len(offset))
    for number in np.unique(peaks.chunk):
        own = peaks.chunk == number
        expected = offset[:, None] + (1 + drift[:, None]) * peaks.reference_s[own]
        miss = peaks.mixture_s[own] - expected
        detuned = (peaks.drift[own] - drift[:, None]) / _CLOCK_TOLERANCE
        agreement = np.exp(-((miss / _VOTE_TOLERANCE_S) ** 2) - detuned**2) * weights[own]
        support += agreement.max(axis=1)
    kept: list[Candidate] = []
    for best in np.argsort(-support, kind="stable"):
        candidate = Candidate(float(offset[best]), float(drift[best]), float(support[best]))
        middle = peaks.reference_s.mean()
        if all(_apart(candidate, other, float(middle)) for other in kept):
            kept.append(candidate)
        if len(kept) == n_candidates:
            break
    return kept


def _hypotheses(peaks: _Peaks, max_drift: float) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Drift of, and a peak on, each line worth trying: through pairs, and of each peak alone."""
    first, second = np.triu_indices(len(peaks.chunk), 1)
    gap = peaks.reference_s[second] - peaks.reference_s[first]
    apart = (peaks.chunk[first] != peaks.chunk[second]) & (np.abs(gap) > 0.2)
    first, second, gap = first[apart], second[apart], gap[apart]
    drift = (peaks.mixture_s[second] - peaks.mixture_s[first]) / gap - 1
    usable = np.abs(drift) <= max_drift * 1.05
    alone = np.arange(len(peaks.chunk))
    drifts = np.concatenate([drift[usable], peaks.drift])
    return drifts, np.concatenate([first[usable], alone])


def _apart(one: Candidate, other: Candidate, at_s: float) -> bool:
    gap = one.offset_s - other.offset_s + (one.drift - other.drift) * at_s
    return abs(gap) > 2 * _VOTE_TOLERANCE_S or abs(one.drift - other.drift) > 2e-3
