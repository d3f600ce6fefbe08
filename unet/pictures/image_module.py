"""Training on pictures as a Lightning module: loss, validation, optimiser, checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from unet.pictures.image_data import LabelledImages
from unet.pictures.image_losses import segmentation_loss
from unet.pictures.image_scores import agreement, labels_of_scores
from unet.unet_model import UNet
from vocal_separation_sanity_check.files import replacing

VALIDATION_DICE = "validation Dice"


class ImageModule(LightningModule):
    """Loss, optimiser and validation of the U-Net, with the public one's settings.

    Parameters
    ----------
    network : UNet
    learning_rate : float
    """

    def __init__(self, network: UNet, learning_rate: float) -> None:
        super().__init__()
        self.network = network
        self._learning_rate = learning_rate

    def training_step(self, batch: LabelledImages) -> Tensor:
        """Compute the loss of a batch."""
        loss = segmentation_loss(self.network(batch.image), batch.labels)
        self.log(
            "loss",
            loss,
            on_step=False,
            on_epoch=True,
            batch_size=len(batch.image),
            sync_dist=True,
        )
        return loss

    def validation_step(self, batch: LabelledImages) -> None:
        """Log the Dice of a batch, mean over pictures and classes."""
        labels = labels_of_scores(self.network(batch.image))
        dice = agreement(labels, batch.labels, self.network.n_classes).dice.mean()
        self.log(VALIDATION_DICE, dice.float(), batch_size=len(batch.image), sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Make RMSprop, and a learning rate that drops after five epochs without a better Dice."""
        optimizer = torch.optim.RMSprop(
            self.network.parameters(), self._learning_rate, weight_decay=1e-8, momentum=0.999
        )
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", patience=5)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "monitor": VALIDATION_DICE},
        }

    def on_train_epoch_end(self) -> None:
        """Lower the learning rate before the checkpoint is written, so that a resumed run knows."""
        scheduler: Any = self.lr_schedulers()
        scheduler.step(self.trainer.callback_metrics[VALIDATION_DICE])

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Leave out the step that Lightning makes by itself, after the checkpoint is written."""


class PublicCheckpoints(Callback):
    """Write ``checkpoint_epochN.pth`` as the public Pytorch-UNet does: state dict, mask values.

    Parameters
    ----------
    folder : Path
    network : UNet
    mask_values : list
    """

    def __init__(self, folder: Path, network: UNet, mask_values: list[Any]) -> None:
        self._folder = folder
        self._network = network
        self._mask_values = mask_values

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the epoch's file."""
        del pl_module
        if trainer.is_global_zero:
            path = self._folder / f"checkpoint_epoch{trainer.current_epoch + 1}.pth"
            with replacing(path) as temporary:
                torch.save(
                    {**self._network.state_dict(), "mask_values": self._mask_values}, temporary
                )
