"""SI-SDR of the extraction beside the ideal masks', on the eight real pairs, at two hops.

Run:  python benchmarks/fit_quality.py
"""

from __future__ import annotations

import numpy as np
from machine import clips, machine

from vocal_separation_sanity_check import Settings, separate

COLUMNS = ("mixture", "irm1", "irm2", "psm", "extraction")


def main() -> None:
    """Print a table for each hop."""
    print(machine())
    pairs = list(clips())
    for hop_length in (1024, 512):
        print(f"\nSI-SDR (dB), first 4.7 s, hop {hop_length}, default settings")
        print(f"{'pair':<34}" + "".join(f"{name:>11}" for name in COLUMNS) + f"{'match %':>16}")
        rows = []
        for name, mixture, vocal in pairs:
            result = separate(mixture, vocal, Settings(hop_length=hop_length))
            row = [result.si_sdr_db[column] for column in COLUMNS]
            rows.append(row)
            before, after = result.fit.match_before.overall, result.fit.match_after.overall
            scores = "".join(f"{value:11.2f}" for value in row)
            print(f"{name:<34}{scores}{100 * before:9.1f} {100 * after:6.1f}")
        print(f"{'mean':<34}" + "".join(f"{value:11.2f}" for value in np.mean(rows, 0)))


if __name__ == "__main__":
    main()
