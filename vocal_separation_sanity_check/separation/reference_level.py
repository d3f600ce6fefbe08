"""What is decided for a song as a whole: the reference's level in it, and what to match."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.separation.cross_power import (
    CrossPower,
    MagnitudeRatios,
)
from vocal_separation_sanity_check.settings import Settings, Target

COHERENT = 0.03
"""Coherence under which the reference does not occur in the mix as a waveform: of 47 songs with
another's vocal the highest was 0.008, of 47 with their own the lowest 0.12."""

SpectraPairs = Callable[[], Iterator[tuple[NDArray[np.complex64], NDArray[np.complex64]]]]
"""Gives a song's spectra of reference and mixture part by part, complex64 (n_bins, n_windows)."""


@dataclass(frozen=True)
class ReferenceLevel:
    """What is decided for a song as a whole.

    Attributes
    ----------
    gain : float
        Of the reference in the mix; negative where the polarity is inverted.
    coherence : float
        How much of a common waveform the two have, -1 to 1.
    targets : dict of str to {"phase-sensitive", "magnitude"}
        What is matched in the bands, named by their lower edges in Hz.
    """

    gain: float
    coherence: float
    targets: dict[str, Target]


def reference_level(
    spectra: SpectraPairs, settings: Settings, known_gain: float | None = None
) -> ReferenceLevel:
    """Find the level of a reference, and what to match.

    Parameters
    ----------
    spectra : callable
        Called once, or twice where phases say nothing.
    settings : Settings
    known_gain : float, optional
        Level of the reference, where it is known.

    Returns
    -------
    ReferenceLevel
    """
    total: CrossPower | None = None
    for pair in spectra():
        own = CrossPower.of(*pair)
        total = own if total is None else total + own
    assert total is not None
    gain, coherence = total.coherent_gain()
    is_coherent = abs(coherence) >= COHERENT
    if known_gain is not None:
        gain = known_gain
    elif not is_coherent:
        gain = _magnitude_gain(spectra)
    targets: dict[str, Target] = {"0": settings.target or "magnitude"}
    if settings.target is None and is_coherent:
        targets = total.targets(gain, settings.sample_rate_hz / settings.n_fft)
    return ReferenceLevel(gain, coherence, targets)


def _magnitude_gain(spectra: SpectraPairs) -> float:
    ratios = MagnitudeRatios()
    for pair in spectra():
        ratios.add(*pair)
    return ratios.median_gain()
