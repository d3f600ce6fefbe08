"""Seconds from STFT to mask: ours beside torch autograd, in turn, in one run.

Run:  python benchmarks/fit_speed.py

Both sides start from the two STFTs of a 4.7 s clip and stop within 0.1 dB of the ideal mask (PSM):
ours runs its default settings, Adam through autograd as many steps as it needs for that.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch
from machine import clips, machine
from numpy.typing import NDArray

from vocal_separation_sanity_check import Settings, fingerprint, fit_mask
from vocal_separation_sanity_check.fingerprints.metrics import band_average
from vocal_separation_sanity_check.fingerprints.slices import LINEAR_TAPS
from vocal_separation_sanity_check.fitting.profile_operator import ProfileOperator
from vocal_separation_sanity_check.scoring.distortion_ratios import si_sdr_db
from vocal_separation_sanity_check.spectral.masks import ideal_masks, reachable_target
from vocal_separation_sanity_check.spectral.transform import istft, stft

CLOSE_DB = 0.1
MOST_STEPS = 1200
CHECK_EVERY = 20
RATE = 0.6
REPEATS = 7
Spectrum = NDArray[np.complex64]


def ours(mixture: Spectrum, vocal: Spectrum, settings: Settings) -> tuple[NDArray[np.float32], int]:
    """Mask and number of steps."""
    target = fingerprint(reachable_target(vocal, mixture, "phase-sensitive"))
    fit = fit_mask(np.abs(mixture), target, settings)
    return fit.mask, len(fit.gains)


class AutogradFit:
    """The same loss of the 17 linear slices through torch, descended on by Adam."""

    def __init__(self, mixture: Spectrum, vocal: Spectrum) -> None:
        bands = band_average(mixture.shape[0])
        self.average = torch.zeros(len(bands.first_bin), mixture.shape[0])
        for band, (first, shares) in enumerate(zip(bands.first_bin, bands.coverage, strict=True)):
            self.average[band, first : first + len(shares)] = torch.tensor(shares)
        self.taps = torch.tensor(LINEAR_TAPS[:, None].copy(), dtype=torch.float32)
        self.mixture = torch.tensor(np.abs(mixture))
        target = torch.tensor(reachable_target(vocal, mixture, "phase-sensitive"))
        self.wanted = self.profiles(target)
        self.weights = 1 / (17 * self.wanted.pow(2).sum((1, 2), keepdim=True))
        self.logits = torch.zeros_like(self.mixture, requires_grad=True)
        self.adam = torch.optim.Adam([self.logits], lr=RATE)

    def profiles(self, magnitude: torch.Tensor) -> torch.Tensor:
        """Profiles of all linear slices, shape (17, 400, n_windows)."""
        slices = torch.nn.functional.conv2d(magnitude[None, None], self.taps, padding=1)[0]
        return self.average @ slices

    def step(self) -> None:
        """One step of Adam."""
        self.adam.zero_grad()
        apart = self.profiles(torch.sigmoid(self.logits) * self.mixture) - self.wanted
        (0.5 * self.weights * apart**2).sum().backward()
        self.adam.step()

    def mask(self) -> NDArray[np.float32]:
        """As it stands."""
        return torch.sigmoid(self.logits).detach().numpy()


def main() -> None:
    """Print the comparison and where our time goes."""
    print(machine())
    settings = Settings()
    print(f"\nSeconds from STFT to mask (ours: median of {REPEATS}), and dB under the ideal mask")
    print(
        f"{'pair':<34}{'ours s':>9}{'steps':>7}{'dB':>7}{'Adam s':>10}{'steps':>7}{'dB':>7}{'x':>8}"
    )
    pairs = list(clips())
    ours(*(stft(signal, settings) for signal in pairs[0][1:]), settings)
    ratios, own_seconds = [], []
    for name, mixture, vocal in pairs:
        spectra = stft(mixture, settings), stft(vocal, settings)
        ceiling = score(ideal_masks(spectra[1], spectra[0])["psm"], spectra[0], vocal, settings)
        seconds = []
        for _ in range(REPEATS):
            start = perf_counter()
            mask, n_steps = ours(*spectra, settings)
            seconds.append(perf_counter() - start)
        gap = ceiling - score(mask, spectra[0], vocal, settings)
        their_s, their_steps, their_gap = autograd(spectra, ceiling, vocal, settings)
        own_seconds.append(float(np.median(seconds)))
        ratios.append(their_s / own_seconds[-1])
        print(
            f"{name:<34}{own_seconds[-1]:9.3f}{n_steps:7d}{gap:7.2f}"
            f"{their_s:10.2f}{their_steps:7d}{their_gap:7.2f}{ratios[-1]:8.0f}",
            flush=True,
        )
    print(f"{'median':<34}{np.median(own_seconds):9.3f}{'':41}{np.median(ratios):6.0f}")
    where_the_time_goes(spectra, settings)


def score(
    mask: NDArray[np.float32], mixture: Spectrum, vocal: NDArray[np.float32], settings: Settings
) -> float:
    """SI-SDR of what a mask extracts."""
    return si_sdr_db(istft(mask * mixture, len(vocal), settings), vocal)


def autograd(
    spectra: tuple[Spectrum, Spectrum],
    ceiling_db: float,
    vocal: NDArray[np.float32],
    settings: Settings,
) -> tuple[float, int, float]:
    """Seconds (without the scoring), steps and gap of Adam when it is close, or gives up."""
    start = perf_counter()
    fit = AutogradFit(*spectra)
    seconds = perf_counter() - start
    n_steps, gap = 0, np.inf
    while gap > CLOSE_DB and n_steps < MOST_STEPS:
        start = perf_counter()
        for _ in range(CHECK_EVERY):
            fit.step()
        seconds += perf_counter() - start
        n_steps += CHECK_EVERY
        gap = ceiling_db - score(fit.mask(), spectra[0], vocal, settings)
    return seconds, n_steps, gap


def where_the_time_goes(spectra: tuple[Spectrum, Spectrum], settings: Settings) -> None:
    """Milliseconds of each part, with what the arithmetic alone would take."""
    mixture = np.abs(spectra[0])
    target = fingerprint(reachable_target(spectra[1], spectra[0], "phase-sensitive"))
    operator = ProfileOperator(*mixture.shape)
    operator.precondition(mixture)
    profiles = operator.profiles(mixture)
    out = np.empty_like(mixture)
    n_bins, n_windows = mixture.shape
    parts = {
        "fingerprint of the target": lambda: fingerprint(mixture),
        "profiles to the constant c": lambda: operator.profiles_transpose(profiles),
        "one application of Q": lambda: operator.apply(mixture, out),
        "one preconditioning": lambda: operator.precondition(mixture),
        "the whole fit": lambda: fit_mask(mixture, target, settings),
    }
    print("\nWhere the time goes, ms, median")
    for name, part in parts.items():
        times = []
        for _ in range(3 * REPEATS):
            start = perf_counter()
            part()
            times.append(perf_counter() - start)
        print(f"  {name:<30}{1000 * np.median(times):8.2f}")
    multiplications = 45 * 400 * n_windows + 2 * 3 * (n_bins + 400) * n_windows
    print(f"  Q is {multiplications / 1e6:.1f} million multiplications and additions")


if __name__ == "__main__":
    main()
