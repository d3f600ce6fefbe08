"""What a stretch tells of its path: least squares, and what of them is believed.

The path is found by least squares under a prior (`path_prior`) and the weights of `cell_weights`.
For each band the prior is chosen that predicts parts best that it has not seen; where none predicts
them better than no path does, beyond doubt, the band has none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.rebuilding.backwards import backwards_gains
from vocal_separation_sanity_check.rebuilding.bin_equations import BinEquations
from vocal_separation_sanity_check.rebuilding.late_path import LatePath, Spectrum, sound_of
from vocal_separation_sanity_check.rebuilding.path_equations import N_AHEAD
from vocal_separation_sanity_check.rebuilding.path_prior import (
    BAND_EDGES_HZ,
    CANDIDATES,
    FRESH,
    USUAL,
    PathPrior,
    bands_of,
)

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
note that fools is in few (at most 0.05 with exact stems, at least 0.13 in songs with echoes). In
the lowest, bass and voice share what lasts."""
_LATER_SHARE = 0.06
"""What that band must gain over a path that runs backwards (0.045, and 0.09)."""
_ABSENT = -0.25
"""Tap without delay, in half of the bins, that takes away what is not in the song: other songs'
voices have -0.3 to -0.9, exact stems 0."""


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
        self._reference, self._error, self._weights = reference, error, weights
        # The windows overlap by three quarters: four hops are a period of the second bin.
        self._band_of = bands_of(n_bins, (n_bins - 1) / (4 * hop_s))
        self._bands = [np.flatnonzero(self._band_of == band) for band in range(len(BAND_EDGES_HZ))]
        self._delays_s = (np.arange(n_taps, dtype=np.float64) - N_AHEAD) * np.float64(hop_s)
        self._edges = np.linspace(0, n_windows, _N_FOLDS + 1).astype(np.int64)

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
        equations = self._equations(np.arange(len(self._band_of)))
        penalty = USUAL.penalty(self._delays_s)[None]
        (taps,) = np.stack(
            [equations.taps(penalty, left_out=fold) for fold in range(_N_FOLDS)], axis=1
        ).astype(np.complex64)
        fold_of = np.repeat(np.arange(_N_FOLDS), np.diff(self._edges))
        is_likely = np.zeros(len(self._band_of), bool)
        for prior, band in zip(
            self._chosen((USUAL,), None, _LIKELY_SHARE), self._bands, strict=True
        ):
            is_likely[band] = prior is not None
        return sound_of(self._reference, taps, fold_of), is_likely

    def path(self, before: LatePath | None) -> LatePath:
        """Choose a prior for each band, and find the taps; `before` is the last stretch's path."""
        n_bins, n_taps = len(self._band_of), len(self._delays_s)
        priors = self._chosen(FRESH if before is None else CANDIDATES, before, _SURE_SHARE)
        taps = np.zeros((n_bins, n_taps), np.complex64)
        energies = np.full((len(self._bands), n_taps), np.nan)
        for band, (prior, rows) in enumerate(zip(priors, self._bands, strict=True)):
            if prior is not None:
                penalty, around = prior.penalty(self._delays_s), self._mean(prior, before, rows)
                equations = self._equations(rows)
                taps[rows] = equations.taps(penalty[None], around[None])[0]
                # The window makes neighbours alike: every other one tells as much.
                energies[band] = self._energies(equations.every_other())
        return LatePath(taps, self._delays_s, self._band_of, priors, energies)

    def _energies(self, equations: BinEquations) -> NDArray[np.float64]:
        """Power of the taps of a band, in which neither errors nor a prior's decay show.

        Either half of the stretch gives taps of its own, under a prior that does not decay. Their
        errors have nothing to do with each other, so ``Re h₁ h₂*`` is right in the mean.
        """
        penalty = np.full((1, len(self._delays_s)), _FLAT_PENALTY)
        middle = _N_FOLDS // 2
        (first,), (second,) = (
            equations.taps(penalty, folds=folds) for folds in (slice(middle), slice(middle, None))
        )
        return np.asarray((first * second.conj()).real.mean(axis=0))

    def _equations(self, rows: NDArray[np.intp]) -> BinEquations:
        """Of some bins: those of all of them would take most of the time, and few are needed."""
        return BinEquations.of(*self._spectra(rows), self._edges, len(self._delays_s))

    def _spectra(self, rows: NDArray[np.intp]) -> tuple[Spectrum, Spectrum, NDArray[np.float32]]:
        return self._reference[rows], self._error[rows], self._weights[rows]

    def _chosen(
        self,
        candidates: tuple[PathPrior, ...],
        before: LatePath | None,
        sure_share: float,
    ) -> tuple[PathPrior | None, ...]:
        """The prior that predicts each band best, or None where it does not gain enough."""
        penalties = np.stack([prior.penalty(self._delays_s) for prior in candidates])
        priors: list[PathPrior | None] = []
        is_heard = False
        for number, band in enumerate(self._bands):
            if not len(band):
                priors.append(None)
                continue
            rows = band[:: max(1, len(band) // _FEWEST_JUDGED)]
            around = np.stack([self._mean(prior, before, rows) for prior in candidates])
            equations = self._equations(rows)
            shares = self._share(equations.cross_validated(penalties, around))
            best = int(np.argmax(shares.mean(axis=(1, 2))))
            by_fold = np.sort(shares[best].mean(axis=1))
            is_sure = by_fold.mean() > sure_share and by_fold[1] > _FOLD_SHARE * sure_share
            priors.append(candidates[best] if is_sure else None)
            half = float(np.median(shares[best].mean(axis=0)))
            if number and is_sure and half > _HALF_SHARE and not is_heard:
                fresh = [place for place, prior in enumerate(candidates) if not prior.follows]
                is_heard = self._is_no_chance(rows, equations, penalties[fresh], shares[fresh])
        return tuple(priors) if is_heard else (None,) * len(priors)

    def _is_no_chance(
        self,
        rows: NDArray[np.intp],
        equations: BinEquations,
        penalties: NDArray[np.float64],
        shares: NDArray[np.float64],
    ) -> bool:
        """Whether what is found comes after the reference, or takes away what is not there."""
        found = shares.mean(axis=(1, 2))
        (taps,) = equations.taps(penalties[[np.argmax(found)]])
        if np.median(taps[:, N_AHEAD].real) < _ABSENT:
            return True
        gains = backwards_gains(*self._spectra(rows), self._edges, penalties)
        return bool(found.max() - self._share(gains).mean(axis=(1, 2)).max() > _LATER_SHARE)

    def _share(self, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is gained per cell, times the root of the seconds; shape as of the gains."""
        n_windows = self._reference.shape[1]
        duration_s = n_windows * (self._delays_s[1] - self._delays_s[0])
        return np.asarray(gains / (n_windows / _N_FOLDS) * np.sqrt(duration_s))

    def _mean(self, prior: PathPrior, before: LatePath | None, rows: NDArray[np.intp]) -> Spectrum:
        if prior.follows and before is not None:
            return before.taps[rows]
        return np.zeros((len(rows), len(self._delays_s)), np.complex64)
