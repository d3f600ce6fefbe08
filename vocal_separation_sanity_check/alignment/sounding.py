"""Where a signal sounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.sound import Signal, energies


def sounding_hops(signal: Signal, hop: int, share: float) -> NDArray[np.bool_]:
    """Stretches of a signal that are not silent beside its loudest.

    Parameters
    ----------
    signal : Signal
    hop : int
        Samples of a stretch; what is left over at the end is not looked at.
    share : float
        Of the loudest stretch's energy.

    Returns
    -------
    bool, shape (n_samples // hop,)
    """
    found = energies(signal, hop)
    return np.asarray(found > share * found.max(initial=0.0))
