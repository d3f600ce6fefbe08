"""Bleed: how much of the other source an extraction holds where its own is silent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.scoring.vocal_frames import frames, silent_frames

DEEPEST_DB = -100.0
_FEWEST_FRAMES = 5


def bleed_db(
    estimate: NDArray[np.floating],
    reference: NDArray[np.floating],
    mixture: NDArray[np.floating],
) -> float | None:
    """Energy of the estimate in the frames where the reference is silent, in dB of the mixture's.

    Frames are silent where the reference is 50 dB under its loudest frame::

        bleed = 10 log10( sum_silent ||estimate||^2 / sum_silent ||mixture||^2 )

    Our own; the mixture has 0 dB by definition.

    Parameters
    ----------
    estimate, reference, mixture : floating, shape (n_samples,)

    Returns
    -------
    float or None
        At least -100; None where the reference is never silent, or the mixture is silent as well.
    """
    silent = silent_frames(reference)
    left, there = (
        sum(float(np.vdot(frame, frame)) for frame in frames(signal)[silent])
        for signal in (estimate, mixture)
    )
    if silent.sum() < _FEWEST_FRAMES or there == 0:
        return None
    return max(10 * float(np.log10(max(left / there, 1e-30))), DEEPEST_DB)


def why_no_bleed(reference: NDArray[np.floating], source: str) -> str:
    """Say why `bleed_db` is None.

    Parameters
    ----------
    reference : floating, shape (n_samples,)
    source : str
        What it is of.

    Returns
    -------
    str
    """
    n_silent = int(silent_frames(reference).sum())
    if n_silent == 0:
        return f"the {source} is never silent"
    if n_silent < _FEWEST_FRAMES:
        return f"the {source} is hardly ever silent"
    return f"where the {source} is silent, so is the song"
