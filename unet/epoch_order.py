"""A shuffled order that depends on the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class EpochOrder(Sampler[int]):
    """Shuffle the examples, otherwise in every epoch.

    Parameters
    ----------
    n_examples, seed : int

    Notes
    -----
    Lightning calls `set_epoch`, and deals the order out where there are several devices.
    """

    def __init__(self, n_examples: int, seed: int) -> None:
        self._n_examples = n_examples
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        draw = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        yield from torch.randperm(self._n_examples, generator=draw).tolist()

    def __len__(self) -> int:
        return self._n_examples
