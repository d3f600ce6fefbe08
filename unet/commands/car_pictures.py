"""`draw-cars`: a set of drawn cars to try the U-Net on."""

from __future__ import annotations

import argparse
from pathlib import Path

from unet.commands.loading import after_loading
from vocal_separation_sanity_check.commands import run


def draw_car_pictures(arguments: list[str] | None = None) -> int:
    """Draw pictures of cars and their masks into a folder.

    Parameters
    ----------
    arguments : list of str, optional
        In place of the process's own.

    Returns
    -------
    int
        Exit status.
    """
    parser = argparse.ArgumentParser(
        prog="draw-cars", description="Write a data set of drawn cars to try the U-Net on."
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="gets imgs/ and masks/")
    return run(parser, after_loading(_draw, "pictures"), arguments)


def _draw(options: argparse.Namespace) -> None:
    from unet.pictures import write_cars

    write_cars(options.folder)
