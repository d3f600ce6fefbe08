"""Train a U-Net on pictures and masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile

from torch.utils.data import DataLoader

from unet.networks import chosen_device
from unet.pictures.image_data import ImageMasks, LabelledImages
from unet.pictures.image_files import ImagePair
from unet.pictures.image_module import VALIDATION_DICE, ImageModule, PublicCheckpoints
from unet.training import (
    EpochSampler,
    TrainingPlan,
    is_first_process,
    run_training,
    shuffled,
    unchanged,
)
from unet.unet_model import UNet
from vocal_separation_sanity_check.files import replacing

MOST_WORKERS = 8
"""Processes that read pictures for another device than the CPU."""

BEST_CHECKPOINT = "checkpoint_best.pth"
"""The checkpoint of the epoch with the highest Dice, once more."""


def train_on_pictures(
    network: UNet,
    training: Sequence[ImagePair],
    validation: Sequence[ImagePair],
    mask_values: list[int] | list[list[int]],
    plan: TrainingPlan,
    *,
    scale: float,
    batch_size: int,
    learning_rate: float,
) -> int:
    """Train a U-Net, writing a checkpoint after every epoch and the best one once more.

    Parameters
    ----------
    network : UNet
        Is changed.
    training, validation : sequence of ImagePair
    mask_values : list of int, or list of list of int
        From `find_mask_values`.
    plan : TrainingPlan
        Its folder gets ``checkpoint_epoch1.pth`` and so on, and `BEST_CHECKPOINT`.
    scale : float
        Of the pictures that the network sees, in (0, 1].
    batch_size : int
        Of each device.
    learning_rate : float

    Returns
    -------
    int
        The best epoch, from 1.

    Raises
    ------
    InputError
        As `run_training`; or if a picture cannot be read, or a file not be written.
    """
    n_workers = 0 if chosen_device(plan.device).type == "cpu" else MOST_WORKERS

    def loader(pairs: Sequence[ImagePair], sampler: EpochSampler) -> DataLoader[LabelledImages]:
        return DataLoader(
            ImageMasks(pairs, mask_values, scale),
            batch_size,
            sampler=sampler,
            num_workers=n_workers,
            persistent_workers=n_workers > 0,
        )

    n_training, n_validation = len(training), len(validation)
    curve = run_training(
        ImageModule(network, learning_rate),
        loader(training, EpochSampler(n_training, shuffled(n_training, plan.seed))),
        loader(validation, EpochSampler(n_validation, unchanged(n_validation))),
        plan,
        score=VALIDATION_DICE,
        lower="--batch-size, --scale or --base-channels, or take --amp",
        callbacks=[PublicCheckpoints(plan.checkpoints, network, mask_values)],
    )
    # RMSprop with the public momentum of 0.999 can lose in one epoch what it had learnt.
    best = int(max(curve, key=lambda row: row[VALIDATION_DICE])["epoch"])
    if is_first_process():
        _copy_best(plan.checkpoints, best)
    return best


def _copy_best(checkpoints: Path, epoch: int) -> None:
    with replacing(checkpoints / BEST_CHECKPOINT) as temporary:
        copyfile(checkpoints / f"checkpoint_epoch{epoch}.pth", temporary)
