"""Pictures and masks as the network takes them: scaled, with a class for every pixel."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from unet.pictures.image_files import (
    ImagePair,
    image_size,
    read_image,
    read_mask,
    scaled_image,
    scaled_size,
)
from vocal_separation_sanity_check.errors import InputError

MOST_MASK_VALUES = 256


class LabelledImages(NamedTuple):
    """A batch, or without the first dimension an example.

    Attributes
    ----------
    image : float32, shape (batch, 3, height, width)
        In [0, 1].
    labels : int64, shape (batch, height, width)
        Class of each pixel: the rank of its value among the mask values.
    """

    image: Tensor
    labels: Tensor


class ImageMasks(Dataset[LabelledImages]):
    """Pairs of pictures and masks, scaled.

    Parameters
    ----------
    pairs : sequence of ImagePair
    mask_values : list of int, or list of list of int
        From `find_mask_values`.
    scale : float
        In (0, 1].
    """

    def __init__(
        self,
        pairs: Sequence[ImagePair],
        mask_values: list[int] | list[list[int]],
        scale: float,
    ) -> None:
        self._pairs = list(pairs)
        self._codes = _codes(np.array([mask_values])).ravel()
        self._scale = scale

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, index: int) -> LabelledImages:
        pair = self._pairs[index]
        image = scaled_image(read_image(pair.image), self._scale)
        return LabelledImages(torch.from_numpy(image), torch.from_numpy(self.labels(pair)))

    def labels(self, pair: ImagePair) -> NDArray[np.int64]:
        """Read a mask as classes.

        Parameters
        ----------
        pair : ImagePair

        Returns
        -------
        int64, shape (height, width)
            Scaled by nearest neighbour.

        Raises
        ------
        InputError
            If the mask has values that are none of the mask values.
        """
        mask = read_mask(pair.mask)
        size = scaled_size(mask.size, self._scale)
        codes = _codes(np.asarray(mask.resize(size, Image.Resampling.NEAREST)))
        labels = np.searchsorted(self._codes, codes)
        if (self._codes[labels.clip(max=self._codes.size - 1)] != codes).any():
            raise InputError(f"{pair.mask} has values that the other masks have not")
        return labels


def find_mask_values(pairs: Sequence[ImagePair], n_classes: int) -> list[int] | list[list[int]]:
    """Look through all masks for their values, and check their sizes.

    Parameters
    ----------
    pairs : sequence of ImagePair
    n_classes : int
        Of the network; one class means two values, background and mask.

    Returns
    -------
    list of int, or list of list of int
        Sorted; a list of colours where the masks are in colour.

    Raises
    ------
    InputError
        If a mask is of another size than its picture, or there are too many or too few values.
    """
    found: set[int] | set[tuple[int, ...]] = set()
    with ThreadPoolExecutor() as pool:
        scanned = pool.map(_values_of_mask, pairs)
        for values in tqdm(
            scanned, "reading masks", total=len(pairs), unit="mask", leave=False, disable=None
        ):
            found = found | values  # type: ignore[operator]
    if len({isinstance(value, tuple) for value in found}) > 1:
        raise InputError("some masks are grey and some are in colour; save all in the same way")
    n_possible = max(n_classes, 2)
    if len(found) > n_possible:
        raise InputError(
            f"the masks have {len(found)} different values, wanted at most {n_possible}; raise"
            " --classes, or save the masks as PNG if they are JPEG, which blurs the values"
        )
    if len(found) < 2:
        raise InputError("all masks are one flat area; is masks/ the right folder?")
    return [list(v) if isinstance(v, tuple) else v for v in sorted(found)]  # type: ignore


def check_sizes(pairs: Sequence[ImagePair], scale: float, batch_size: int) -> None:
    """Check that pictures can share a batch.

    Parameters
    ----------
    pairs : sequence of ImagePair
    scale : float
    batch_size : int

    Raises
    ------
    InputError
        If they have different sizes and `batch_size` is over 1.
    """
    sizes = {scaled_size(image_size(pair.image), scale) for pair in pairs}
    if len(sizes) > 1 and batch_size > 1:
        some = ", ".join(f"{width} × {height}" for width, height in sorted(sizes)[:3])
        raise InputError(
            f"the pictures have {len(sizes)} different sizes ({some}); a batch needs one size:"
            " resize them, or take --batch-size 1"
        )


def split_pairs(
    pairs: Sequence[ImagePair], validation_percent: float, seed: int
) -> tuple[list[ImagePair], list[ImagePair]]:
    """Set pictures aside for validation.

    Parameters
    ----------
    pairs : sequence of ImagePair
    validation_percent : float
        Between 0 and 100; at least one picture is set aside, and one left.
    seed : int
        The same seed sets the same pictures aside.

    Returns
    -------
    training, validation : list of ImagePair

    Raises
    ------
    InputError
        If there are fewer than two pictures, or the percentage is out of range.
    """
    if not 0 < validation_percent < 100:
        raise InputError(f"--validation is {validation_percent}, wanted between 0 and 100 percent")
    if len(pairs) < 2:
        raise InputError("there is one picture only; wanted two, one of them for validation")
    order = np.random.default_rng(seed).permutation(len(pairs))
    n_validation = round(len(pairs) * validation_percent / 100)
    n_validation = min(max(n_validation, 1), len(pairs) - 1)
    aside = sorted(order[:n_validation])
    rest = sorted(order[n_validation:])
    return [pairs[i] for i in rest], [pairs[i] for i in aside]


def _values_of_mask(pair: ImagePair) -> set[int] | set[tuple[int, ...]]:
    mask = read_mask(pair.mask)
    if mask.size != (wanted := image_size(pair.image)):
        raise InputError(
            f"{pair.mask} is {mask.size[0]} × {mask.size[1]} pixels, its picture"
            f" {wanted[0]} × {wanted[1]}; wanted the same"
        )
    pixels = np.asarray(mask)
    values = np.unique(_codes(pixels))
    if values.size > MOST_MASK_VALUES:
        raise InputError(f"{pair.mask} has {values.size} different values; is it a mask?")
    if pixels.ndim == 2:
        return {int(value) for value in values}
    shifts = 8 * np.arange(pixels.shape[2])[::-1]
    return {tuple(int(channel) for channel in (value >> shifts) & 255) for value in values}


def _codes(mask: NDArray[np.generic]) -> NDArray[np.int64]:
    """One number for each pixel's value, shape (height, width), in the order of the values."""
    if mask.ndim == 2:
        return mask.astype(np.int64)
    weights = 1 << (8 * np.arange(mask.shape[2], dtype=np.int64)[::-1])
    return mask.astype(np.int64) @ weights
