"""Checks on arrays that every public border shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.open_sound import LOUDEST_PEAK

SILENCE_PEAK = 1e-5
"""A signal whose peak stays under this (-100 dBFS) counts as silent."""


def checked_signal(samples: ArrayLike, name: str) -> NDArray[np.float32]:
    """Check a mono signal at a public border.

    Parameters
    ----------
    samples : array_like, shape (n_samples,)
        Linear amplitude.
    name : str
        What a user calls it; used in messages only.

    Returns
    -------
    float32, shape (n_samples,)
        C-contiguous.

    Raises
    ------
    InputError
        If it is not one-dimensional, empty, silent, not finite, or far beyond full scale.
    """
    signal = np.asarray(samples)
    if signal.ndim != 1:
        raise InputError(
            f"{name} has shape {signal.shape}, wanted (n_samples,); "
            "average the channels to mono first"
        )
    if not np.issubdtype(signal.dtype, np.number) or np.iscomplexobj(signal):
        raise InputError(f"{name} holds {signal.dtype}, wanted real numbers")
    if signal.size == 0:
        raise InputError(f"{name} is empty; was the file cut off?")
    signal = np.ascontiguousarray(signal, np.float32)
    if not np.isfinite(signal).all():
        raise InputError(f"{name} holds NaN or infinity; export it again from your editor")
    peak = float(np.abs(signal).max())
    if peak > LOUDEST_PEAK:
        raise InputError(
            f"{name} has a peak of {peak:.2g}, wanted at most {LOUDEST_PEAK:g}; full scale is 1"
        )
    if peak < SILENCE_PEAK:
        raise InputError(f"{name} holds only silence (peak {peak:.1e}); is it the right file?")
    return signal
