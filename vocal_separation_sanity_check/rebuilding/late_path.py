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

from vocal_separation_sanity_check.blas_threads import one_blas_thread
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
FIRST_LONGEST_S = 0.9
"""The same of the path that only tells voice from music; later, the usual prior leaves nothing."""
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
worst the voice may be silent, or the path another."""
_HALF_SHARE = 0.05
"""What half of a band's bins must gain, in one band over the lowest: echoes are in every bin, a
note that fools is in few (at most 0.014 with exact stems, at least 0.13 in songs with echoes). In
the lowest, bass and voice share what lasts."""


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
    longest_s : float
        Latest delay.
    """

    def __init__(
        self,
        reference: Spectrum,
        error: Spectrum,
        weights: NDArray[np.float32],
        hop_s: float,
        longest_s: float,
    ) -> None:
        n_bins, n_windows = reference.shape
        n_taps = N_AHEAD + 1 + round(longest_s / hop_s)
        self._reference = reference
        # The windows overlap by three quarters: four hops are a period of the second bin.
        self._band_of = bands_of(n_bins, (n_bins - 1) / (4 * hop_s))
        self._bands = [np.flatnonzero(self._band_of == band) for band in range(len(BAND_EDGES_HZ))]
        self._delays_s = (np.arange(n_taps, dtype=np.float64) - N_AHEAD) * np.float64(hop_s)
        self._edges = np.linspace(0, n_windows, _N_FOLDS + 1).astype(np.int64)
        self._auto = np.empty((_N_FOLDS, n_bins, n_taps, n_taps), np.complex64)
        self._cross = np.empty((_N_FOLDS, n_bins, n_taps), np.complex64)
        padded = _padded(reference, n_taps)
        with one_blas_thread():
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
        every = np.arange(len(self._band_of))
        around = np.zeros((len(every), len(self._delays_s)), np.complex64)
        penalty = USUAL.penalty(self._delays_s)
        taps = np.stack(
            [self._taps(every, penalty, around, left_out=fold) for fold in range(_N_FOLDS)]
        )
        fold_of = np.repeat(np.arange(_N_FOLDS), np.diff(self._edges))
        is_likely = np.zeros(len(every), bool)
        for prior, band in zip(
            self._chosen((USUAL,), None, _LIKELY_SHARE), self._bands, strict=True
        ):
            is_likely[band] = prior is not None
        return _sound(self._reference, taps, fold_of), is_likely

    def path(self, before: LatePath | None) -> LatePath:
        """Choose a prior for each band, and find the taps; `before` is the last stretch's path."""
        n_bins, n_taps = self._cross.shape[1:]
        priors = self._chosen(FRESH if before is None else CANDIDATES, before, _SURE_SHARE)
        taps = np.zeros((n_bins, n_taps), np.complex64)
        energies = np.full((len(self._bands), n_taps), np.nan)
        for band, (prior, rows) in enumerate(zip(priors, self._bands, strict=True)):
            if prior is not None:
                penalty = prior.penalty(self._delays_s)
                taps[rows] = self._taps(rows, penalty, self._mean(prior, before, rows))
                # The window makes neighbours alike: every other one tells as much.
                energies[band] = self._energies(rows[::2])
        return LatePath(taps, self._delays_s, self._band_of, priors, energies)

    def _energies(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Power of the taps of a band, in which neither errors nor a prior's decay show.

        Either half of the stretch gives taps of its own, under a prior that does not decay. Their
        errors have nothing to do with each other, so ``Re h₁ h₂*`` is right in the mean.
        """
        penalty = np.full(len(self._delays_s), _FLAT_PENALTY)
        around = np.zeros((len(rows), len(penalty)), np.complex64)
        middle = _N_FOLDS // 2
        first, second = (
            self._taps(rows, penalty, around, folds)
            for folds in (slice(middle), slice(middle, None))
        )
        return np.asarray((first * second.conj()).real.mean(axis=0))

    def _taps(
        self,
        rows: NDArray[np.intp],
        penalty: NDArray[np.float64],
        around: Spectrum,
        folds: slice = slice(None),
        left_out: int = -1,
    ) -> Spectrum:
        """Of some bins, from some folds."""
        taps = np.empty_like(around)
        solve_bins(self._auto[folds], self._cross[folds], rows, penalty, around, left_out, taps)
        return taps

    def _chosen(
        self,
        candidates: tuple[PathPrior, ...],
        before: LatePath | None,
        sure_share: float,
    ) -> tuple[PathPrior | None, ...]:
        """The prior that predicts each band best, or None where it does not gain enough."""
        priors: list[PathPrior | None] = []
        most = -np.inf
        for number, band in enumerate(self._bands):
            if not len(band):
                priors.append(None)
                continue
            rows = band[:: max(1, len(band) // _FEWEST_JUDGED)]
            shares = self._shares(rows, candidates, before)
            best = int(np.argmax(shares.mean(axis=(1, 2))))
            by_fold = np.sort(shares[best].mean(axis=1))
            is_sure = by_fold.mean() > sure_share and by_fold[1] > _FOLD_SHARE * sure_share
            priors.append(candidates[best] if is_sure else None)
            if number:
                most = max(most, np.median(shares[best].mean(axis=0)))
        return tuple(priors) if most > _HALF_SHARE else (None,) * len(priors)

    def _shares(
        self, rows: NDArray[np.intp], candidates: tuple[PathPrior, ...], before: LatePath | None
    ) -> NDArray[np.float64]:
        """What each prior gains per cell, times the root of the seconds.

        Returns float64, shape (n_candidates, n_folds, n_rows).
        """
        penalties = np.stack([prior.penalty(self._delays_s) for prior in candidates])
        around = np.stack([self._mean(prior, before, rows) for prior in candidates])
        gains = np.empty((len(candidates), _N_FOLDS, len(rows)))
        cross_validate(self._auto, self._cross, rows, penalties, around, gains)
        n_windows = self._reference.shape[1]
        duration_s = n_windows * (self._delays_s[1] - self._delays_s[0])
        return np.asarray(gains / (n_windows / _N_FOLDS) * np.sqrt(duration_s))

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
