"""`predict.py`: the masks of pictures, drawn by a trained U-Net."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from unet.commands.loading import after_loading
from unet.commands.training_options import add_device_option
from vocal_separation_sanity_check.commands import Command
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import printable

LOWER = "--scale, or take --device cpu"
"""What a user should do where memory runs out."""


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
    """Add the flags of the model and the device; `evaluate.py` takes them as well.

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
    from tqdm import tqdm

    from unet.memory import explained_memory
    from unet.networks import chosen_device
    from unet.pictures import load_unet, mask_image, overlay, predicted_labels, read_image

    outputs = _outputs(options)
    if not 0 < options.mask_threshold < 1:
        raise InputError(f"--mask-threshold is {options.mask_threshold}, wanted between 0 and 1")
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
            print(printable(f"{path.name}: {(labels > 0).mean():.1%} mask, written to {output}"))
        if options.viz:
            picture = output.with_name(f"{path.stem}_viz.png")
            with replacing(picture) as temporary:
                overlay(image, labels).save(temporary)
            print(printable(f"{path.name}: shown in {picture}"))


def _outputs(options: argparse.Namespace) -> list[Path]:
    outputs: list[Path] = options.output or [
        options.workspace / "predictions" / f"{path.stem}_mask.png" for path in options.input
    ]
    if len(outputs) != len(options.input):
        raise InputError(
            f"{len(outputs)} outputs for {len(options.input)} pictures; wanted as many"
        )
    if not options.no_save:
        _check_endings(outputs)
    twice = [path.name for path, count in Counter(outputs).items() if count > 1]
    if twice:
        raise InputError(f"several pictures would be written to {twice[0]}; name them with -o")
    return outputs


def _check_endings(outputs: Sequence[Path]) -> None:
    """Refuse, before the work, names that say of no kind of picture."""
    from PIL import Image

    kinds = Image.registered_extensions()
    for path in outputs:
        if kinds.get(path.suffix.lower()) not in Image.SAVE:
            raise InputError(
                f"no picture can be written to {path.name}; wanted a name that ends in .png, .gif,"
                " .tif or as another kind of picture does"
            )


predict_masks = Command(
    script="predict",
    program="predict-masks",
    description="Draw the mask of each picture into predictions/. Songs are for separate.py.",
    example="-i a.jpg b.jpg --model checkpoints/checkpoint_epoch10.pth",
    add_options=add_options,
    load=after_loading(predict, "pictures"),
)
