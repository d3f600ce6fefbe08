"""Intelligibility: how much of the words can still be understood."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray


def estoi(
    estimate: NDArray[np.floating], reference: NDArray[np.floating], sample_rate_hz: int
) -> float | None:
    """Extended short-time objective intelligibility, by `pystoi`.

    Jensen & Taal 2016, "An algorithm for predicting the intelligibility of speech masked by
    modulated noise maskers": correlation of the two voices' 384 ms pieces in third-octave bands up
    to 4.3 kHz, over the time in which the reference is not silent.

    Parameters
    ----------
    estimate, reference : floating, shape (n_samples,)
    sample_rate_hz : int

    Returns
    -------
    float or None
        1 where they agree, about 0 where nothing can be understood; None where the reference
        sounds for less than 384 ms.

    Raises
    ------
    ModuleNotFoundError
        If `pystoi` is not installed.
    """
    from pystoi import stoi

    with warnings.catch_warnings():
        # What pystoi says where the voice is too short; it returns a constant then.
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(stoi(reference, estimate, sample_rate_hz, extended=True))
        except RuntimeWarning:
            return None
