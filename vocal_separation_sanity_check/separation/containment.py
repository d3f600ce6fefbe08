"""Which of two sounds holds the other: the song its vocal, or the other way round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.separation.subtraction import BLOCK_BINS, in_blocks

_DEEPEST = 1e-4
"""-40 dB, which is as deep as chance lets one see."""


class Containment:
    """How much of one sound is left where another is taken off it, at a level of its own per band.

    Where M holds V and more, ``<V, M> / <V, V>`` is the same everywhere: what else M holds has
    nothing to do with V. Asked the other way round, ``<M, V> / <M, M>`` goes up and down with what
    else M holds. In each block of cells of a band, with the one gain g that is best for all of
    them, the share of g V in ``M - g V`` is, as `subtraction.Leftover` has it::

        left = |<V, M - g V>|^2 / <V, V> - <M - g V, M - g V> / n

    and each block counts by ``<V, V> / (<V, V> + <M, M>)``. All of it is a polynomial in g, so
    sums over a song are enough.
    """

    def __init__(self) -> None:
        self._sums: NDArray[np.float64] = np.zeros(())
        self._n_cells = 1

    def add(self, own: NDArray[np.complex64], mixed: NDArray[np.complex64]) -> None:
        """Add some windows of V and M, complex64 (n_bins, n_windows), at any level."""
        v, m = in_blocks(own), in_blocks(mixed)
        if not v.size:
            return
        self._n_cells = v.shape[1]
        own_energy, mixed_energy = ((np.abs(x) ** 2).sum(1, dtype=np.float64) for x in (v, m))
        cross = (v.conj() * m).sum(1)
        total = own_energy + mixed_energy
        weight = np.divide(own_energy, total, out=np.zeros_like(total), where=total > 0)
        projected = np.divide(
            np.abs(cross) ** 2, own_energy, out=np.zeros_like(total), where=own_energy > 0
        )
        terms = np.stack([projected, cross.real, own_energy, mixed_energy]) * weight
        n_bands = own.shape[0] // BLOCK_BINS
        self._sums = self._sums + terms.reshape(4, n_bands, -1).sum(2)

    @property
    def left_db(self) -> float:
        """What is left of V in M, in dB of V there: deep where M holds V; 0 where nothing is."""
        if not self._sums.shape:
            return 0.0
        projected, cross, own, mixed = self._sums
        gain = np.divide(cross, own, out=np.zeros_like(own), where=own > 0)
        held = gain**2 * own
        rest = mixed - 2 * gain * cross + held
        left = projected - 2 * gain * cross + held - rest / self._n_cells
        if not held.sum() > 0:
            return 0.0
        return float(10 * np.log10(max(left.sum() / held.sum(), _DEEPEST)))
