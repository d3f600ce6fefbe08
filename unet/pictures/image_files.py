"""Read pictures and masks, and pair them up."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vocal_separation_sanity_check.errors import InputError

MASK_SUFFIX = "_mask"
FULL_SCALE_16_BIT = 65535
MASK_MODES = ("L", "P", "LA", "PA", "RGB", "RGBA")
MOST_NAMED = 3

# Pillow only warns of pictures that are very large; `_opened` refuses them. Filters hold for the
# whole process, so this one is set once: setting and lifting it around every reading would leave
# threads with each other's filters.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class ImagePair(NamedTuple):
    """A picture and its mask."""

    image: Path
    mask: Path


def find_pairs(folder: Path) -> list[ImagePair]:
    """Pair ``imgs/X.*`` with ``masks/X_mask.*``.

    Parameters
    ----------
    folder : Path
        Holds ``imgs/`` and ``masks/``.

    Returns
    -------
    list of ImagePair
        By name.

    Raises
    ------
    InputError
        If a folder is missing or empty, a picture has no mask or several, or two pictures share
        a name.
    """
    images, masks = (_by_stem(folder / name) for name in ("imgs", "masks"))
    without = [stem for stem in images if f"{stem}{MASK_SUFFIX}" not in masks]
    if without:
        raise InputError(
            f"{len(without)} of {len(images)} pictures in {folder / 'imgs'} have no mask, such as"
            f" {', '.join(without[:MOST_NAMED])}; wanted masks/{without[0]}{MASK_SUFFIX}.png"
        )
    pairs = []
    for stem, paths in images.items():
        for found in (paths, masks[f"{stem}{MASK_SUFFIX}"]):
            if len(found) > 1:
                names = " and ".join(path.name for path in found[:MOST_NAMED])
                raise InputError(f"{found[0].parent} holds {names}; leave only one of them")
        pairs.append(ImagePair(paths[0], masks[f"{stem}{MASK_SUFFIX}"][0]))
    return pairs


def read_image(path: Path) -> Image.Image:
    """Read a picture as 8-bit RGB.

    Parameters
    ----------
    path : Path
        Any format that Pillow reads; 16-bit greys are scaled.

    Returns
    -------
    Image
        Mode ``RGB``.

    Raises
    ------
    InputError
        If it cannot be read, or is too large.
    """
    image = _read(path)
    if image.mode.startswith("I"):
        grey = np.clip(np.asarray(image, np.float32) * (255 / FULL_SCALE_16_BIT), 0, 255)
        image = Image.fromarray(grey.round().astype(np.uint8))
    elif image.mode == "F":
        raise InputError(f"{path} holds floating-point grey values; save it as 8 or 16 bit")
    return image.convert("RGB")


def read_mask(path: Path) -> Image.Image:
    """Read a mask with the values that the file holds: grey, palette index, or colour.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Image
        8 bits a channel.

    Raises
    ------
    InputError
        If it cannot be read, or has more than 8 bits.
    """
    image = _read(path)
    if image.mode == "1":
        return Image.fromarray(np.asarray(image).astype(np.uint8))
    if image.mode not in MASK_MODES:
        raise InputError(f"{path} is a picture of kind {image.mode}; save the mask with 8 bits")
    return image


def image_size(path: Path) -> tuple[int, int]:
    """Read width and height without the pixels.

    Parameters
    ----------
    path : Path

    Returns
    -------
    width, height : int

    Raises
    ------
    InputError
        If it is no picture, or too large.
    """
    with _opened(path) as image:
        return image.size


def scaled_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Width and height after scaling.

    Parameters
    ----------
    size : (width, height)
    scale : float
        In (0, 1].

    Returns
    -------
    width, height : int

    Raises
    ------
    InputError
        If nothing would be left, or `scale` is out of range.
    """
    if not 0 < scale <= 1:
        raise InputError(f"--scale is {scale}, wanted over 0 and up to 1")
    width, height = (int(scale * side) for side in size)
    if not width or not height:
        raise InputError(f"--scale {scale} leaves nothing of {size[0]} × {size[1]} pixels")
    return width, height


def scaled_image(image: Image.Image, scale: float) -> NDArray[np.float32]:
    """Scale a picture to what the network takes.

    Parameters
    ----------
    image : Image
        Mode ``RGB``.
    scale : float
        In (0, 1].

    Returns
    -------
    float32, shape (3, height, width)
        In [0, 1].
    """
    size = scaled_size(image.size, scale)
    pixels = np.asarray(image.resize(size, Image.Resampling.BICUBIC), np.float32)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)) / np.float32(255)


def _by_stem(folder: Path) -> dict[str, list[Path]]:
    if not folder.is_dir():
        raise InputError(
            f"there is no folder {folder}; pictures belong into imgs/, their masks into masks/"
            " beside it"
        )
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            found[path.stem].append(path)
    if not found:
        raise InputError(f"{folder} is empty; put the {folder.name} there, or draw some: make cars")
    return found


def _read(path: Path) -> Image.Image:
    with _opened(path) as image:
        image.load()
        return image.copy()


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture, whose pixels are read only when they are asked for."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            most = Image.MAX_IMAGE_PIXELS
            if most is not None and width * height > most:
                raise InputError(
                    f"{path} is too large: {width} × {height} pixels, wanted at most {most} in all"
                )
            yield image
    except InputError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"cannot read {path} as a picture: {error}") from error
