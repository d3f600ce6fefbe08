"""A data set of drawn cars and their masks, to try the U-Net on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tqdm import tqdm

from unet.pictures.car_drawing import draw_car
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

N_CARS = 600
MARK = "drawn_cars.txt"
"""File by which a folder of drawn cars is told from somebody's own pictures."""


def write_cars(folder: Path, n_cars: int = N_CARS, seed: int = 0) -> None:
    """Draw cars into ``imgs/`` (JPEG) and ``masks/`` (GIF), unless they are there already.

    Parameters
    ----------
    folder : Path
    n_cars : int
    seed : int
        The same seed draws the same cars.

    Raises
    ------
    InputError
        If the folder holds somebody's own pictures, or cannot be written.
    """
    mark = folder / MARK
    if mark.is_file():
        print(f"The cars in {folder} are there already.")
        return
    if any((folder / name).exists() for name in ("imgs", "masks")):
        raise InputError(
            f"{folder} holds pictures that were not drawn here; they stay as they are. Name"
            " another folder"
        )
    for number in tqdm(range(n_cars), "drawing cars", unit="car", leave=False, disable=None):
        image, mask = draw_car(np.random.default_rng([seed, number]))
        with replacing(folder / "imgs" / f"car{number:03d}.jpg") as temporary:
            image.save(temporary, quality=88)
        with replacing(folder / "masks" / f"car{number:03d}_mask.gif") as temporary:
            mask.save(temporary)
    with replacing(mark) as temporary:
        temporary.write_text("Drawn by draw-cars; delete the folder to draw anew.\n")
    print(f"Drew {n_cars} cars into {folder}.")
