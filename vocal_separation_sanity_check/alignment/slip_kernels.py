"""How much better mixture and reference agree when each frame slips by a little: compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import compiled


@compiled
def agreement_after(
    cross: NDArray[np.complex64],
    first_rad: float,
    step_rad: float,
    delays: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out[t] = Re Σ_f cross[t, f] exp(i ω_f delays[t])``, ``ω_f = first + f step``.

    Parameters
    ----------
    cross : complex64, shape (n_frames, n_bins)
    first_rad, step_rad : float
        Angular frequency of the first bin and distance of the bins, in radians a sample.
    delays : float64, shape (n_frames,)
        In samples.
    out : float64, shape (n_frames,)
        Is overwritten.
    """
    n_frames, n_bins = cross.shape
    for frame in range(n_frames):
        turn = np.exp(1j * first_rad * delays[frame])
        step = np.exp(1j * step_rad * delays[frame])
        total = 0.0
        for row in range(n_bins):
            value = cross[frame, row]
            total += value.real * turn.real - value.imag * turn.imag
            turn *= step
        out[frame] = total
