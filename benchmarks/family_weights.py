"""What each family of measurements does to the extraction when it takes part in the loss.

Run:  python benchmarks/family_weights.py

Mean over the eight real pairs, hop 1024. The fit stops after as few steps as given: at
convergence the linear profiles alone reach the ideal mask, so a term can only help on the way.
"""

from __future__ import annotations

import numpy as np
from machine import clips, machine

from vocal_separation_sanity_check import Settings, separate
from vocal_separation_sanity_check.fitting.measurement_loss import TERMS

WEIGHTS = (0.01, 0.3)
STEPS = (2, 4, 12)


def main() -> None:
    """Print SI-SDR by family, weight and number of steps."""
    print(machine())
    pairs = [(mixture, vocal) for _, mixture, vocal in clips()]
    print("\nSI-SDR (dB) of the extraction, mean of eight pairs")
    print(f"{'family':<16}{'weight':>8}" + "".join(f"{n:>7} steps" for n in STEPS))
    choices = [("none", 0.0)] + [(family, weight) for family in TERMS for weight in WEIGHTS]
    for family, weight in choices:
        weights = {family: weight} if weight else {}
        means = [
            np.mean(
                [
                    separate(
                        *pair, Settings(n_iterations=n_steps, family_weights=weights)
                    ).si_sdr_db["extraction"]
                    for pair in pairs
                ]
            )
            for n_steps in STEPS
        ]
        print(f"{family:<16}{weight:8.3f}" + "".join(f"{mean:13.2f}" for mean in means), flush=True)


if __name__ == "__main__":
    main()
