"""Train the U-Net on pictures and masks."""

from __future__ import annotations

import argparse
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

from unet.training_options import add_training_options, training_plan
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

if TYPE_CHECKING:
    from unet.unet_model import UNet

DEFAULT_CLASSES = 2
DEFAULT_BASE_CHANNELS = 64
MOST_WORKERS = 8
BEST = "checkpoint_best.pth"
"""The checkpoint of the epoch with the highest Dice, once more."""


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
    plan = training_plan(options)

    from torch.utils.data import DataLoader

    from unet.devices import chosen_device
    from unet.epoch_order import EpochOrder
    from unet.image_data import ImageMasks, check_sizes, find_mask_values, split_pairs
    from unet.image_files import find_pairs
    from unet.image_module import VALIDATION_DICE, ImageModule, PublicCheckpoints
    from unet.trainer import train_network

    device = chosen_device(plan.device)
    pairs = find_pairs(options.data or options.workspace / "data")
    training, validation = split_pairs(pairs, options.validation, plan.seed)
    check_sizes(pairs, options.scale, options.batch_size)
    network = _network(options, plan.seed)
    mask_values = find_mask_values(pairs, network.n_classes)
    n_weights = sum(weight.numel() for weight in network.parameters())
    print(
        f"{len(training)} pictures for training, {len(validation)} for validation;"
        f" {n_weights / 1e6:.1f} million weights, on {device.type}",
        flush=True,
    )
    n_workers = 0 if device.type == "cpu" else MOST_WORKERS
    loaders = [
        DataLoader(
            ImageMasks(part, mask_values, options.scale),
            options.batch_size,
            sampler=sampler,
            num_workers=n_workers,
            persistent_workers=n_workers > 0,
        )
        for part, sampler in ((training, EpochOrder(len(training), plan.seed)), (validation, None))
    ]
    curve = train_network(
        ImageModule(network, options.learning_rate),
        loaders[0],
        loaders[1],
        plan,
        score=VALIDATION_DICE,
        lower="--batch-size, --scale or --base-channels, or take --amp",
        callbacks=[PublicCheckpoints(plan.checkpoints, network, mask_values)],
    )
    # RMSprop with the public momentum of 0.999 can lose in one epoch what it had learnt.
    best = max(curve, key=lambda row: row[VALIDATION_DICE])
    path, source = (
        plan.checkpoints / name for name in (BEST, f"checkpoint_epoch{best['epoch']:.0f}.pth")
    )
    with replacing(path) as temporary:
        copyfile(source, temporary)
    print(
        f"Wrote {plan.checkpoints}/checkpoint_epoch1.pth and so on; the best, of epoch"
        f" {best['epoch']:.0f}, is {path.name} too."
    )


def _network(options: argparse.Namespace, seed: int) -> UNet:
    """Make the network, or load one and check that the flags do not contradict it."""
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
