"""The level of a reference in the mix, what a mask can reach of it, and the masks that do."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.metrics import BAND_EDGES_HZ
from vocal_separation_sanity_check.settings import Target

LOUD_SHARE = 0.5
"""The magnitude level is read off the bins that hold this share of the reference's energy."""


def coherent_gain(
    reference: NDArray[np.complex64], mixture: NDArray[np.complex64]
) -> tuple[float, float]:
    """Level of a reference in a mix by least squares, and how coherent the two are.

    Every bin is weighted by the mixture's mean power in it, so that bass does not drown the
    voice. With ``<a, b> = Re sum a conj(b) / mean_t |M|^2``::

        gain = <V, M> / <V, V>,    coherence = <V, M> / sqrt(<V, V> <M, M>)

    Parameters
    ----------
    reference, mixture : complex64, shape (n_bins, n_windows)

    Returns
    -------
    gain : float
        Negative where the polarity is inverted.
    coherence : float
        In [-1, 1]; a reference that is not in the mix gives nearly 0.
    """
    power = (np.abs(mixture) ** 2).mean(1, keepdims=True, dtype=np.float64)
    weight = 1 / (power + 1e-6 * power.max())
    both = float((weight * (reference * mixture.conj()).real).sum())
    own = float((weight * np.abs(reference) ** 2).sum())
    mixed = float((weight * np.abs(mixture) ** 2).sum())
    return both / own, both / np.sqrt(own * mixed)


def magnitude_gain(reference: NDArray[np.complex64], mixture: NDArray[np.complex64]) -> float:
    """Level of a reference in a mix where phases say nothing: the median ratio in its loud bins.

    Parameters
    ----------
    reference, mixture : complex64, shape (n_bins, n_windows)

    Returns
    -------
    float
        Positive.
    """
    loudness = np.abs(reference).ravel()
    order = np.argsort(loudness)[::-1]
    energy = np.cumsum(loudness[order].astype(np.float64) ** 2)
    loud = order[: 1 + int(np.searchsorted(energy, LOUD_SHARE * energy[-1]))]
    return float(np.median(np.abs(mixture).ravel()[loud] / loudness[loud]))


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


def coherent_target(
    reference: NDArray[np.complex64], mixture: NDArray[np.complex64], bin_hz: float
) -> tuple[NDArray[np.float32], dict[str, Target]]:
    """Take the phase-sensitive target where reference and mixture share a waveform, band by band.

    In a band of n cells, ``Re <V, M> / <V, V>`` is 1 for a reference that is in the mix and 0 for
    one that is not, with a standard deviation of at most ``sqrt(2 <M, M> / (n <V, V>))``. Magnitude
    is matched only where it lies under 1/2 by more than two of them.

    Parameters
    ----------
    reference, mixture : complex64, shape (n_bins, n_windows)
        The reference at its level in the mix.
    bin_hz : float

    Returns
    -------
    magnitude : float32, shape (n_bins, n_windows)
    chosen : dict of str to {"phase-sensitive", "magnitude"}
        By band, named by its lower edge in Hz.
    """
    wanted = reachable_target(reference, mixture, "phase-sensitive")
    edges = [0, *np.ceil(BAND_EDGES_HZ / bin_hz).astype(int), len(wanted)]
    chosen: dict[str, Target] = {}
    for low, high in pairwise(edges):
        own, mixed = reference[low:high], mixture[low:high]
        energy = float((np.abs(own) ** 2).sum(dtype=np.float64))
        share = float((own * mixed.conj()).real.sum(dtype=np.float64)) / max(energy, 1e-30)
        variance = 2 * float((np.abs(mixed) ** 2).sum(dtype=np.float64)) / max(energy, 1e-30)
        is_apart = energy > 0 and share < 0.5 - 2 * np.sqrt(variance / own.size)
        chosen[f"{low * bin_hz:.0f}"] = "magnitude" if is_apart else "phase-sensitive"
        if is_apart:
            wanted[low:high] = reachable_target(own, mixed, "magnitude")
    return wanted, chosen


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


def _ratio(part: NDArray[np.float32], whole: NDArray[np.float32]) -> NDArray[np.float32]:
    ratio = np.zeros_like(part)
    return np.divide(part, whole, out=ratio, where=whole > 0)
