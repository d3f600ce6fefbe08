"""BSSEval v4: what is wrong with an estimate, told apart by filters on the true sources."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import dgetrf, dgetrs

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.scoring.distortion_ratios import MOST_DB

FILTER_LENGTH = 512
"""Samples of the filters through which a true source may have passed."""
_BLOCK = (1 << 15) - 2 * (FILTER_LENGTH - 1)
"""Samples that are correlated at a time: with the lags on both sides, a power of two."""
_RIDGE = 1e-12
"""Of the largest energy: added to all where G cannot be solved as it is."""

Sounds = NDArray[np.float64]
Spectra = NDArray[np.complex128]
Solver = Callable[[Sounds], Sounds]


@dataclass(frozen=True)
class BssEval:
    """Ratios of BSSEval v4 for one source, in dB; None where no second has both sources.

    Attributes
    ----------
    sdr_db : float or None
        Signal to distortion: everything that is wrong, a wrong level included.
    isr_db : float or None
        Image to spatial distortion: how much the source itself was filtered.
    sir_db : float or None
        Signal to interference: how much of the other source is left.
    sar_db : float or None
        Signal to artefacts: what belongs to neither source.
    """

    sdr_db: float | None
    isr_db: float | None
    sir_db: float | None
    sar_db: float | None


def bss_eval(
    references: ArrayLike, estimates: ArrayLike, sample_rate_hz: int
) -> tuple[BssEval, ...]:
    """BSSEval v4 as the field reports it: one distortion filter a song, median of 1 s frames.

    Vincent et al. 2006, "Performance measurement in blind audio source separation"; v4 by Liutkus,
    Stoter & Ito 2018. The values are those of their `museval`, to 0.01 dB. All sources are scored
    together, in the given order: interference is what the other references explain. A second in
    which any reference or estimate is digitally silent has no ratios and is left out of the median.

    Parameters
    ----------
    references, estimates : array_like, shape (n_sources, n_samples)
        Or (n_sources, n_samples, n_channels).
    sample_rate_hz : int

    Returns
    -------
    tuple of BssEval
        One a source.

    Raises
    ------
    InputError
        If the shapes differ, or a sound is shorter than a second.
    """
    judge = BssReferences(references, sample_rate_hz)
    return tuple(judge.ratios(estimates, source) for source in range(judge.n_sources))


class BssReferences:
    """The true sources of a song, and what judging by them takes whatever is judged.

    With x_i the references and e an estimate, the filters c of the projection solve ``G c = d``,
    where G holds the inner products of all delayed references and d those with the estimate::

        G[(i, a), (j, b)] = <x_i delayed a, x_j delayed b>,    d[i, a] = <x_i delayed a, e>

    G is the same for every estimate, and is factored once.

    Parameters
    ----------
    references : array_like, shape (n_sources, n_samples)
        Or (n_sources, n_samples, n_channels).
    sample_rate_hz : int
        A frame is this many samples.

    Attributes
    ----------
    n_sources : int

    Raises
    ------
    InputError
        If they are shorter than a second.
    """

    def __init__(self, references: ArrayLike, sample_rate_hz: int) -> None:
        self._sounds = _sounds(references)
        self.n_sources, n_samples, _ = self._sounds.shape
        if n_samples < sample_rate_hz:
            raise InputError(f"BSSEval needs a second of sound, got {n_samples} samples")
        self._n_frame = sample_rate_hz
        # A lane is one channel of one source.
        self._lanes = self._sounds.transpose(0, 2, 1).reshape(-1, n_samples)
        self._gram = _gram(_correlations(self._lanes, self._lanes))
        self._solve_all = _solver(self._gram)

    def ratios(self, estimates: ArrayLike, source: int) -> BssEval:
        """Judge the estimate of one source.

        Parameters
        ----------
        estimates : array_like, shape of the references
            Of every source; the others' matter where they are silent, as `bss_eval` tells.
        source : int

        Returns
        -------
        BssEval

        Raises
        ------
        InputError
            If the shape is not that of the references.
        """
        found = _sounds(estimates)
        if found.shape != self._sounds.shape:
            raise InputError(
                f"references have shape {self._sounds.shape}, estimates {found.shape}; "
                "cut both to one length"
            )
        frames = list(self._heard_frames(found))
        if not frames:
            return BssEval(None, None, None, None)
        size = scipy.fft.next_fast_len(self._n_frame + FILTER_LENGTH - 1, real=True)
        filters, own_filters = (_spectra(one, size) for one in self._filters(found[source], source))
        own = self._lanes_of(source)
        ratios_db = [
            _ratios_db(
                self._lanes[:, frame], found[source, frame].T, own, filters, own_filters, size
            )
            for frame in frames
        ]
        return BssEval(*np.clip(np.median(ratios_db, axis=0), -MOST_DB, MOST_DB).tolist())

    def _heard_frames(self, found: NDArray[np.floating]) -> Iterator[slice]:
        """Each whole second in which all references and all estimates sound, if all do at all."""
        n_samples = found.shape[1]
        for begin in range(0, n_samples - self._n_frame + 1, self._n_frame):
            frame = slice(begin, begin + self._n_frame)
            if all(sounds[:, frame].sum(2).any(1).all() for sounds in (self._sounds, found)):
                yield frame

    def _filters(self, estimate: NDArray[np.floating], source: int) -> tuple[Sounds, Sounds]:
        """Filters of all references towards an estimate, and of its own source's alone.

        Shapes (n_lanes, n_channels, 512) and (n_channels, n_channels, 512): from each channel of
        the references to each of the estimate.
        """
        products = _correlations(self._lanes, estimate.T)[..., FILTER_LENGTH - 1 :]
        own = self._lanes_of(source)
        solve_own = _solver(self._gram[own, :, own])
        return _solved(self._solve_all, products), _solved(solve_own, products[own])

    def _lanes_of(self, source: int) -> slice:
        n_channels = self._sounds.shape[2]
        return slice(source * n_channels, (source + 1) * n_channels)


def _sounds(given: ArrayLike) -> NDArray[np.floating]:
    """Sounds as they came: only what is worked on is held in 64 bits."""
    sounds = np.asarray(given)
    if not np.issubdtype(sounds.dtype, np.floating):
        sounds = sounds.astype(np.float64)
    if sounds.ndim == 2:
        sounds = sounds[..., None]
    if sounds.ndim != 3:
        raise InputError(f"BSSEval needs (n_sources, n_samples, n_channels), got {sounds.shape}")
    return sounds


def _spectra(sounds: NDArray[np.floating], size: int) -> Spectra:
    """In 64 bits, which SciPy does not take 32 to of its own accord."""
    return np.asarray(scipy.fft.rfft(sounds.astype(np.float64), size))


def _correlations(first: NDArray[np.floating], second: NDArray[np.floating]) -> Sounds:
    """Inner products ``sum_n first[i, n] second[j, n + k]``, k from -511 to 511 in the last axis.

    Block by block: the block's spectrum meets that of the samples within reach of its lags.
    """
    reach = FILTER_LENGTH - 1
    size = _BLOCK + 2 * reach
    n_samples = first.shape[1]
    total = np.zeros((len(first), len(second), size // 2 + 1), np.complex128)
    for begin in range(0, n_samples, _BLOCK):
        start, stop = begin - reach, begin + _BLOCK + reach
        within = second[:, max(start, 0) : stop]
        within = np.pad(within, ((0, 0), (max(-start, 0), 0)))
        own = _spectra(first[:, begin : begin + _BLOCK], size)
        total += own.conj()[:, None] * _spectra(within, size)
    return np.asarray(scipy.fft.irfft(total, size)[..., : 2 * reach + 1])


def _gram(correlations: Sounds) -> Sounds:
    """The matrix G, shape (n_lanes, 512, n_lanes, 512)."""
    lag = np.arange(FILTER_LENGTH)
    blocks = correlations[:, :, lag[:, None] - lag + FILTER_LENGTH - 1]
    return np.asarray(blocks.transpose(0, 2, 1, 3))


def _solver(gram: Sounds) -> Solver:
    """Factor G; where it does not determine the filters, as of equal channels, take small ones."""
    size = len(gram) * FILTER_LENGTH
    matrix = gram.reshape(size, size)
    for added in (np.finfo(float).eps, _RIDGE * matrix.diagonal().max()):
        factors, pivots, first_zero = dgetrf(matrix + added * np.eye(size), overwrite_a=True)
        if not first_zero:
            break
    # LAPACK counts rows from 1: while it solves, SciPy has changed the very array it was given.
    return lambda products: dgetrs(factors, pivots.copy(), products)[0]


def _solved(solve: Solver, products: Sounds) -> Sounds:
    n_lanes, n_channels, _ = products.shape
    found = solve(products.transpose(0, 2, 1).reshape(-1, n_channels))
    return found.reshape(n_lanes, FILTER_LENGTH, n_channels).transpose(0, 2, 1)


def _ratios_db(
    references: NDArray[np.floating],
    estimate: NDArray[np.floating],
    own: slice,
    filters: Spectra,
    own_filters: Spectra,
    size: int,
) -> tuple[float, ...]:
    """SDR, ISR, SIR and SAR of one frame; energies are summed over the frequencies (Parseval)."""
    lanes = _spectra(references, size)
    true, found = lanes[own], _spectra(estimate, size)
    filtered = np.einsum("lcf,lf->cf", own_filters, true)
    explained = np.einsum("lcf,lf->cf", filters, lanes)
    return tuple(
        _ratio_db(_energy(wanted, size), _energy(wrong, size))
        for wanted, wrong in (
            (true, found - true),
            (true, filtered - true),
            (filtered, explained - filtered),
            (explained, found - explained),
        )
    )


def _energy(spectra: Spectra, size: int) -> float:
    """Energy of the signals that have these spectra, times their length."""
    power = spectra.real**2 + spectra.imag**2
    once = power[:, 0].sum() + (power[:, -1].sum() if size % 2 == 0 else 0)
    return float(2 * power.sum() - once)


def _ratio_db(wanted: float, wrong: float) -> float:
    if wrong == 0:
        return np.inf
    return 10 * math.log10(wanted / wrong) if wanted > 0 else -np.inf
