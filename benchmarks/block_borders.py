"""How the error at block borders decays with the overlap, on a real song.

Run:  python benchmarks/block_borders.py
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from machine import PAIRS, machine

from vocal_separation_sanity_check import Settings, separate
from vocal_separation_sanity_check.separation import block_separation
from vocal_separation_sanity_check.sound.reading import read_mono
from vocal_separation_sanity_check.spectral.block import Block

DURATION_S = 45
CORE = 126


def main() -> None:
    """Print a table."""
    print(machine())
    mixture, vocal = (
        read_mono(PAIRS / f"medley_nl-{role}.flac", 22050)[: DURATION_S * 22050]
        for role in ("full", "stem")
    )
    use_blocks(10**6, 0)
    whole = separate(mixture, vocal, Settings())
    print(f"\n{DURATION_S} s in blocks of {CORE} windows against the fit of the whole")
    print(f"{'overlap':>8}{'mask, largest error':>22}{'sound, largest error':>22}")
    for overlap in (0, 1, 2, 4, 8, 16, 32):
        use_blocks(CORE, overlap)
        parts = separate(mixture, vocal, Settings())
        errors = [np.abs(parts.mask - whole.mask).max(), np.abs(parts.vocal - whole.vocal).max()]
        print(f"{overlap:>8}{errors[0]:>22.1e}{errors[1]:>22.1e}", flush=True)


def use_blocks(core: int, overlap: int) -> None:
    """Make songs be cut in blocks of another size."""

    def cut(n_windows: int, overlap: int = overlap) -> Iterator[Block]:
        n_blocks = max(1, round(n_windows / core))
        for number in range(n_blocks):
            begin = number * core
            end = n_windows if number == n_blocks - 1 else begin + core
            first, last = max(0, begin - overlap), min(n_windows, end + overlap)
            yield Block(first, last, slice(begin - first, end - first))

    block_separation.blocks = cut


if __name__ == "__main__":
    main()
