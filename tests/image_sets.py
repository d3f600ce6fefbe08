"""Small sets of pictures and masks for the tests of the U-Net."""

from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (40, 24)


def write_discs(folder: Path, n_pictures: int = 6, values: tuple[int, int] = (0, 255)) -> Path:
    """Bright discs before dark noise; the masks are PNG."""
    for number in range(n_pictures):
        draw = np.random.default_rng(number)
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        inside = (x - draw.uniform(10, 30)) ** 2 + (y - 12) ** 2 < draw.uniform(30, 90)
        grey = 60 + 120 * inside[:, :, None] + draw.normal(0, 12, (SIZE[1], SIZE[0], 3))
        save(folder / "imgs" / f"disc{number}.png", np.clip(grey, 0, 255))
        save(folder / "masks" / f"disc{number}_mask.png", np.where(inside, values[1], values[0]))
    return folder


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels).astype(np.uint8)).save(path)
