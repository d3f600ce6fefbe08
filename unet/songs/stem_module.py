"""Training for stems as a Lightning module: loss, scores in validation, optimiser."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor

from unet.networks import StemNetwork
from unet.songs.stem_examples import EXAMPLE_SAMPLES
from unet.songs.stem_losses import STEM_LOSSES
from unet.songs.vocal_module import SCORE
from unet.training import adamw

_HEARD = 1e-4
"""Seconds with less than this share of a stem's energy are not scored."""


class StemModule(lightning.LightningModule):
    """A network for stems with its loss, its optimiser, and the score that chooses the best epoch.

    Parameters
    ----------
    network : StemNetwork
    loss : {"mse", "l1", "sdr"}
    learning_rate : float
    n_steps : int
        Of the whole training, see `unet.training.adamw`.
    """

    def __init__(self, network: StemNetwork, loss: str, learning_rate: float, n_steps: int) -> None:
        super().__init__()
        self.network = network
        self._loss = STEM_LOSSES[loss]
        self._learning_rate = learning_rate
        self._n_steps = n_steps

    def training_step(self, stems: Tensor, batch_index: int) -> Tensor:  # noqa: ARG002
        """Compute the loss of a batch of stems with more around them than the network hears."""
        unheard = (stems.shape[-1] - EXAMPLE_SAMPLES) // 2 - self.network.margin
        heard = stems[..., unheard : stems.shape[-1] - unheard]
        loss = self._loss(self.network(heard.sum(dim=1)), self._without_margins(heard))
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=1, sync_dist=True)
        return loss

    def validation_step(self, stems: Tensor, batch_index: int) -> None:  # noqa: ARG002
        """Log the loss of one whole song, and every stem's signal-to-distortion ratio."""
        found, true = self.network(stems.sum(dim=1)), self._without_margins(stems)
        self._log("validation loss", self._loss(found, true))
        ratios = _sdr_db(found[0], true[0], self.network.sample_rate_hz)
        self._log(SCORE, ratios.mean())
        for name, ratio in zip(self.network.sources, ratios, strict=True):
            self._log(name, ratio)

    def configure_optimizers(self) -> Any:
        """Make the optimiser and its schedule."""
        return adamw(self.network, self._learning_rate, 0.0, self._n_steps)

    def _without_margins(self, stems: Tensor) -> Tensor:
        return stems[..., self.network.margin : stems.shape[-1] - self.network.margin]

    def _log(self, name: str, value: Tensor) -> None:
        self.log(name, value, on_epoch=True, batch_size=1, sync_dist=True)


def _sdr_db(found: Tensor, true: Tensor, n: int) -> Tensor:
    """Median over the seconds, of n samples, in which a stem is heard; shape (n_sources,)."""
    error, power = (
        torch.stack([part.square().sum(dim=(1, 2)) for part in torch.split(sound, n, dim=-1)])
        for sound in (found - true, true)
    )
    ratios = 10 * torch.log10(power / (error + 1e-12))
    ratios[power <= _HEARD * power.sum(dim=0)] = torch.nan
    return torch.nan_to_num(ratios.nanmedian(dim=0).values)
