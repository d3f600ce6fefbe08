"""Training on songs as a Lightning module: loss, scores in validation, optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging
from torch import Tensor
from torch.utils.data import Dataset

from unet.front_end import FrontEnd
from unet.networks import MaskNetwork
from unet.songs.remix import Batch
from unet.songs.stem_cache import CachedSong
from unet.songs.vocal_losses import LOSSES
from unet.training import adamw

LONGEST_AVERAGE = 200
SCORE = "validation SDR dB"
"""Chooses the best epoch: by song the median over seconds, mean over songs."""


class VocalModule(lightning.LightningModule):
    """A mask network with its loss, its optimiser, and the score that chooses the best epoch.

    Parameters
    ----------
    network : MaskNetwork
    loss : {"l1", "mse", "mask", "sdr"}
    learning_rate, weight_decay : float
    n_steps : int
        Of the whole training. Over its first twentieth the learning rate rises, then it falls to 0
        along half a cosine.
    """

    def __init__(
        self,
        network: MaskNetwork,
        loss: str,
        learning_rate: float,
        weight_decay: float,
        n_steps: int,
    ) -> None:
        super().__init__()
        self.network = network
        self._loss = LOSSES[loss]
        self._learning_rate = learning_rate
        self._weight_decay = weight_decay
        self._n_steps = n_steps

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:  # noqa: ARG002
        """Compute the loss of a batch."""
        loss = self._loss(self.network(batch.mixture), batch)
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=1, sync_dist=True)
        return loss

    def validation_step(self, batch: Batch, batch_index: int) -> None:  # noqa: ARG002
        """Log the loss of one whole song, and its vocals' signal-to-distortion ratio."""
        masks = self.network(batch.mixture)
        by_frame = _sdr_by_second(masks[:, 0], batch, self.network.front_end)
        for name, value in (
            ("validation loss", self._loss(masks, batch)),
            (SCORE, float(np.median(by_frame))),
        ):
            self.log(name, value, on_epoch=True, batch_size=1, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Make AdamW, with weight decay on matrices and kernels only, and its schedule."""
        return adamw(self.network, self._learning_rate, self._weight_decay, self._n_steps)


class WholeSongs(Dataset[Batch]):
    """Validation songs, one a batch.

    Parameters
    ----------
    songs : sequence of CachedSong
    sources : sequence of str
    """

    def __init__(self, songs: Sequence[CachedSong], sources: Sequence[str]) -> None:
        self._songs = list(songs)
        self._sources = tuple(sources)

    def __len__(self) -> int:
        return len(self._songs)

    def __getitem__(self, index: int) -> Batch:
        cached = self._songs[index]
        stems = {name: cached.read(0, cached.n_windows, name) for name in cached.song.sources}
        mixture = sum(stems.values(), torch.zeros(()))
        sources = torch.stack([stems[name] for name in self._sources])
        known = torch.arange(mixture.shape[1]) < cached.n_bins_known
        return Batch(mixture[None], sources[None], known[None, None, None, :, None])


def weight_average(n_steps: int) -> EMAWeightAveraging:
    """Average weights over about the last tenth of a training, 200 steps at most.

    The average is what is validated and kept: single steps leave the weights beside the best ones,
    each in another direction.

    Parameters
    ----------
    n_steps : int
        Of the whole training.

    Returns
    -------
    EMAWeightAveraging
    """
    span = max(1, min(LONGEST_AVERAGE, n_steps // 10))
    return EMAWeightAveraging(decay=1 - 1 / span, update_starting_at_step=span // 2)


def _sdr_by_second(masks: Tensor, batch: Batch, front_end: FrontEnd) -> list[float]:
    """Compute the vocals' signal-to-distortion ratio in dB, of every second that has vocals."""
    vocals = batch.sources[0, 0]
    error = (masks[0] * batch.mixture[0] - vocals).abs().square().sum(dim=(0, 1))
    power = vocals.abs().square().sum(dim=(0, 1))
    n = round(front_end.sample_rate_hz / front_end.hop_length)
    seconds = [
        (e.sum(), p.sum())
        for e, p in zip(torch.split(error, n), torch.split(power, n), strict=True)
    ]
    heard = 1e-4 * power.sum()
    return [float(10 * torch.log10(p / (e + 1e-12))) for e, p in seconds if p > heard] or [0.0]
