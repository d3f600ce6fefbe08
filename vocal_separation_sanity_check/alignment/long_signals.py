"""Level and tone of a reference in a song that is too long to be held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.channel import (
    apply_channel,
    estimate_channel,
    estimate_gain,
)
from vocal_separation_sanity_check.sound import Signal

_EXCERPTS, _EXCERPT_S = 60, 2.0
"""Of a song that is longer than these together, evenly spread ones tell the level."""
_EXACT = 0.03
"""Farthest from 1 (0.26 dB) that the level of an exact stem can come out."""


def level_in(
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    expected: float | None = None,
) -> float:
    """Find the level at which a mixture holds a reference.

    Parameters
    ----------
    mixture, reference : Signal
        Of one length, lined up in time.
    sample_rate_hz : float
    expected : float, optional
        Level that is known of a mixdown of the same song, not 0. It stands where nothing
        here speaks against it; a level of exactly 1, that of an exact stem, unless the one found
        here is more than 0.26 dB off.

    Returns
    -------
    float
        Negative where the reference is inverted; 0 where one of the two is silent.
    """
    held = _excerpts(mixture, sample_rate_hz), _excerpts(reference, sample_rate_hz)
    if not (held[0].any() and held[1].any()):
        return 0.0
    likely = 1.0 if expected is None else expected
    found = estimate_gain(held[0], held[1] * np.float32(likely), sample_rate_hz)
    if likely in (1, -1) and expected is not None and abs(found - 1) < _EXACT:
        found = 1.0
    return likely * found


def in_tone(mixture: Signal, reference: Signal, sample_rate_hz: float) -> Signal:
    """Give the reference the tone that it has in the mixture, see `estimate_channel`.

    Parameters
    ----------
    mixture, reference : Signal
        Of one length, lined up in time and level.
    sample_rate_hz : float

    Returns
    -------
    Signal
        The reference itself where no filter is believed.
    """
    return apply_channel(reference, estimate_channel(mixture, reference, sample_rate_hz))


def _excerpts(signal: Signal, sample_rate_hz: float) -> NDArray[np.float32]:
    size = round(_EXCERPT_S * sample_rate_hz)
    if len(signal) <= _EXCERPTS * size:
        return signal[: len(signal)]
    begins = np.linspace(0, len(signal) - size, _EXCERPTS).round().astype(int)
    return np.concatenate([signal[begin : begin + size] for begin in begins])
