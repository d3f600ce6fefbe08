"""The flags of a training that cars and vocals share; loads no torch, so ``--help`` is quick."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class TrainingPlan:
    """How a training runs, whatever it trains.

    Attributes
    ----------
    checkpoints : Path
        Folder for ``last.ckpt`` (to resume from), ``best.ckpt`` and ``curve.csv``.
    epochs : int
    seed : int
        Draws the order of the data, dropout, and whatever else is random.
    patience : int or None
        Stop after so many epochs without a better score.
    resume : bool
        Go on from ``last.ckpt``.
    device : {"auto", "cpu", "cuda", "mps"}
    devices, nodes : int
        Of that kind in each machine, and machines; Lightning launches the processes.
    amp : bool
        Compute in 16 bits where that is safe.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    checkpoints: Path
    epochs: int
    seed: int = 0
    patience: int | None = None
    resume: bool = False
    device: str = "auto"
    devices: int = 1
    nodes: int = 1
    amp: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "devices", "nodes"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise InputError(f"--{name} is {number}, wanted 1 or more")
        if self.seed < 0:
            raise InputError(f"--seed is {self.seed}, wanted 0 or more")


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
    parser.add_argument("--resume", action="store_true", help="go on where a run was stopped")
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
        If a number is out of range.
    """
    if options.batch_size < 1:
        raise InputError(f"--batch-size is {options.batch_size}, wanted 1 or more")
    if not 0 < options.learning_rate < 1:
        raise InputError(f"--learning-rate is {options.learning_rate}, wanted between 0 and 1")
    return TrainingPlan(
        checkpoints=options.checkpoints or options.workspace / "checkpoints",
        epochs=options.epochs,
        seed=options.seed,
        patience=options.patience,
        resume=options.resume,
        device=options.device,
        devices=options.devices,
        nodes=options.nodes,
        amp=options.amp,
    )
