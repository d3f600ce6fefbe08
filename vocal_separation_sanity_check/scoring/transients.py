"""Transients: how much of the accompaniment's attacks shines through an extraction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter

from vocal_separation_sanity_check.scoring.vocal_frames import (
    FRAME_LENGTH,
    HOP_LENGTH,
    frames,
)
from vocal_separation_sanity_check.spectral import hann

_SHORTEST_GAP_S = 0.05
_NEIGHBOURHOOD_S = 1.0
_OVER_MEDIAN = 1.5
_OVER_LOUDEST = 0.05


def excess_fluxes_db(
    estimates: Sequence[NDArray[np.floating]],
    reference: NDArray[np.floating],
    mixture: NDArray[np.floating],
    sample_rate_hz: float,
) -> tuple[float | None, ...]:
    """Spectral flux beyond the reference's own at the onsets of the accompaniment.

    With ``F[x](t) = sum_f max(0, |X(f, t)| - |X(f, t - 1)|)`` (Bello et al. 2005, "A tutorial on
    onset detection in music signals") and the peaks of the accompaniment's flux as onsets::

        excess = 20 log10( sum_onsets max(F[estimate], F[reference]) / sum_onsets F[reference] )

    where each F is the largest of the frame and its two neighbours.

    Parameters
    ----------
    estimates : sequence of floating, shape (n_samples,)
    reference, mixture : floating, shape (n_samples,)
        The accompaniment is ``mixture - reference``.
    sample_rate_hz : float

    Returns
    -------
    tuple of (float or None)
        Of each estimate: 0 where nothing shines through; None where there are no onsets, or the
        reference is silent at all of them.
    """
    onsets = onset_frames(mixture - reference, sample_rate_hz)
    wanted, *all_found = (
        maximum_filter1d(_flux(signal), 3)[onsets] for signal in (reference, *estimates)
    )
    if not wanted.any():
        return (None,) * len(estimates)
    return tuple(
        float(20 * np.log10(np.maximum(found, wanted).sum() / wanted.sum())) for found in all_found
    )


def onset_frames(signal: NDArray[np.floating], sample_rate_hz: float) -> NDArray[np.intp]:
    """Find the frames in which something starts.

    Peaks of the spectral flux, at least 50 ms apart, over 1.5 times its median of the surrounding
    second and 5 % of its largest value.

    Parameters
    ----------
    signal : floating, shape (n_samples,)
    sample_rate_hz : float

    Returns
    -------
    intp, shape (n_onsets,)
    """
    flux = _flux(signal)
    frames_a_second = sample_rate_hz / HOP_LENGTH
    usual = median_filter(flux, max(3, round(_NEIGHBOURHOOD_S * frames_a_second)))
    threshold = _OVER_MEDIAN * usual + _OVER_LOUDEST * flux.max(initial=0)
    distance = max(1, round(_SHORTEST_GAP_S * frames_a_second))
    # What sounds from the first sample on starts there: a zero before it lets it be a peak.
    return _peaks(np.append(0, flux), np.append(1, threshold), distance) - 1


def _peaks(
    values: NDArray[np.float64], threshold: NDArray[np.float64], distance: int
) -> NDArray[np.intp]:
    """Local maxima that reach a threshold; of two that are too near, the higher one.

    As `scipy.signal.find_peaks`, which takes longer to load than all scores to measure.
    """
    inner = values[1:-1]
    is_peak = (inner > values[:-2]) & (inner >= values[2:]) & (inner >= threshold[1:-1])
    peaks = np.flatnonzero(is_peak) + 1
    is_kept = np.ones(len(peaks), bool)
    for peak in np.argsort(values[peaks])[::-1]:
        if is_kept[peak]:
            is_near = np.abs(peaks - peaks[peak]) < distance
            is_kept[is_near & (peaks != peaks[peak])] = False
    return peaks[is_kept]


def _flux(signal: NDArray[np.floating]) -> NDArray[np.float64]:
    window = hann(FRAME_LENGTH)
    cut = frames(signal)
    flux = np.zeros(len(cut))
    before = np.zeros(FRAME_LENGTH // 2 + 1)
    for start in range(0, len(cut), 1000):
        magnitude = np.abs(scipy.fft.rfft(cut[start : start + 1000] * window, axis=1))
        rise = np.diff(np.vstack([before, magnitude]), axis=0)
        flux[start : start + 1000] = np.maximum(rise, 0).sum(1)
        before = magnitude[-1]
    return flux
