"""A control that no room passes: echoes that come before what they are echoes of.

Music and voice that share notes tell of each other whichever way time runs; a room answers later.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.rebuilding.bin_equations import BinEquations


def backwards_gains(
    reference: NDArray[np.complex64],
    error: NDArray[np.complex64],
    weights: NDArray[np.float32],
    edges: NDArray[np.int64],
    penalties: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What paths gain where they have not been found, with time turned round.

    Parameters
    ----------
    reference, error : complex64, shape (n_rows, n_windows)
        The reference, and what it leaves of the mixture, in some bins.
    weights : float32, shape (n_rows, n_windows)
    edges : int64, shape (n_folds + 1,)
        First window of each fold, and the end.
    penalties : float64, shape (n_candidates, n_taps)

    Returns
    -------
    float64, shape (n_candidates, n_folds, n_rows)
        See `BinEquations.cross_validated`; the folds are turned round as well.
    """
    equations = BinEquations.of(
        np.ascontiguousarray(reference[:, ::-1]),
        np.ascontiguousarray(error[:, ::-1]),
        np.ascontiguousarray(weights[:, ::-1]),
        reference.shape[1] - edges[::-1],
        penalties.shape[1],
    )
    return equations.cross_validated(penalties)
