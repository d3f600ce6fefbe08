"""How far a U-Net's masks agree with the true ones, at the pictures' full size."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from tqdm import tqdm

from unet.pictures.image_data import ImageMasks
from unet.pictures.image_files import ImagePair, read_image
from unet.pictures.image_scores import Agreement, agreement
from unet.pictures.prediction import predicted_labels
from unet.unet_model import UNet

THRESHOLD = 0.5
"""Probability from which a pixel belongs to the mask, for a network with one class."""


def evaluate_unet(
    network: UNet,
    pairs: Sequence[ImagePair],
    mask_values: list[int] | list[list[int]],
    scale: float,
) -> Agreement:
    """Compare predicted masks with the true ones.

    Parameters
    ----------
    network : UNet
    pairs : sequence of ImagePair
    mask_values : list of int, or list of list of int
        From `find_mask_values`.
    scale : float
        See `predicted_labels`.

    Returns
    -------
    Agreement
        A row for each pair.

    Raises
    ------
    InputError
        If a picture or a mask cannot be read.
    """
    masks = ImageMasks(pairs, mask_values, scale=1)
    found = []
    for pair in tqdm(pairs, "evaluating", unit="picture", leave=False, disable=None):
        labels = predicted_labels(network, read_image(pair.image), scale, THRESHOLD)
        true = torch.from_numpy(masks.labels(pair))[None]
        found.append(agreement(torch.from_numpy(labels)[None], true, network.n_classes))
    return Agreement(*(torch.cat(values) for values in zip(*found, strict=True)))
