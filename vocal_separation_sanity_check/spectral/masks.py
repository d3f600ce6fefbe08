"""What a mask can reach of a reference in the mix, and the masks that know both sources."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.settings import Settings, Target
from vocal_separation_sanity_check.spectral.block import blocks
from vocal_separation_sanity_check.spectral.transform import InverseStft, n_windows_of, stft


def reachable_target(
    reference: NDArray[np.complex64], mixture: NDArray[np.complex64], target: Target
) -> NDArray[np.float32]:
    """The reference's magnitude as far as a mask in [0, 1] on the mixture can reach it.

    ``clip(Re(V conj(M)) / |M|, 0, |M|)`` (phase-sensitive, Erdogan et al. 2015), the best
    magnitude under the mixture's phase; or ``min(|V|, |M|)``.

    Parameters
    ----------
    reference, mixture : complex64, shape (n_bins, n_windows)
        The reference at its level in the mix.
    target : {"phase-sensitive", "magnitude"}

    Returns
    -------
    float32, shape (n_bins, n_windows)
    """
    limit = np.abs(mixture)
    if target == "magnitude":
        return np.minimum(np.abs(reference), limit)
    along = np.zeros_like(limit)
    np.divide((reference * mixture.conj()).real, limit, out=along, where=limit > 0)
    return np.clip(along, 0, limit)


def banded_target(
    reference: NDArray[np.complex64],
    mixture: NDArray[np.complex64],
    targets: Mapping[str, Target],
    bin_hz: float,
) -> NDArray[np.float32]:
    """`reachable_target`, each band by its own rule.

    Parameters
    ----------
    reference, mixture : complex64, shape (n_bins, n_windows)
        The reference at its level in the mix.
    targets : mapping of str to {"phase-sensitive", "magnitude"}
        By band, named by its lower edge in Hz, rising.
    bin_hz : float

    Returns
    -------
    float32, shape (n_bins, n_windows)
    """
    edges = [round(float(low_hz) / bin_hz) for low_hz in targets] + [len(reference)]
    return np.concatenate(
        [
            reachable_target(reference[low:high], mixture[low:high], target)
            for (low, high), target in zip(pairwise(edges), targets.values(), strict=True)
        ]
    )


def ideal_masks(
    reference: NDArray[np.complex64], mixture: NDArray[np.complex64]
) -> dict[str, NDArray[np.float32]]:
    """The masks that know both sources: what any mask on this STFT can be measured against.

    Parameters
    ----------
    reference, mixture : complex64, shape (n_bins, n_windows)
        The rest of the mix is ``mixture - reference``.

    Returns
    -------
    dict of str to float32, shape (n_bins, n_windows)
        ``irm1`` and ``irm2``, ratios of magnitudes and of powers (Liutkus & Badeau 2015), and
        ``psm``, phase-sensitive (Erdogan et al. 2015); all in [0, 1].
    """
    own = np.abs(reference)
    rest = np.abs(mixture - reference)
    limit = np.abs(mixture)
    along = reachable_target(reference, mixture, "phase-sensitive")
    return {
        "irm1": _ratio(own, own + rest),
        "irm2": _ratio(own**2, own**2 + rest**2),
        "psm": _ratio(along, limit),
    }


def ideal_extraction(
    reference: NDArray[np.float32], mixture: NDArray[np.float32], settings: Settings
) -> NDArray[np.float32]:
    """Extract with the ideal phase-sensitive mask: the most that a mask can do.

    Parameters
    ----------
    reference, mixture : float32, shape (n_samples,)
    settings : Settings

    Returns
    -------
    float32, shape (n_samples,)
    """
    n_windows = n_windows_of(len(mixture), settings.hop_length)
    inverse = InverseStft(len(mixture), settings)
    parts = []
    for block in blocks(n_windows, 0):
        spectrum = stft(mixture, settings, block.first, block.last)
        own = stft(reference, settings, block.first, block.last)
        parts.append(inverse.add(ideal_masks(own, spectrum)["psm"] * spectrum))
    return np.concatenate(parts)


def _ratio(part: NDArray[np.float32], whole: NDArray[np.float32]) -> NDArray[np.float32]:
    ratio = np.zeros_like(part)
    return np.divide(part, whole, out=ratio, where=whole > 0)
