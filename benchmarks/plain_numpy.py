"""The fit's gradient and the fingerprint in plain NumPy: what one writes first."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fingerprints.slices import LINEAR_TAPS
from vocal_separation_sanity_check.spectral.masks import reachable_target

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import naive

BETA_1, BETA_2 = 0.9, 0.999
Spectrum = NDArray[np.complex64]


class NumpyFit:
    """The loss of the 17 linear slices, slice by slice, with its gradient; descended on by Adam."""

    def __init__(self, mixture: Spectrum, vocal: Spectrum, rate: float) -> None:
        self.average = naive.band_average_matrix(mixture.shape[0]).astype(np.float32)
        self.mixture = np.abs(mixture)
        target = reachable_target(vocal, mixture, "phase-sensitive")
        self.wanted = [self.average @ shifted(target, taps) for taps in LINEAR_TAPS]
        self.weights = [1 / (17 * float((rows**2).sum())) for rows in self.wanted]
        self.logits = np.zeros_like(self.mixture)
        self.moments = np.zeros((2, *self.mixture.shape), np.float32)
        self.rate, self.n_steps = rate, 0

    def mask(self) -> NDArray[np.float32]:
        """As it stands."""
        return 1 / (1 + np.exp(-self.logits))

    def gradient(self) -> NDArray[np.float32]:
        """Of the loss by the logits."""
        mask = self.mask()
        masked = mask * self.mixture
        total = np.zeros_like(masked)
        for taps, wanted, weight in zip(LINEAR_TAPS, self.wanted, self.weights, strict=True):
            apart = self.average @ shifted(masked, taps) - wanted
            total += weight * shifted(self.average.T @ apart, taps[::-1, ::-1])
        return total * self.mixture * mask * (1 - mask)

    def step(self) -> None:
        """One step of Adam (Kingma & Ba 2015)."""
        gradient = self.gradient()
        self.n_steps += 1
        first, second = self.moments
        first += (1 - BETA_1) * (gradient - first)
        second += (1 - BETA_2) * (gradient**2 - second)
        size = np.sqrt(second / (1 - BETA_2**self.n_steps)) + 1e-8
        self.logits -= self.rate * first / (1 - BETA_1**self.n_steps) / size


def shifted(image: NDArray[np.float32], taps: NDArray[np.floating]) -> NDArray[np.float32]:
    """3 x 3 correlation by nine shifts."""
    padded = np.pad(image, 1)
    height, width = image.shape
    out = np.zeros_like(image)
    for i in range(3):
        for a in range(3):
            if taps[i, a]:
                out += np.float32(taps[i, a]) * padded[i : i + height, a : a + width]
    return out


def fingerprint_seconds(magnitude: NDArray[np.float32]) -> tuple[float, NDArray[np.floating]]:
    """Seconds for the linear slices' measurements of a few windows, and the profiles of all.

    The 25 measurements are taken window by window in NumPy; that takes so long that two windows
    of each slice stand for all.
    """
    average = naive.band_average_matrix(magnitude.shape[0]).astype(np.float32)
    start = perf_counter()
    slices = [shifted(magnitude, taps) for taps in LINEAR_TAPS]
    profiles = np.stack([average @ which for which in slices])
    seconds = perf_counter() - start
    n_some = 2
    start = perf_counter()
    for which in slices:
        for window in range(n_some):
            naive.measurements(
                which[:, window].astype(np.float64), magnitude.shape[0], 22050 / 2048
            )
    per_window = (perf_counter() - start) / n_some
    return seconds + per_window * magnitude.shape[1] * 18 / 17, profiles
