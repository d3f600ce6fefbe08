"""How close an extraction is to the true source."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from vocal_separation_sanity_check.errors import InputError


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
    found = np.asarray(estimate, np.float64)
    wanted = np.asarray(reference, np.float64)
    if found.shape != wanted.shape or found.ndim != 1:
        raise InputError(f"shapes {found.shape} and {wanted.shape} differ; cut both to one length")
    energy = float(wanted @ wanted)
    if energy == 0:
        raise InputError("the reference is silent: SI-SDR is not defined")
    target = (found @ wanted) / energy * wanted
    distortion = found - target
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(target @ target) - np.log10(distortion @ distortion)))
