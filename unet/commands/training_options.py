"""The flags that every training takes, and ``--device``, which every command takes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from vocal_separation_sanity_check.errors import InputError

if TYPE_CHECKING:
    from unet.training import TrainingPlan

DEVICES = ("auto", "cpu", "cuda", "mps")
_MODELS = ("model.safetensors", "model.onnx", "checkpoint_*.pth", "best.ckpt", "last.ckpt")
"""What trainings write that cannot be had back."""


def add_training_options(
    parser: argparse.ArgumentParser, *, epochs: int, batch_size: int, learning_rate: float
) -> None:
    """Add the flags that every training takes.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    epochs, batch_size, learning_rate : number
        Defaults.
    """
    for flag, short, kind, default, text in (
        ("--epochs", "-e", int, epochs, "rounds through the data"),
        ("--batch-size", "-b", int, batch_size, "examples a step"),
        ("--learning-rate", "-l", float, learning_rate, "size of a step"),
    ):
        parser.add_argument(
            flag,
            short,
            metavar="N",
            type=kind,
            default=default,
            help=f"{text} (default: {default})",
        )
    parser.add_argument(
        "--checkpoints", metavar="DIR", type=Path, help="where to write (default: checkpoints/)"
    )
    former = parser.add_mutually_exclusive_group()
    former.add_argument("--resume", action="store_true", help="go on where a run was stopped")
    former.add_argument(
        "--overwrite", action="store_true", help="replace the model of an earlier training there"
    )
    parser.add_argument(
        "--patience", metavar="N", type=int, help="stop after N epochs without a better score"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the data's order")
    parser.add_argument("--amp", action="store_true", help="compute in 16 bits (mixed precision)")
    add_device_option(parser)
    parser.add_argument(
        "--devices", metavar="N", type=int, default=1, help="how many of them (default: 1)"
    )
    parser.add_argument(
        "--nodes", metavar="N", type=int, default=1, help="how many machines (default: 1)"
    )


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="where to compute (default: the fastest)"
    )


def training_plan(options: argparse.Namespace) -> TrainingPlan:
    """Take the plan out of parsed options.

    Parameters
    ----------
    options : argparse.Namespace
        With the flags of `add_training_options` and ``workspace``.

    Returns
    -------
    TrainingPlan

    Raises
    ------
    InputError
        If a number is out of range, or there is a model already that was not to be replaced.
    """
    from unet.training import TrainingPlan

    if options.batch_size < 1:
        raise InputError(f"--batch-size is {options.batch_size}, wanted 1 or more")
    if not 0 < options.learning_rate < 1:
        raise InputError(f"--learning-rate is {options.learning_rate}, wanted between 0 and 1")
    checkpoints = options.checkpoints or options.workspace / "checkpoints"
    if not options.resume and not options.overwrite:
        _refuse_to_overwrite(checkpoints)
    return TrainingPlan(
        checkpoints=checkpoints,
        epochs=options.epochs,
        seed=options.seed,
        patience=options.patience,
        resume=options.resume,
        device=options.device,
        devices=options.devices,
        nodes=options.nodes,
        amp=options.amp,
    )


def _refuse_to_overwrite(checkpoints: Path) -> None:
    there = [path.name for pattern in _MODELS for path in sorted(checkpoints.glob(pattern))]
    if there:
        raise InputError(
            f"{checkpoints} holds {there[0]} of an earlier training: --overwrite replaces it,"
            " --resume goes on with it, --checkpoints DIR writes elsewhere"
        )
