"""What a training costs, known before it begins: parameters, multiply-adds, memory of a step."""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from unet.networks import N_CHANNELS, StemNetwork
from unet.songs.stem_examples import EXAMPLE_SAMPLES
from unet.songs.stem_losses import STEM_LOSSES
from unet.songs.stem_training import StemRecipe

CARDS_GB = (8, 16, 24, 141)
"""Memories of accelerators to say for how large a batch they suffice."""


class StepCost(NamedTuple):
    """What one network costs.

    Attributes
    ----------
    n_parameters : int
    multiply_adds_per_s : float
        Of convolutions, for a second of stereo sound; the Fourier transforms are left out.
    receptive_field_s : float
        Length of the sound that a sample of a stem can depend on.
    fixed_bytes : float
        Of a training step, whatever the batch: weights, gradients, the optimiser's two moments, and
        the average of the weights.
    example_bytes : float
        More for each example of `EXAMPLE_SAMPLES`.
    """

    n_parameters: int
    multiply_adds_per_s: float
    receptive_field_s: float
    fixed_bytes: float
    example_bytes: float

    def memory_bytes(self, n_examples: int) -> float:
        """Estimate the memory of a step with so many examples."""
        return self.fixed_bytes + n_examples * self.example_bytes

    def largest_batch(self, memory_bytes: float) -> int:
        """Count the examples that fit into a memory; 0 where none does."""
        return max(0, int((memory_bytes - self.fixed_bytes) // self.example_bytes))


def step_cost(network: StemNetwork, loss: str, *, amp: bool = False) -> StepCost:
    """Make three steps, with one example and with two, and count what they keep.

    Every tensor that lives at one time is counted, backward pass and optimiser included, and the
    copies that a convolution works on.

    Parameters
    ----------
    network : StemNetwork
        On the CPU. Its weights are changed.
    loss : {"mse", "l1", "sdr"}
    amp : bool
        Compute in 16 bits where that is safe.

    Returns
    -------
    StepCost
    """
    n_weight_bytes = sum(p.numel() * p.element_size() for p in network.parameters())
    one, two = (_step_peak(network, loss, n, amp=amp) for n in (1, 2))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, N_CHANNELS, EXAMPLE_SAMPLES + 2 * network.margin))
    seconds = EXAMPLE_SAMPLES / network.sample_rate_hz
    return StepCost(
        n_parameters=sum(p.numel() for p in network.parameters()),
        multiply_adds_per_s=counter.get_total_flops() / 2 / seconds,
        receptive_field_s=network.receptive_field / network.sample_rate_hz,
        fixed_bytes=2 * one - two + n_weight_bytes,
        example_bytes=two - one,
    )


def _step_peak(network: StemNetwork, loss: str, n_examples: int, *, amp: bool) -> int:
    """Count the bytes of the second step, when the optimiser has its moments."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-6, foreach=False)
    true = torch.randn(n_examples, len(network.sources), N_CHANNELS, EXAMPLE_SAMPLES)
    sound = torch.randn(n_examples, N_CHANNELS, EXAMPLE_SAMPLES + 2 * network.margin)
    counter = _LivingBytes()
    for tensor in (*network.parameters(), *network.buffers(), true, sound):
        counter.add(tensor)
    for _ in range(2):
        with counter:
            with torch.autocast("cpu", torch.bfloat16, enabled=amp):
                value = STEM_LOSSES[loss](network(sound), true)
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            del value
            optimizer.zero_grad()
    return counter.peak


def told_cost(recipe: StemRecipe, *, amp: bool = False) -> str:
    """Say what a training costs, and for how large a batch some memories suffice.

    Parameters
    ----------
    recipe : StemRecipe
    amp : bool
        As in `step_cost`.

    Returns
    -------
    str
    """
    cost = step_cost(recipe.network(), recipe.loss, amp=amp)
    n = recipe.n_examples
    lines = [
        ("network", f"{recipe.model}, depth {recipe.depth}"),
        ("parameters", f"{cost.n_parameters:,}".replace(",", " ")),
        ("multiply-adds", f"{cost.multiply_adds_per_s / 1e9:.2f} billion a second of stereo sound"),
        ("receptive field", f"{cost.receptive_field_s:.3f} s"),
        ("memory of a step", f"{cost.memory_bytes(n) / 1e9:.2f} GB with {n} examples of 1.37 s"),
    ]
    lines += [
        (f"{size} GB are full", f"with {cost.largest_batch(size * 1e9)} examples")
        for size in CARDS_GB
    ]
    return "\n".join(f"{name:<18}{value}" for name, value in lines)


class _LivingBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Count the bytes of all storages that are alive, and the most there were."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self._now = 0
        self._known: set[int] = set()

    def add(self, tensor: torch.Tensor) -> None:
        """Count a tensor's storage until it is gone."""
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._known:
            return
        self._known.add(key)
        n_bytes = storage.nbytes()
        self._now += n_bytes
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._remove, key, n_bytes)

    def _remove(self, key: int, n_bytes: int) -> None:
        self._known.discard(key)
        self._now -= n_bytes

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), options: Any = None
    ) -> Any:
        """Run an operation and count what it gives."""
        result = function(*arguments, **(options or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self.add(leaf)
        if "convolution" in function.__name__:
            # On a CPU they are computed on copies of all that goes in and out, in another order.
            copied = [leaf for leaf in tree_leaves((arguments, result)) if torch.is_tensor(leaf)]
            n_bytes = sum(tensor.numel() * tensor.element_size() for tensor in copied)
            self.peak = max(self.peak, self._now + n_bytes)
        return result
