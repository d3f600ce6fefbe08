"""Where a reference may lie in a mixture, when nothing is known of its offset and clock.

One long correlation fails: a clock that is off by a little smears it. So short chunks of one
signal are searched for in the whole of the other, each on a grid of clocks fine enough that nothing
smears, at a low sample rate, in overlap-save blocks of whitened correlation. Chunks
then vote: the line through their peaks on which most weight agrees is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.block_search import SearchedBlocks
from vocal_separation_sanity_check.spectral import hann

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
_THREADS = 2
"""That search for chunks."""
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
    """

    max_drift: float
    chunk_s: float
    n_chunks: int


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
    rate_hz: float,
    search: SearchRange,
    n_candidates: int,
) -> list[Candidate]:
    """Most plausible places of the reference, best first.

    Parameters
    ----------
    mixture, reference : float32, shape (n_mixture_samples,), (n_reference_samples,)
        At a low rate; either may be the longer one.
    rate_hz : float
    search : SearchRange
    n_candidates : int
        Most candidates wanted.

    Returns
    -------
    list of Candidate
        Empty where nothing stands out at all.
    """
    peaks = _chunk_peaks(mixture, reference, rate_hz, search)
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
    blocks = SearchedBlocks(
        mixture, round(size * (1 + abs(drift) + _STRETCH_DRIFT)) + 2, rate_hz, True
    )
    taper = hann(size).astype(np.float32)
    n_steps = int(np.ceil(_STRETCH_DRIFT * size / 2 / (2 * _SMEAR_CYCLES)))
    drifts = drift + np.linspace(-_STRETCH_DRIFT, _STRETCH_DRIFT, 2 * n_steps + 1)
    found = []
    for start in starts:
        middle_s = (start + size / 2) / rate_hz
        for at_s, _, standout in blocks.search(reference[start:][:size] * taper, drifts):
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
    blocks = SearchedBlocks(searched, round(size * (1 + search.max_drift)) + 2, rate, in_mixture)
    found: list[tuple[float, float, float, float, int]] = []
    taper = hann(size).astype(np.float32)
    with ThreadPoolExecutor(_THREADS) as pool:
        searches = pool.map(
            lambda start: blocks.search(source[start : start + size] * taper, drifts), starts
        )
        for number, (start, peaks) in enumerate(zip(starts, searches, strict=True)):
            middle_s = (start + size / 2) / rate
            for found_s, drift, standout in peaks:
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
