"""Which examples a process of a training works through in an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice

import torch
from torch import distributed
from torch.utils.data import Sampler

Order = Callable[[int], Sequence[int]]
"""Takes the epoch, from 0, and gives the numbers of its examples, always as many."""


class EpochSampler(Sampler[int]):
    """Deal the examples of an epoch out to the processes of a training, a process for each device.

    Every process makes the order of the whole epoch and takes every n-th example of it, so that all
    take different ones. Where they cannot be shared evenly, the first examples are dealt out once
    more: processes wait for each other after every step, so all have to make as many.

    Parameters
    ----------
    n_examples : int
        Of an epoch.
    order : callable
        See `Order`.

    Notes
    -----
    Lightning calls `set_epoch` on the sampler of a data loader before it begins an epoch. It has to
    be told not to put a sampler of its own around this one (``use_distributed_sampler=False``):
    that deals out a second time, and up to Lightning 2.6.0 does not hand the epoch on.
    """

    def __init__(self, n_examples: int, order: Order) -> None:
        self._n_examples = n_examples
        self._order = order
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next.

        Parameters
        ----------
        epoch : int
            From 0.
        """
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        first, n_processes = _place_among_processes()
        n_dealt = len(self) * n_processes
        yield from islice(cycle(self._order(self._epoch)), first, n_dealt, n_processes)

    def __len__(self) -> int:
        return -(-self._n_examples // _place_among_processes()[1])


def shuffled(n_examples: int, seed: int) -> Order:
    """Shuffle the examples anew for every epoch.

    Parameters
    ----------
    n_examples, seed : int

    Returns
    -------
    callable
        An `Order` that depends on the seed and the epoch alone.
    """

    def order(epoch: int) -> list[int]:
        draw = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        numbers: list[int] = torch.randperm(n_examples, generator=draw).tolist()
        return numbers

    return order


def unchanged(n_examples: int) -> Order:
    """Take the examples as they are numbered, in every epoch, as validation does.

    Parameters
    ----------
    n_examples : int

    Returns
    -------
    callable
        An `Order`.
    """
    return lambda _epoch: range(n_examples)


def _place_among_processes() -> tuple[int, int]:
    """Give this process's number and how many there are; they start while a training begins."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1
