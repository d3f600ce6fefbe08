"""The door of `train.py` and `evaluate.py`: cars or vocals."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import NamedTuple

from vocal_separation_sanity_check.command_line import command_parser, main


class TaskCommand(NamedTuple):
    """What a script does for one task.

    Attributes
    ----------
    module : str
        Has ``add_options(parser)`` and a function called as the script.
    description, example : str
    """

    module: str
    description: str
    example: str


COMMANDS = {
    "train": {
        "cars": TaskCommand(
            "unet.image_training",
            "Train the U-Net on the pictures of data/imgs/ and the masks of data/masks/.",
            "python train.py --epochs 10 --batch-size 4 --learning-rate 0.0001",
        ),
        "vocals": TaskCommand(
            "unet.vocal_training",
            "Train a network on songs: spectrogram in, masks out.",
            "python train.py --task vocals --data songs/ --model unet",
        ),
    },
    "evaluate": {
        "cars": TaskCommand(
            "unet.image_evaluation",
            "Compare a model's masks with the ones in data/masks/: Dice and IoU.",
            "python evaluate.py --model checkpoints/checkpoint_epoch10.pth",
        ),
        "vocals": TaskCommand(
            "unet.vocal_evaluation",
            "Compare a model's vocals and music with the real ones: SDR, SIR, SAR, SI-SDR.",
            "python evaluate.py --task vocals --data songs/ --model model.safetensors",
        ),
    },
}


def run_task(script: str, verb: str, arguments: list[str] | None = None) -> int:
    """Find the task on the command line, then parse its flags and run it.

    Parameters
    ----------
    script : str
        The script's own ``__file__``.
    verb : {"train", "evaluate"}
    arguments : list of str, optional
        In place of the process's own.

    Returns
    -------
    int
        Exit status.
    """
    tasks = COMMANDS[verb]
    task_only = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    _add_task_option(task_only, list(tasks))
    chosen = task_only.parse_known_args(arguments)[0].task
    command = tasks[chosen]
    examples = "\n  ".join(other.example for other in tasks.values())
    hints = (f"flags for {task}: --task {task} --help" for task in tasks if task != chosen)
    parser = command_parser(script, command.description, "\n".join([examples, "", *hints]))
    _add_task_option(parser, list(tasks))
    module = import_module(command.module)
    module.add_options(parser)
    return main(parser, getattr(module, verb), arguments)


def _add_task_option(parser: argparse.ArgumentParser, tasks: list[str]) -> None:
    parser.add_argument(
        "--task", choices=tasks, default=tasks[0], help=f"what to work on (default: {tasks[0]})"
    )
