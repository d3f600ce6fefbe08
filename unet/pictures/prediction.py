"""What a trained U-Net finds in a picture: the class of every pixel, as a mask to be saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from unet.model_files import load_model
from unet.pictures.image_files import scaled_image
from unet.pictures.image_scores import labels_of_scores
from unet.unet_model import UNet
from vocal_separation_sanity_check.errors import InputError

HIGHLIGHT = (255, 0, 96)
"""Colour of the mask in an overlay."""


def load_unet(path: Path) -> tuple[UNet, NDArray[np.uint8]]:
    """Load a model that takes colour pictures.

    Parameters
    ----------
    path : Path

    Returns
    -------
    network : UNet
    mask_values : uint8, shape (n_classes,) or (n_classes, n_colours)
        Value or colour of each class in a mask; 0, 1, … where the file says nothing, and 0 for
        classes that did not occur in the training's masks.

    Raises
    ------
    InputError
        If it is no such model.
    """
    model = load_model(path, "cars")
    network = model.network
    if not isinstance(network, UNet) or network.n_channels != 3:
        raise InputError(f"{path} does not take colour pictures; wanted a U-Net with 3 channels")
    n_values = max(network.n_classes, 2)
    listed = model.metadata.get("mask_values", list(range(n_values)))
    try:
        mask_values = np.array(listed if isinstance(listed, list) else [], np.uint8)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path} has unreadable mask values: {error}") from error
    if not mask_values.size or mask_values.shape[1:] not in ((), (3,), (4,)):
        raise InputError(f"{path} has mask values that are neither greys nor colours")
    padded = np.zeros((max(n_values, len(mask_values)), *mask_values.shape[1:]), np.uint8)
    padded[: len(mask_values)] = mask_values
    return network, padded


def predicted_labels(
    network: UNet, image: Image.Image, scale: float, threshold: float
) -> NDArray[np.int64]:
    """Find the class of every pixel.

    Parameters
    ----------
    network : UNet
    image : Image
        Mode ``RGB``.
    scale : float
        The network sees the picture at this scale, in (0, 1]; its scores are enlarged again.
    threshold : float
        See `labels_of_scores`.

    Returns
    -------
    int64, shape (height, width)
        Of the picture at its full size.
    """
    device: torch.device = next(network.parameters()).device
    with torch.inference_mode():
        scores = network(torch.from_numpy(scaled_image(image, scale))[None].to(device))
        size = (image.height, image.width)
        scores = functional.interpolate(scores.cpu(), size, mode="bilinear")
        labels: NDArray[np.int64] = labels_of_scores(scores, threshold)[0].numpy()
    return labels


def mask_image(labels: NDArray[np.int64], mask_values: NDArray[np.uint8]) -> Image.Image:
    """Give every class the value that it had in the training's masks.

    Parameters
    ----------
    labels : int64, shape (height, width)
    mask_values : uint8, shape (n_classes,) or (n_classes, n_colours)
        0 and 1 become black and white.

    Returns
    -------
    Image
    """
    if mask_values.tolist() == [0, 1]:
        return Image.fromarray(labels == 1)
    return Image.fromarray(mask_values[labels])


def overlay(image: Image.Image, labels: NDArray[np.int64]) -> Image.Image:
    """Colour what the mask covers.

    Parameters
    ----------
    image : Image
        Mode ``RGB``.
    labels : int64, shape (height, width)
        0 is left as it is.

    Returns
    -------
    Image
        Mode ``RGB``.
    """
    coloured = Image.blend(image, Image.new("RGB", image.size, HIGHLIGHT), 0.5)
    return Image.composite(coloured, image, Image.fromarray(labels > 0))
