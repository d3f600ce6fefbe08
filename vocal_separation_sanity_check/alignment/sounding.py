"""Where a signal sounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sounding_hops(signal: NDArray[np.float32], hop: int, share: float) -> NDArray[np.bool_]:
    """Stretches of a signal that are not silent beside its loudest.

    Parameters
    ----------
    signal : float32, shape (n_samples,)
    hop : int
        Samples of a stretch; what is left over at the end is not looked at.
    share : float
        Of the loudest stretch's energy.

    Returns
    -------
    bool, shape (n_samples // hop,)
    """
    n_hops = len(signal) // hop
    energy = np.square(signal[: n_hops * hop], dtype=np.float64).reshape(n_hops, hop).sum(axis=1)
    return np.asarray(energy > share * energy.max(initial=0.0))
