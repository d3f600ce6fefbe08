"""The level that a channel adds, so that the level told is the one that is heard.

Gain and filter are found one after the other, and what the first leaves the second makes up for.
Only both together say how much too loud or too quiet the reference was.
"""

from __future__ import annotations

import numpy as np

from vocal_separation_sanity_check.alignment.empty_bands import band_powers
from vocal_separation_sanity_check.alignment.null_depth import VOCAL_BAND_HZ
from vocal_separation_sanity_check.sound import Signal


def channel_gain_db(reference: Signal, filtered: Signal, sample_rate_hz: float) -> float:
    """Level that a channel adds: in the vocal band, by the reference's power.

    Parameters
    ----------
    reference, filtered : Signal
        What `apply_channel` was given, and what it gave.
    sample_rate_hz : float

    Returns
    -------
    float
        In dB, without the bands that the channel has emptied; 0 for an impulse.
    """
    if filtered is reference:
        return 0.0
    bands = band_powers(filtered, reference, sample_rate_hz)
    if not (bands.mixture.any() and bands.reference.any()):
        return 0.0
    n_bands = len(bands.reference)
    middles_hz = (np.arange(n_bands) + 0.5) * sample_rate_hz / 2 / n_bands
    voiced = (middles_hz >= VOCAL_BAND_HZ[0]) & (middles_hz < VOCAL_BAND_HZ[1])
    ratio = bands.mixture[voiced].sum() / max(bands.reference[voiced].sum(), 1e-30)
    kept = voiced & bands.sounding(np.sqrt(ratio), n_bands)
    kept = kept if kept.any() else voiced
    added = bands.mixture[kept].sum() / max(bands.reference[kept].sum(), 1e-30)
    return float(10 * np.log10(max(added, 1e-30)))
