"""`evaluate.py` for cars: how far a model's masks agree with the true ones."""

from __future__ import annotations

import argparse

from unet.commands.loading import after_loading
from unet.commands.predict import LOWER, add_model_options
from unet.commands.task_command import Task
from unet.commands.train_cars import add_data_options

ALL_PERCENT = 100


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of an evaluation on pictures.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    add_model_options(parser)
    add_data_options(parser)
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="with which train.py set pictures aside"
    )


def evaluate(options: argparse.Namespace) -> None:
    """Print Dice and IoU, mean over the pictures that training set aside.

    With ``--validation 100`` the mean is over all pictures, which is for pictures that the model
    has not seen. Masks are compared at their full size, as `predict.py` would write them.

    Parameters
    ----------
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.

    Raises
    ------
    InputError
        If a flag, the data or the model cannot be used.
    """
    from unet.memory import explained_memory
    from unet.networks import chosen_device
    from unet.pictures import (
        evaluate_unet,
        find_mask_values,
        find_pairs,
        load_unet,
        split_pairs,
    )

    device = chosen_device(options.device)
    network, _ = load_unet(options.model)
    network.to(device)
    pairs = find_pairs(options.data or options.workspace / "data")
    mask_values = find_mask_values(pairs, network.n_classes)
    if options.validation != ALL_PERCENT:
        pairs = split_pairs(pairs, options.validation, options.seed)[1]
    with explained_memory(LOWER):
        scores = evaluate_unet(network, pairs, mask_values, options.scale)
    print(f"{len(pairs)} pictures")
    for name, values in (("Dice", scores.dice), ("IoU", scores.iou)):
        by_class = [f"{value:.4f}" for value in values.mean(dim=0).tolist()]
        classes = f"  by class: {'  '.join(by_class)}" if len(by_class) > 1 else ""
        print(f"{name:4}  {values.mean():.4f}{classes}")


evaluation_on_cars = Task(
    description="Compare a model's masks with the ones in data/masks/: Dice and IoU.",
    example="--model checkpoints/checkpoint_epoch10.pth",
    add_options=add_options,
    load=after_loading(evaluate, "pictures"),
)
