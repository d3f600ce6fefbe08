"""`train.py` for cars: the U-Net learns from pictures and their masks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from unet.commands.loading import after_loading
from unet.commands.task_command import Task
from unet.commands.training_options import add_training_options, training_plan
from vocal_separation_sanity_check.errors import InputError

if TYPE_CHECKING:
    from unet.unet_model import UNet

DEFAULT_CLASSES = 2
DEFAULT_BASE_CHANNELS = 64


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a training on pictures.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    add_training_options(parser, epochs=5, batch_size=1, learning_rate=1e-5)
    add_data_options(parser)
    parser.add_argument("--load", "-f", metavar="FILE", type=Path, help="begin with this model")
    parser.add_argument("--bilinear", action="store_true", help="enlarge by interpolation")
    parser.add_argument(
        "--classes",
        "-c",
        metavar="N",
        type=int,
        help=f"values of a mask; 1 for a plain mask (default: {DEFAULT_CLASSES})",
    )
    parser.add_argument(
        "--base-channels",
        metavar="N",
        type=int,
        help=f"width of the network (default: {DEFAULT_BASE_CHANNELS})",
    )


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what the pictures are; `evaluate.py` takes them as well.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--data", metavar="DIR", type=Path, help="holds imgs/ and masks/ (default: data/)"
    )
    parser.add_argument(
        "--scale", "-s", metavar="X", type=float, default=0.5, help="of pictures (default: 0.5)"
    )
    parser.add_argument(
        "--validation",
        "-v",
        metavar="PERCENT",
        type=float,
        default=10.0,
        help="of the pictures is set aside to validate with (default: 10)",
    )


def train(options: argparse.Namespace) -> None:
    """Train, and write a checkpoint after every epoch.

    Parameters
    ----------
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.

    Raises
    ------
    InputError
        If the data, a flag or the model cannot be used, or training fails in a way that a user
        can mend.
    """
    from unet.networks import chosen_device
    from unet.pictures import (
        BEST_CHECKPOINT,
        check_sizes,
        find_mask_values,
        find_pairs,
        split_pairs,
        train_on_pictures,
    )
    from unet.training import is_first_process

    plan = training_plan(options)
    device = chosen_device(plan.device)
    pairs = find_pairs(options.data or options.workspace / "data")
    training, validation = split_pairs(pairs, options.validation, plan.seed)
    check_sizes(pairs, options.scale, options.batch_size)
    network = _network(options, plan.seed)
    mask_values = find_mask_values(pairs, network.n_classes)
    n_weights = sum(weight.numel() for weight in network.parameters())
    if is_first_process():
        print(
            f"{len(training)} pictures for training, {len(validation)} for validation;"
            f" {n_weights / 1e6:.1f} million weights, on {device.type}",
            flush=True,
        )
    best = train_on_pictures(
        network,
        training,
        validation,
        mask_values,
        plan,
        scale=options.scale,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
    )
    if is_first_process():
        print(
            f"Wrote {plan.checkpoints}/checkpoint_epoch1.pth and so on; the best, of epoch"
            f" {best}, is {BEST_CHECKPOINT} too."
        )


def _network(options: argparse.Namespace, seed: int) -> UNet:
    """Make the network, or load one, with which the flags must agree."""
    import torch

    from unet.model_files import load_model
    from unet.unet_model import UNet

    wanted = {"--classes": options.classes, "--base-channels": options.base_channels}
    for flag, number in wanted.items():
        if number is not None and number < 1:
            raise InputError(f"{flag} is {number}, wanted 1 or more")
    if options.load is None:
        torch.manual_seed(seed)
        return UNet(
            n_channels=3,
            n_classes=options.classes or DEFAULT_CLASSES,
            bilinear=options.bilinear,
            base_channels=options.base_channels or DEFAULT_BASE_CHANNELS,
        )
    network = load_model(options.load, "cars").network
    assert isinstance(network, UNet)
    found = {"--classes": network.n_classes, "--base-channels": network.base_channels}
    for flag, number in wanted.items():
        if number not in (None, found[flag]):
            raise InputError(f"{options.load} was trained with {flag} {found[flag]}, not {number}")
    if options.bilinear and not network.bilinear:
        raise InputError(f"{options.load} was trained without --bilinear")
    return network.train()


training_on_cars = Task(
    description="Train the U-Net on the pictures of data/imgs/ and the masks of data/masks/.",
    example="--epochs 10 --batch-size 4 --learning-rate 0.0001",
    add_options=add_options,
    load=after_loading(train, "pictures", "training"),
)
