"""Pictures: a U-Net learns to mark cars on them, and marks them.

In come folders of pictures with their masks, and pictures; out come checkpoints, masks, and how far
these agree with the true ones. Also draws a set of cars to try it on. Knows nothing of sound.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from unet.pictures.drawn_cars import write_cars
from unet.pictures.evaluation import evaluate_unet
from unet.pictures.image_data import check_sizes, find_mask_values, split_pairs
from unet.pictures.image_files import find_pairs, read_image
from unet.pictures.prediction import load_unet, mask_image, overlay, predicted_labels

if TYPE_CHECKING:
    from unet.pictures.image_training import BEST_CHECKPOINT, train_on_pictures

__all__ = [
    "BEST_CHECKPOINT",
    "check_sizes",
    "evaluate_unet",
    "find_mask_values",
    "find_pairs",
    "load_unet",
    "mask_image",
    "overlay",
    "predicted_labels",
    "read_image",
    "split_pairs",
    "train_on_pictures",
    "write_cars",
]


def __getattr__(name: str) -> object:
    """Load training, with Lightning, when it is asked for: that takes as long as all else."""
    if name in ("BEST_CHECKPOINT", "train_on_pictures"):
        return getattr(import_module("unet.pictures.image_training"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
