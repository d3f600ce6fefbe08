"""How much each bin and window of two spectra has to say about the path between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

_NEAR = (3, 3)
"""Bins and windows over which the power of what is left is averaged."""
_FLOOR = 1e-3
"""Of a bin's mean power in the mixture, added to what is left: no cell decides alone."""
_QUIET = 1e-6
"""Of the mixture's mean power, added as well, for bins in which it holds nothing."""
_WIDE = (9, 5)
"""Bins and windows over which mixture and reference are compared."""
_HELD = 0.25
"""Power of the mixture, as a share of the reference's, under which it cannot hold it."""


def cell_weights(
    left: NDArray[np.complex64], mixture: NDArray[np.complex64]
) -> NDArray[np.float32]:
    """One over the power of what is left: the likelihood's weights where the rest is Gaussian.

    Re-estimated as the path is, they are those of weighted prediction error (Nakatani et al. 2010,
    eq. 15): moments in which the music is quiet tell the path.

    Parameters
    ----------
    left, mixture : complex64, shape (n_bins, n_windows)

    Returns
    -------
    float32, shape (n_bins, n_windows)
    """
    power = _power(mixture).mean(axis=1, keepdims=True)
    floor = _FLOOR * power + _QUIET * power.mean() + np.float32(1e-30)
    return np.asarray(1 / (uniform_filter(_power(left), _NEAR) + floor))


def held_cells(
    mixture: NDArray[np.complex64], reference: NDArray[np.complex64]
) -> NDArray[np.bool_]:
    """Cells in which the mixture is loud enough to hold the reference.

    A codec leaves out what is masked: there the reference is not quieter but gone, and would pull
    every estimate towards nothing.

    Parameters
    ----------
    mixture, reference : complex64, shape (n_bins, n_windows)

    Returns
    -------
    bool, shape (n_bins, n_windows)
    """
    mixed, own = (uniform_filter(_power(spectrum), _WIDE) for spectrum in (mixture, reference))
    return np.asarray(mixed > _HELD * own)


def _power(spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
    return np.square(spectrum.real) + np.square(spectrum.imag)
