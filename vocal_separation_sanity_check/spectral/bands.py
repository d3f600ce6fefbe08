"""The six bands of frequency that the fingerprint, the null test and the targets share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BANDS_HZ = {
    "bass": (0.0, 250.0),
    "low-mid": (250.0, 500.0),
    "mid": (500.0, 2000.0),
    "high-mid": (2000.0, 4000.0),
    "presence": (4000.0, 8000.0),
    "high": (8000.0, np.inf),
}
"""From and to, by name; the lower edge belongs to a band."""

BAND_EDGES_HZ: NDArray[np.float64] = np.array([low_hz for low_hz, _ in BANDS_HZ.values()][1:])
"""Where one band ends and the next begins, shape (5,)."""
