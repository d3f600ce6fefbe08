"""Delays and reverberation: in each bin, the mixture's windows from the reference's before them.

A convolutive transfer function (Talmon, Cohen & Gannot 2009, eq. 12), found on what the reference
itself leaves::

    M[f, t] - R[f, t]  ~  Σ_k h[f, k] R[f, t - k],   k = -1 … K
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.rebuilding.path_equations import padded
from vocal_separation_sanity_check.rebuilding.path_kernels import apply_taps
from vocal_separation_sanity_check.rebuilding.path_prior import PathPrior

Spectrum = NDArray[np.complex64]


@dataclass(frozen=True)
class LatePath:
    """Taps on the reference's windows, beside the reference itself.

    Attributes
    ----------
    taps : complex64, shape (n_bins, n_taps)
        From `N_AHEAD` windows ahead on; 0 in bands that have no path.
    delays_s : float64, shape (n_taps,)
    bands : int64, shape (n_bins,)
        Number of the band of each bin.
    priors : tuple of (PathPrior or None), one for each band
    energies : float64, shape (n_bands, n_taps)
        Mean power of the taps of a band, without that of their errors; NaN without a path.
    """

    taps: Spectrum
    delays_s: NDArray[np.float64]
    bands: NDArray[np.int64]
    priors: tuple[PathPrior | None, ...]
    energies: NDArray[np.float64]

    @property
    def is_used(self) -> bool:
        """Whether any band has a path."""
        return any(prior is not None for prior in self.priors)

    def sound(self, reference: Spectrum) -> Spectrum:
        """What the path adds to the reference, complex64, shape (n_bins, n_windows)."""
        return sound_of(reference, self.taps[None], np.zeros(reference.shape[1], np.int64))


def sound_of(reference: Spectrum, taps: Spectrum, fold_of: NDArray[np.int64]) -> Spectrum:
    """What taps add to a reference.

    Parameters
    ----------
    reference : complex64, shape (n_bins, n_windows)
    taps : complex64, shape (n_folds, n_bins, n_taps)
    fold_of : int64, shape (n_windows,)

    Returns
    -------
    complex64, shape (n_bins, n_windows)
    """
    sound = np.empty_like(reference)
    apply_taps(padded(reference, taps.shape[2]), taps, fold_of, sound)
    return sound
