"""Delays and reverberation: in each bin, the mixture's windows from the reference's before them.

A convolutive transfer function (Talmon, Cohen & Gannot 2009, eq. 12), found on what the reference
itself leaves::

    M[f, t] - R[f, t]  ~  Σ_k h[f, k] R[f, t - k],   k = -1 … K

by least squares under a prior (`path_prior`) and the weights of `cell_weights`. For each band the
prior is chosen that predicts parts best that it has not seen; where none predicts them better than
no path does, beyond doubt, the band has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.rebuilding.path_kernels import (
    apply_taps,
    cross_validate,
    normal_equations,
    solve_bins,
)
from vocal_separation_sanity_check.rebuilding.path_prior import (
    BAND_EDGES_HZ,
    CANDIDATES,
    FRESH,
    USUAL,
    PathPrior,
    bands_of,
)

Spectrum = NDArray[np.complex64]

N_AHEAD = 1
"""Windows of look-ahead: a window's sound begins before its middle."""
LONGEST_S = 1.65
"""Latest delay."""
_N_FOLDS = 4
"""Quarters of a stretch: three are seen, the fourth is judged."""
_FLAT_PENALTY = 10.0
"""Of every tap alike: its variance is -10 dB."""
_FEWEST_JUDGED = 16
"""Bins of a band that a prior is chosen on; of more, evenly spread ones decide."""
_SURE_SHARE = 0.08
"""Likelihood per cell that a path must gain to be believed, times the root of the seconds: music
and voice share notes, so that either tells a little of the other (at most 0.05, exact stems)."""
_LIKELY_SHARE = 0.03
"""The same of echoes that are taken off before the level is looked at again."""
_FOLD_SHARE = 0.25
"""Of that, what the second worst fold must gain: one note that lasts may fool a fold or two. In the
worst the voice may be silent, or the path another; in the lowest band it must gain as much, for
there notes last longest."""


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
        return _sound(reference, self.taps[None], np.zeros(reference.shape[1], np.int64))


