"""What runs at every step of a training: the seed, and a check that loss and weights are finite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from vocal_separation_sanity_check.errors import InputError


class SameDraws(Callback):
    """Seed before every step, so that dropout depends on the seed, the epoch and the step alone.

    Seeding once an epoch would not do: data loaders draw from the same generator, and in a resumed
    run they do so at another time. Of a resumed run Lightning also starts the data loader before
    it tells the sampler which epoch it is, so the sampler is told here.

    Parameters
    ----------
    seed : int
    sampler : EpochSampler
        Of the training's data loader.
    """

    def __init__(self, seed: int, sampler: Any) -> None:
        self._seed = seed
        self._sampler = sampler

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Tell the sampler which epoch the run is resumed with."""
        del trainer, pl_module
        self._sampler.set_epoch(checkpoint["epoch"] + 1)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Seed with the run's seed, the epoch, the step and the process's number."""
        del pl_module, batch
        place = (self._seed, trainer.current_epoch, batch_idx, trainer.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0]))


class FiniteLoss(Callback):
    """Stop at the first loss or weight that is not finite, before it is written anywhere.

    Parameters
    ----------
    last : Path
        The checkpoint to resume from, named in the message where it is there.
    """

    def __init__(self, last: Path) -> None:
        self._last = last

    def on_before_backward(
        self, trainer: Trainer, pl_module: LightningModule, loss: torch.Tensor
    ) -> None:
        """Check the loss."""
        del pl_module
        if not torch.isfinite(loss):
            self._stop(trainer, f"the loss became {loss.item()}", trainer.global_step + 1)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the weights, which the epoch's last step may have spoilt."""
        if not all(torch.isfinite(weight).all() for weight in pl_module.parameters()):
            self._stop(trainer, "the weights became infinite or NaN", trainer.global_step)

    def _stop(self, trainer: Trainer, what: str, step: int) -> None:
        kept = f"{self._last} holds the last good epoch" if self._last.is_file() else "none is kept"
        raise InputError(
            f"{what} at step {step}, in epoch {trainer.current_epoch + 1}; lower --learning-rate or"
            f" leave out --amp ({kept})"
        )
