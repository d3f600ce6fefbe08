"""The scale-invariant signal-to-distortion ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import pieces


def si_sdr_db(estimate: ArrayLike, reference: ArrayLike) -> float:
    """Scale-invariant signal-to-distortion ratio over the whole signal.

    Le Roux et al. 2019, "SDR: half-baked or well done?", eq. 3::

        target = (<estimate, reference> / <reference, reference>) reference
        SI-SDR = 10 log10( ||target||^2 / ||estimate - target||^2 )

    No mean is removed.

    Parameters
    ----------
    estimate, reference : array_like, shape (n_samples,)

    Returns
    -------
    float
        dB; infinite for a perfect estimate, minus infinity for one orthogonal to the reference.

    Raises
    ------
    InputError
        If the lengths differ or the reference is silent.
    """
    found, wanted = np.asarray(estimate), np.asarray(reference)
    if found.shape != wanted.shape or found.ndim != 1:
        raise InputError(f"shapes {found.shape} and {wanted.shape} differ; cut both to one length")
    sums = SiSdrSums()
    for estimated, true in zip(pieces(found), pieces(wanted), strict=True):
        sums.add(estimated, true)
    if sums.wanted == 0:
        raise InputError("the reference is silent: SI-SDR is not defined")
    scale = sums.both / sums.wanted
    distortion = 0.0
    for estimated, true in zip(pieces(found), pieces(wanted), strict=True):
        apart = estimated - scale * true.astype(np.float64)
        distortion += float(apart @ apart)
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(scale**2 * sums.wanted) - np.log10(distortion)))


@dataclass
class SiSdrSums:
    """`si_sdr_db` of signals that come in parts.

    With e the estimate and r the reference, ``||target||^2 = <e, r>^2 / <r, r>`` and the
    distortion is the rest of ``<e, e>``.

    Attributes
    ----------
    both, wanted, found : float
        ``<e, r>``, ``<r, r>``, ``<e, e>`` so far.
    """

    both: float = 0.0
    wanted: float = 0.0
    found: float = 0.0

    def add(self, estimate: NDArray[np.floating], reference: NDArray[np.floating]) -> None:
        """Add some samples, floating, shape (n_samples,)."""
        found, wanted = estimate.astype(np.float64), reference.astype(np.float64)
        self.both += float(found @ wanted)
        self.wanted += float(wanted @ wanted)
        self.found += float(found @ found)

    @property
    def in_db(self) -> float:
        """The ratio in dB; at most `MOST_DB`."""
        target = self.both**2 / self.wanted
        distortion = max(self.found - target, 10 ** (-MOST_DB / 10) * target, 1e-300)
        return 10 * math.log10(max(target, 1e-300) / distortion)


MOST_DB = 200.0
"""Stands for infinity: an exact estimate has no error to divide by."""
