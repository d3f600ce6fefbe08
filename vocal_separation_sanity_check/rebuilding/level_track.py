"""The level of the reference in the mixture over time: a compressor's work, or a hand's on a fader.

One level g a window, the same in all bins::

    minimise  Σ_ft W |M - g_t R|²  +  stiffness · Σ_t (g_t+1 - g_t)²

a tridiagonal system. The stiffness is what predicts best, from three quarters of the bins, the
fourth. Where no level that moves predicts them better beyond doubt, the level stays 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from vocal_separation_sanity_check.rebuilding.cell_weights import cell_weights, held_cells
from vocal_separation_sanity_check.settings import Source

Array = NDArray[np.float64]

_STIFFNESSES: dict[Source, tuple[float, ...]] = {
    "vocal": (10.0, 1e2, 1e3, 1e4, 1e5),
    "music": (1e6, 1e7),
}
"""A voice is compressed before it is mixed. An instrumental is mixed already: what moves it quickly
is the song's limiter, and that moves the voice as well."""
_GROUP_BINS = 24
"""Bins next to each other that are seen or judged together: neighbours share their noise."""
_N_FOLDS = 4
_SURE_SHARE = 2e-3
"""Likelihood per cell that a level must gain, in every fold, to be believed; with exact stems it
gains 0.0012 at most."""


def level_track(
    mixture: NDArray[np.complex64], reference: NDArray[np.complex64], source: Source
) -> NDArray[np.float64] | None:
    """Find the level.

    Parameters
    ----------
    mixture, reference : complex64, shape (n_bins, n_windows)
    source : {"vocal", "music"}
        What the reference is.

    Returns
    -------
    float64, shape (n_windows,), or None
        None where it is 1 as far as anybody can tell.
    """
    heard = held_cells(mixture, reference)
    cross = (reference.conj() * mixture).real
    own = np.square(np.abs(reference))
    fold = np.arange(len(mixture)) // _GROUP_BINS % _N_FOLDS
    # Weights that followed the level found would be largest where it had already made up its mind.
    weights = cell_weights(mixture - reference, mixture) * heard
    found, wanted = (
        np.stack([(weights * part)[fold == one].sum(0, np.float64) for one in range(_N_FOLDS)])
        for part in (cross, own)
    )
    stiffness, gains = _best_stiffness(found, wanted, _STIFFNESSES[source])
    is_sure = min(gains) > _SURE_SHARE * float(heard.mean()) * mixture.size / _N_FOLDS
    return _smooth(found.sum(0), wanted.sum(0), stiffness) if is_sure else None


def _best_stiffness(
    found: Array, wanted: Array, stiffnesses: tuple[float, ...]
) -> tuple[float, Array]:
    """Stiffness, and what each fold gains over a level of 1 (twice the logarithm of likelihood)."""
    best, best_gains = stiffnesses[0], np.full(len(found), -np.inf)
    for stiffness in stiffnesses:
        gains = np.empty(len(found))
        for fold in range(len(found)):
            seen = np.arange(len(found)) != fold
            level = _smooth(found[seen].sum(0), wanted[seen].sum(0), stiffness)
            moved = (2 * level * found[fold] - level**2 * wanted[fold]).sum()
            gains[fold] = moved - (2 * found[fold] - wanted[fold]).sum()
        if gains.sum() > best_gains.sum():
            best, best_gains = stiffness, gains
    return best, best_gains


def _smooth(found: Array, wanted: Array, stiffness: float) -> Array:
    """Solve ``(diag(wanted) + stiffness DᵀD) g = found``, D the differences of neighbours."""
    banded = np.zeros((2, len(found)))
    # Where nothing is heard the level goes back to 1, slowly.
    banded[1] = wanted + 1e-6
    banded[1, :-1] += stiffness
    banded[1, 1:] += stiffness
    banded[0, 1:] = -stiffness
    return np.asarray(solveh_banded(banded, found + 1e-6))
