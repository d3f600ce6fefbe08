"""Draw the masks of pictures with a trained U-Net."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from unet.training_options import add_device_option
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from PIL import Image

    from unet.unet_model import UNet

LOWER = "--scale, or take --device cpu"
HIGHLIGHT = (255, 0, 96)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a prediction.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--input", "-i", metavar="FILE", type=Path, nargs="+", required=True, help="pictures"
    )
    parser.add_argument(
        "--output",
        "-o",
        metavar="FILE",
        type=Path,
        nargs="+",
        help="a mask for each (default: predictions/NAME_mask.png)",
    )
    add_model_options(parser)
    parser.add_argument(
        "--scale", "-s", metavar="X", type=float, default=0.5, help="as in training (default: 0.5)"
    )
    parser.add_argument(
        "--mask-threshold",
        "-t",
        metavar="X",
        type=float,
        default=0.5,
        help="least probability of the mask, for a model with one class (default: 0.5)",
    )
    parser.add_argument(
        "--viz", "-v", action="store_true", help="also write NAME_viz.png: the mask on the picture"
    )
    parser.add_argument("--no-save", "-n", action="store_true", help="do not write the masks")


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add the model and the device; `evaluate.py` takes them as well.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--model", "-m", metavar="FILE", type=Path, required=True, help="a checkpoint of train.py"
    )
    add_device_option(parser)


def predict(options: argparse.Namespace) -> None:
    """Draw and write the masks.

    Parameters
    ----------
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.

    Raises
    ------
    InputError
        If a flag, a picture or the model cannot be used, or a mask not be written.
    """
    outputs = _outputs(options)
    if not 0 < options.mask_threshold < 1:
        raise InputError(f"--mask-threshold is {options.mask_threshold}, wanted between 0 and 1")

    from tqdm import tqdm

    from unet.devices import chosen_device, explained_memory
    from unet.image_files import read_image

    device = chosen_device(options.device)
    network, mask_values = load_unet(options.model)
    network.to(device)
    for path, output in tqdm(
        list(zip(options.input, outputs, strict=True)), "predicting", leave=False, disable=None
    ):
        image = read_image(path)
        with explained_memory(LOWER):
            labels = predicted_labels(network, image, options.scale, options.mask_threshold)
        if not options.no_save:
            with replacing(output) as temporary:
                mask_image(labels, mask_values).save(temporary)
            print(f"{path.name}: {(labels > 0).mean():.1%} mask, written to {output}")
        if options.viz:
            picture = output.with_name(f"{path.stem}_viz.png")
            with replacing(picture) as temporary:
                overlay(image, labels).save(temporary)
            print(f"{path.name}: shown in {picture}")


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
        classes that the training's masks had not.

    Raises
    ------
    InputError
        If it is no such model.
    """
    import numpy as np

    from unet.model_files import load_model
    from unet.unet_model import UNet

    model = load_model(path, "cars")
    network = model.network
    if not isinstance(network, UNet) or network.n_channels != 3:
        raise InputError(f"{path} does not take colour pictures; wanted a U-Net with 3 channels")
    n_values = max(network.n_classes, 2)
    listed = model.metadata.get("mask_values") or list(range(n_values))
    try:
        mask_values = np.array(listed, np.uint8)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path} has unreadable mask values: {error}") from error
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
        Of the picture that the network sees; its scores are enlarged again.
    threshold : float
        See `labels_of_scores`.

    Returns
    -------
    int64, shape (height, width)
        Of the whole picture.
    """
    import torch
    from torch.nn import functional

    from unet.image_files import scaled_image
    from unet.image_scores import labels_of_scores

    device: torch.device = next(network.parameters()).device
    with torch.inference_mode():
        scores = network(torch.from_numpy(scaled_image(image, scale))[None].to(device))
        size = (image.height, image.width)
        scores = functional.interpolate(scores.cpu(), size, mode="bilinear")
        labels: NDArray[np.int64] = labels_of_scores(scores, threshold)[0].numpy()
    return labels


def mask_image(labels: NDArray[np.int64], mask_values: NDArray[np.uint8]) -> Image.Image:
    """Give every class the value it had in the training's masks.

    Parameters
    ----------
    labels : int64, shape (height, width)
    mask_values : uint8, shape (n_classes,) or (n_classes, n_colours)
        0 and 1 become black and white.

    Returns
    -------
    Image
    """
    from PIL import Image

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

    Returns
    -------
    Image
        Mode ``RGB``.
    """
    from PIL import Image

    coloured = Image.blend(image, Image.new("RGB", image.size, HIGHLIGHT), 0.5)
    return Image.composite(coloured, image, Image.fromarray(labels > 0))


def _outputs(options: argparse.Namespace) -> list[Path]:
    outputs: list[Path] = options.output or [
        options.workspace / "predictions" / f"{path.stem}_mask.png" for path in options.input
    ]
    if len(outputs) != len(options.input):
        raise InputError(
            f"{len(outputs)} outputs for {len(options.input)} pictures; wanted as many"
        )
    twice = [path.name for path, count in Counter(outputs).items() if count > 1]
    if twice:
        raise InputError(f"several pictures would be written to {twice[0]}; name them with -o")
    return outputs
