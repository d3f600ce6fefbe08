"""Overlapping blocks of windows: how a song of any length is worked on in bounded memory.

The mask of a window depends on its neighbours less and less with their distance: a block that
sees some windows on either side of the ones it answers for finds the mask that the whole song
gives. `benchmarks/block_borders.py` measures how the error decays with the overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CORE_WINDOWS = 504
"""Windows a block answers for; a multiple of what pooled slices (2) and subtraction (6) join."""

OVERLAP_WINDOWS = 16
"""Windows on either side that it sees besides: the mask is then within 1e-5 of the whole song's."""


@dataclass(frozen=True)
class Block:
    """Some windows of a song.

    Attributes
    ----------
    first, last : int
        Windows that the block sees: from `first` up to, not including, `last`.
    core : slice
        The windows that it answers for, counted from `first`. The cores of all blocks lie side by
        side and make up the song.
    """

    first: int
    last: int
    core: slice

    @property
    def is_whole(self) -> bool:
        """Whether the block answers for everything that it sees."""
        return self.core == slice(0, self.last - self.first)


def blocks(n_windows: int, overlap: int = OVERLAP_WINDOWS) -> Iterator[Block]:
    """Cut a song's windows into blocks.

    Parameters
    ----------
    n_windows : int
    overlap : int, optional

    Yields
    ------
    Block
        A last one of under half the size is joined to the one before.
    """
    n_blocks = max(1, round(n_windows / CORE_WINDOWS))
    for number in range(n_blocks):
        begin = number * CORE_WINDOWS
        end = n_windows if number == n_blocks - 1 else begin + CORE_WINDOWS
        first, last = max(0, begin - overlap), min(n_windows, end + overlap)
        yield Block(first, last, slice(begin - first, end - first))
