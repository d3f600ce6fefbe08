"""The null test: subtract the reference from the mixture, and see what is gone.

Invert, sum, listen: but the ear hears whether the *voice* is gone, not whether the sum got quieter,
and under a loud band it hardly gets quieter at all. So energies are compared where the reference
sounds: in the loudest cells of its spectrogram that together hold 95 % of its energy in a band::

    null depth = 10 log10( Σ |M|² / Σ |M - A|² )     over those cells, in dB

0 dB: nothing removed. Negative: the sum is louder than the mixture, as with a pair that does not
line up. The accompaniment that sounds in those very cells bounds it: even an exact stem does not
reach infinity, and should not, because that rest is music that was meant to stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral import BANDS_HZ, n_windows_of, stft

VOCAL_BAND_HZ = (150.0, 8000.0)
"""Where nearly all of a voice's energy lies; the overall figures are taken here."""

_WINDOW_S = 0.093
"""Length of the transform, rounded to a power of two samples."""
_AT_ONCE = 512
"""Windows that are looked at together."""
_OVERALL = "vocal band"
_KEY_SHIFT = 12
"""Lower bits of a cell's energy that are left aside in finding the loudest: 0.002 dB."""
_SHARE = 0.95
"""Of the reference's energy in a band, held by the cells that are looked at."""
_DEEPEST_DB = 120.0
"""Stands for a null that leaves nothing."""
_ABSENT = 1e-7
"""Share of the reference's energy under which it counts as silent in a band."""


@dataclass(frozen=True)
class BandNull:
    """One band of a null test.

    Attributes
    ----------
    name : str
    low_hz, high_hz : float
        `high_hz` is at most half the sample rate.
    before_db, after_db : float
        Null depth with the reference as it came, and lined up. 0 where it is silent.
    coherence : float
        Magnitude-squared coherence of the lined-up reference and the mixture over the cells that
        hold the reference, in [0, 1].
    in_phase_share : float
        ``Re Σ A* M / Σ |A|²`` over those cells: 1 where the mixture holds the reference in phase
        and at its level, 0 where phases have nothing to do with each other.
    """

    name: str
    low_hz: float
    high_hz: float
    before_db: float
    after_db: float
    coherence: float
    in_phase_share: float


@dataclass(frozen=True)
class NullTest:
    """Null depths over the vocal band (`overall`), and in each of `bands`."""

    overall: BandNull
    bands: tuple[BandNull, ...]


def null_test(
    mixture: Signal,
    before: Signal,
    aligned: Signal,
    sample_rate_hz: float,
) -> NullTest:
    """Measure how much subtraction removes, before and after lining up.

    Parameters
    ----------
    mixture, before, aligned : Signal
        The mixture; the reference as it came, cut or padded to the mixture's length; lined up.
    sample_rate_hz : float

    Returns
    -------
    NullTest
    """
    n_fft = 1 << max(6, round(np.log2(_WINDOW_S * sample_rate_hz)))
    settings = Settings(n_fft=n_fft, hop_length=n_fft // 2)
    n_windows = n_windows_of(len(mixture), settings.hop_length)
    spans = [(first, min(first + _AT_ONCE, n_windows)) for first in range(0, n_windows, _AT_ONCE)]
    frequencies_hz = np.arange(n_fft // 2 + 1) * sample_rate_hz / n_fft
    nyquist_hz = sample_rate_hz / 2
    edges_hz = {_OVERALL: VOCAL_BAND_HZ, **BANDS_HZ}
    sums = {
        name: _BandSums(slice(*np.searchsorted(frequencies_hz, edges).tolist()))
        for name, edges in edges_hz.items()
        if name == _OVERALL or edges[0] < nyquist_hz
    }
    total = 0.0
    for span in spans:
        energies = np.abs(stft(aligned, settings, *span)) ** 2
        total += float(energies.sum(dtype=np.float64))
        for band in sums.values():
            band.count(energies)
    for band in sums.values():
        band.choose_cells(total)
    for span in spans:
        spectra = [stft(signal, settings, *span) for signal in (mixture, before, aligned)]
        for band in sums.values():
            band.add(*spectra)
    bands = [
        BandNull(name, edges_hz[name][0], min(edges_hz[name][1], nyquist_hz), *band.found())
        for name, band in sums.items()
    ]
    return NullTest(bands[0], tuple(bands[1:]))


class _BandSums:
    """What is added up over the cells of a band that hold the reference.

    Parameters
    ----------
    rows : slice
        Bins of the band.
    """

    def __init__(self, rows: slice) -> None:
        self._rows = rows
        self._histogram = np.zeros(1 << (32 - _KEY_SHIFT))
        self._threshold = np.inf
        self._mixed = self._own = self._left_before = self._left_after = 0.0
        self._cross = 0j

    def count(self, energies: NDArray[np.float32]) -> None:
        """Add the energy of cells to that of others of about the same energy."""
        own = np.ascontiguousarray(energies[self._rows]).ravel()
        keys = own.view(np.uint32) >> _KEY_SHIFT
        self._histogram += np.bincount(keys, own, len(self._histogram))

    def choose_cells(self, total: float) -> None:
        """Find the energy from which cells together hold the share; none of a band that is empty.

        Of positive floating numbers the order is that of their bits: the upper ones are the bins.
        """
        running = np.cumsum(self._histogram[::-1])
        if running[-1] > _ABSENT * total:
            key = len(running) - 1 - int(np.searchsorted(running, _SHARE * running[-1]))
            lowest = np.array([key << _KEY_SHIFT], np.uint32).view(np.float32)
            self._threshold = max(float(lowest[0]), 1e-30)
        self._histogram = np.zeros(0)

    def add(
        self,
        mixture: NDArray[np.complex64],
        before: NDArray[np.complex64],
        aligned: NDArray[np.complex64],
    ) -> None:
        """Add the cells of some windows, each complex64, shape (n_bins, n_windows)."""
        mixed, came, lined_up = (one[self._rows] for one in (mixture, before, aligned))
        cells = np.abs(lined_up) ** 2 >= self._threshold
        mixed, came, lined_up = mixed[cells], came[cells], lined_up[cells]
        self._mixed += _energy(mixed)
        self._own += _energy(lined_up)
        self._left_before += _energy(mixed - came)
        self._left_after += _energy(mixed - lined_up)
        self._cross += complex(np.vdot(lined_up.astype(np.complex128), mixed))

    def found(self) -> tuple[float, float, float, float]:
        """Depth before and after, coherence and in-phase share."""
        if not self._own:
            return 0.0, 0.0, 0.0, 0.0
        coherence = abs(self._cross) ** 2 / max(self._mixed * self._own, 1e-30)
        return (
            _depth_db(self._mixed, self._left_before),
            _depth_db(self._mixed, self._left_after),
            min(1.0, coherence),
            self._cross.real / self._own,
        )


def _energy(cells: NDArray[np.complex64]) -> float:
    return float(np.sum(np.square(np.abs(cells), dtype=np.float64)))


def _depth_db(mixed: float, left: float) -> float:
    deepest = 10 ** (-_DEEPEST_DB / 10)
    return float(10 * np.log10(max(mixed, 1e-30) / max(left, deepest * mixed, 1e-30)))
