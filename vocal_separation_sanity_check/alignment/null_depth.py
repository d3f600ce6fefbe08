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
from vocal_separation_sanity_check.spectral import BANDS_HZ, stft

VOCAL_BAND_HZ = (150.0, 8000.0)
"""Where nearly all of a voice's energy lies; the overall figures are taken here."""

_WINDOW_S = 0.093
"""Length of the transform, rounded to a power of two samples."""
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
    mixture: NDArray[np.float32],
    before: NDArray[np.float32],
    aligned: NDArray[np.float32],
    sample_rate_hz: float,
) -> NullTest:
    """Measure how much subtraction removes, before and after lining up.

    Parameters
    ----------
    mixture, before, aligned : float32, shape (n_samples,)
        The mixture; the reference as it came, cut or padded to the mixture's length; lined up.
    sample_rate_hz : float

    Returns
    -------
    NullTest
    """
    n_fft = 1 << max(6, round(np.log2(_WINDOW_S * sample_rate_hz)))
    spectra = [
        stft(signal, Settings(n_fft=n_fft, hop_length=n_fft // 2))
        for signal in (mixture, before, aligned)
    ]
    frequencies_hz = np.arange(n_fft // 2 + 1) * sample_rate_hz / n_fft
    total = float(np.sum(np.abs(spectra[2]) ** 2))
    nyquist_hz = sample_rate_hz / 2

    def measured(name: str, low_hz: float, high_hz: float) -> BandNull:
        rows = (frequencies_hz >= low_hz) & (frequencies_hz < high_hz)
        mixed, came, lined_up = (spectrum[rows] for spectrum in spectra)
        found = _measured(mixed, came, lined_up, total)
        return BandNull(name, low_hz, min(high_hz, nyquist_hz), *found)

    bands = tuple(
        measured(name, *edges) for name, edges in BANDS_HZ.items() if edges[0] < nyquist_hz
    )
    return NullTest(measured("vocal band", *VOCAL_BAND_HZ), bands)


def _measured(
    mixture: NDArray[np.complex64],
    before: NDArray[np.complex64],
    aligned: NDArray[np.complex64],
    total: float,
) -> tuple[float, float, float, float]:
    """Depth before and after, coherence and in-phase share over the reference's cells."""
    energies = np.abs(aligned) ** 2
    if float(energies.sum()) <= _ABSENT * total:
        return 0.0, 0.0, 0.0, 0.0
    cells = _loudest_cells(energies)
    mixture, before, aligned = mixture[cells], before[cells], aligned[cells]
    mixed, own = _energy(mixture), _energy(aligned)
    cross = complex(np.vdot(aligned.astype(np.complex128), mixture))
    coherence = abs(cross) ** 2 / max(mixed * own, 1e-30)
    return (
        _depth_db(mixed, _energy(mixture - before)),
        _depth_db(mixed, _energy(mixture - aligned)),
        min(1.0, coherence),
        cross.real / own,
    )


def _loudest_cells(energies: NDArray[np.float32]) -> NDArray[np.bool_]:
    ranked = np.sort(energies, axis=None)[::-1]
    running = np.cumsum(ranked, dtype=np.float64)
    threshold = ranked[np.searchsorted(running, _SHARE * running[-1])]
    return np.asarray(energies >= max(float(threshold), 1e-30))


def _energy(cells: NDArray[np.complex64]) -> float:
    return float(np.sum(np.square(np.abs(cells), dtype=np.float64)))


def _depth_db(mixed: float, left: float) -> float:
    deepest = 10 ** (-_DEEPEST_DB / 10)
    return float(10 * np.log10(max(mixed, 1e-30) / max(left, deepest * mixed, 1e-30)))
