"""Compare a model's masks with the true ones."""

from __future__ import annotations

import argparse

from unet.image_prediction import LOWER, add_model_options
from unet.image_training import add_data_options

ALL_PERCENT = 100


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of an evaluation on pictures.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    add_model_options(parser)
    add_data_options(parser)
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="with which train.py set pictures aside"
    )


def evaluate(options: argparse.Namespace) -> None:
    """Print Dice and IoU, mean over the pictures that training set aside.

    With ``--validation 100`` over all, for pictures that the model has not seen. Masks are
    compared at their full size, as `predict.py` would write them.

    Parameters
    ----------
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.

    Raises
    ------
    InputError
        If a flag, the data or the model cannot be used.
    """
    import torch
    from tqdm import tqdm

    from unet.devices import chosen_device, explained_memory
    from unet.image_data import ImageMasks, find_mask_values, split_pairs
    from unet.image_files import find_pairs, read_image
    from unet.image_prediction import load_unet, predicted_labels
    from unet.image_scores import Agreement, agreement

    device = chosen_device(options.device)
    network, _ = load_unet(options.model)
    network.to(device)
    pairs = find_pairs(options.data or options.workspace / "data")
    mask_values = find_mask_values(pairs, network.n_classes)
    if options.validation != ALL_PERCENT:
        pairs = split_pairs(pairs, options.validation, options.seed)[1]
    masks = ImageMasks(pairs, mask_values, scale=1)
    found = []
    for pair in tqdm(pairs, "evaluating", unit="picture", leave=False, disable=None):
        with explained_memory(LOWER):
            labels = predicted_labels(network, read_image(pair.image), options.scale, 0.5)
        true = torch.from_numpy(masks.labels(pair))[None]
        found.append(agreement(torch.from_numpy(labels)[None], true, network.n_classes))
    scores = Agreement(*(torch.cat(values) for values in zip(*found, strict=True)))
    print(f"{len(pairs)} pictures")
    for name, values in (("Dice", scores.dice), ("IoU", scores.iou)):
        by_class = [f"{value:.4f}" for value in values.mean(dim=0).tolist()]
        classes = f"  by class: {'  '.join(by_class)}" if len(by_class) > 1 else ""
        print(f"{name:4}  {values.mean():.4f}{classes}")
