"""Take a sound of any length apart with a network for stems, block by block.

A block is computed together with all that its samples depend on, and begins where the network's
steps do, so it comes out as in the whole song: there are no seams, and the memory that is needed
does not depend on the length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from unet.networks import N_CHANNELS, StemNetwork
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import HeldChunks

BLOCK_SAMPLES = 1 << 18
"""That a block gives out at least, 12 s; the shorter it is, the more is computed twice."""


class StemSeparator:
    """A `SongNetwork` made of a `StemNetwork`.

    Parameters
    ----------
    network : StemNetwork
        It is set to evaluation.
    device : torch.device, optional
        Where to compute.
    """

    def __init__(self, network: StemNetwork, device: torch.device | None = None) -> None:
        self._network = network.eval().to(device or "cpu")
        self._device = device
        self.stems = network.sources
        self.sample_rate_hz = network.sample_rate_hz

    def separated(
        self, sound: Iterable[NDArray[np.float32]], n_samples: int, level: float
    ) -> Iterator[NDArray[np.float32]]:
        """As `SongNetwork.separated`.

        Two channels are heard together; of any other number each is heard by itself, as the left
        and the right of a song.
        """
        network, held = self._network, HeldChunks(sound)
        block = -(-BLOCK_SAMPLES // network.stride) * network.stride
        n_whole = -(-n_samples // network.step) * network.step
        held_first = 0
        for first in range(0, n_whole, block):
            last = min(n_whole, first + block)
            begin = max(0, first - network.reach) - network.margin
            end = min(n_whole, last + network.reach) + network.margin
            held.take(max(0, begin) - held_first)
            held_first = max(0, begin)
            stretch = np.pad(held.look(end - held_first).T, ((0, 0), (held_first - begin, 0)))
            found = level * self._stems((stretch / level).astype(np.float32))
            before = first - begin - network.margin
            yield found[: min(last, n_samples) - first + before][before:]

    def _stems(self, stretch: NDArray[np.float32]) -> NDArray[np.float32]:
        """All stems but the last, shape (n_samples, (n_stems - 1) * n_channels)."""
        is_stereo = len(stretch) == N_CHANNELS
        heard = stretch[None] if is_stereo else np.repeat(stretch[:, None], N_CHANNELS, axis=1)
        with torch.inference_mode():
            found = self._network(torch.from_numpy(heard).to(self._device))[:, :-1].cpu().numpy()
        if not np.isfinite(found).all():
            raise InputError(
                "the model makes NaN or infinity of this sound; its weights are damaged or far too"
                " large: take another one, see --model"
            )
        channels = found[0] if is_stereo else found.mean(axis=2).swapaxes(0, 1)
        flat: NDArray[np.float32] = channels.reshape(-1, channels.shape[-1]).T
        return flat