class PathStatistics:
    """What least squares needs to know of a stretch.

    Parameters
    ----------
    reference, error : complex64, shape (n_bins, n_windows)
        The reference, and what it leaves of the mixture.
    weights : float32, shape (n_bins, n_windows)
    hop_s : float
        Between windows.
    """

    def __init__(
        self, reference: Spectrum, error: Spectrum, weights: NDArray[np.float32], hop_s: float
    ) -> None:
        n_bins, n_windows = reference.shape
        n_taps = N_AHEAD + 1 + round(LONGEST_S / hop_s)
        self._reference = reference
        # The windows overlap by three quarters: four hops are a period of the second bin.
        self._bands = bands_of(n_bins, (n_bins - 1) / (4 * hop_s))
        self._delays_s = (np.arange(n_taps, dtype=np.float64) - N_AHEAD) * np.float64(hop_s)
        self._edges = np.linspace(0, n_windows, _N_FOLDS + 1).astype(np.int64)
        self._auto = np.empty((_N_FOLDS, n_bins, n_taps, n_taps), np.complex64)
        self._cross = np.empty((_N_FOLDS, n_bins, n_taps), np.complex64)
        padded = _padded(reference, n_taps)
        normal_equations(padded, error, weights, self._edges, self._auto, self._cross)

    def unseen_sound(self) -> tuple[Spectrum, NDArray[np.bool_]]:
        """What a path under the usual prior adds, in each fold the path of all the others.

        What is left after it tells what is music. A path that had seen a window would leave too
        little there, and the weights that come of it would vouch for whatever it made up.

        Returns
        -------
        sound : complex64, shape (n_bins, n_windows)
        is_likely : bool, shape (n_bins,)
            Where it predicts what it has not seen.
        """
        n_bins, n_taps = self._cross.shape[1:]
        taps = np.empty((_N_FOLDS, n_bins, n_taps), np.complex64)
        penalties = np.tile(USUAL.penalty(self._delays_s), (n_bins, 1))
        around = np.zeros((n_bins, n_taps), np.complex64)
        for fold in range(_N_FOLDS):
            solve_bins(self._auto, self._cross, penalties, around, fold, taps[fold])
        fold_of = np.repeat(np.arange(_N_FOLDS), np.diff(self._edges))
        is_likely = np.zeros(n_bins, bool)
        for band in range(len(BAND_EDGES_HZ)):
            rows = np.flatnonzero(self._bands == band)
            is_likely[rows] = self._chosen(rows, (USUAL,), None, _LIKELY_SHARE) is not None
        return _sound(self._reference, taps, fold_of), is_likely

    def path(self, before: LatePath | None) -> LatePath:
        """Choose a prior for each band, and find the taps; `before` is the last stretch's path."""
        n_bins, n_taps = self._cross.shape[1:]
        bands = [np.flatnonzero(self._bands == band) for band in range(len(BAND_EDGES_HZ))]
        candidates = FRESH if before is None else CANDIDATES
        priors = tuple(self._chosen(rows, candidates, before, _SURE_SHARE) for rows in bands)
        penalties = np.ones((n_bins, n_taps))
        around = np.zeros((n_bins, n_taps), np.complex64)
        is_believed = np.zeros(n_bins, bool)
        for prior, rows in zip(priors, bands, strict=True):
            if prior is not None:
                is_believed[rows] = True
                penalties[rows] = prior.penalty(self._delays_s)
                around[rows] = self._mean(prior, before, rows)
        taps = np.empty((n_bins, n_taps), np.complex64)
        solve_bins(self._auto, self._cross, penalties, around, -1, taps)
        taps[~is_believed] = 0
        energies = self._energies(priors, bands)
        return LatePath(taps, self._delays_s, self._bands, priors, energies)

    def _energies(
        self, priors: tuple[PathPrior | None, ...], bands: list[NDArray[np.intp]]
    ) -> NDArray[np.float64]:
        """Power of the taps of each band, in which neither errors nor a prior's decay show.

        Either half of the stretch gives taps of its own, under a prior that does not decay. Their
        errors have nothing to do with each other, so ``Re h₁ h₂*`` is right in the mean.
        """
        n_bins, n_taps = self._cross.shape[1:]
        energies = np.full((len(bands), n_taps), np.nan)
        if not any(priors):
            return energies
        penalties = np.full((n_bins, n_taps), _FLAT_PENALTY)
        around = np.zeros((n_bins, n_taps), np.complex64)
        halves = np.empty((2, n_bins, n_taps), np.complex64)
        middle = _N_FOLDS // 2
        for taps, folds in zip(halves, (slice(middle), slice(middle, None)), strict=True):
            solve_bins(self._auto[folds], self._cross[folds], penalties, around, -1, taps)
        powers = (halves[0] * halves[1].conj()).real
        for band, (prior, rows) in enumerate(zip(priors, bands, strict=True)):
            if prior is not None:
                energies[band] = powers[rows].mean(axis=0)
        return energies

    def _chosen(
        self,
        rows: NDArray[np.intp],
        candidates: tuple[PathPrior, ...],
        before: LatePath | None,
        sure_share: float,
    ) -> PathPrior | None:
        """The prior that predicts a band best, or None where it does not gain enough."""
        rows = rows[:: max(1, len(rows) // _FEWEST_JUDGED)]
        if not len(rows):
            return None
        penalties = np.stack([prior.penalty(self._delays_s) for prior in candidates])
        around = np.stack([self._mean(prior, before, rows) for prior in candidates])
        gains = np.empty((len(candidates), _N_FOLDS, len(rows)))
        cross_validate(self._auto, self._cross, rows, penalties, around, gains)
        by_fold = gains.sum(axis=2)
        best = int(np.argmax(by_fold.sum(axis=1)))
        n_windows = self._reference.shape[1]
        duration_s = n_windows * (self._delays_s[1] - self._delays_s[0])
        shares = by_fold[best] / (len(rows) * n_windows / _N_FOLDS) * np.sqrt(duration_s)
        n_spared = 0 if self._bands[rows[0]] == 0 else 1
        is_sure = (
            shares.mean() > sure_share and np.sort(shares)[n_spared] > _FOLD_SHARE * sure_share
        )
        return candidates[best] if is_sure else None

    def _mean(self, prior: PathPrior, before: LatePath | None, rows: NDArray[np.intp]) -> Spectrum:
        if prior.follows and before is not None:
            return before.taps[rows]
        return np.zeros((len(rows), len(self._delays_s)), np.complex64)


def _sound(reference: Spectrum, taps: Spectrum, fold_of: NDArray[np.int64]) -> Spectrum:
    sound = np.empty_like(reference)
    apply_taps(_padded(reference, taps.shape[2]), taps, fold_of, sound)
    return sound


def _padded(reference: Spectrum, n_taps: int) -> Spectrum:
    """So that window t meets samples t to t + n_taps - 1; the last of them is the one ahead."""
    return np.pad(reference, ((0, 0), (n_taps - 1 - N_AHEAD, N_AHEAD)))
