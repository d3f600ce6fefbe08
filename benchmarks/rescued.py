"""What a disturbed acapella costs: SI-SDR of the extraction against the true vocal in the mix.

Run:  python benchmarks/rescued.py

Each pair is separated by its own stem and by a stem that was delayed, stretched, inverted and
turned down at random (fixed seed), lined up again. Both are judged by the true stem.
"""

from __future__ import annotations

import numpy as np
import soxr
from machine import clips, machine

from vocal_separation_sanity_check import separate
from vocal_separation_sanity_check.alignment.alignment import align
from vocal_separation_sanity_check.scoring.distortion_ratios import si_sdr_db

RATE_HZ = 22050
SEED = 1


def main() -> None:
    """Print a row a pair and the mean."""
    print(machine())
    print(f"\nSI-SDR (dB) of the extraction over 6.8 s, seed {SEED}")
    print(f"{'pair':<34}{'own stem':>10}{'rescued':>10}{'loss':>8}   disturbance")
    random = np.random.default_rng(SEED)
    losses = []
    for name, mixture, vocal in clips(60.0):
        ppm, gain_db = random.uniform(-1000, 1000), random.uniform(-12, 12)
        delay = int(random.uniform(0, 0.5) * RATE_HZ)
        bad = soxr.resample(vocal, RATE_HZ, RATE_HZ * (1 + ppm * 1e-6), quality="VHQ")
        bad = -(10 ** (gain_db / 20)) * np.concatenate([np.zeros(delay, np.float32), bad])
        found = align(mixture, bad, RATE_HZ)
        own, rescued = (
            si_sdr_db(separate(mixture, reference).vocal, vocal)
            for reference in (vocal, found.aligned)
        )
        losses.append(own - rescued)
        what = f"{1e3 * delay / RATE_HZ:.0f} ms late, {ppm:+.0f} ppm, {gain_db:+.1f} dB, inverted"
        print(f"{name:<34}{own:10.2f}{rescued:10.2f}{losses[-1]:8.2f}   {what}", flush=True)
    print(f"{'mean':<54}{np.mean(losses):8.2f}")


if __name__ == "__main__":
    main()
