"""The classes that scores stand for, and how far two masks agree."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Agreement(NamedTuple):
    """How far predicted masks agree with the true ones.

    Attributes
    ----------
    dice, iou : float, shape (batch, n_foreground)
        For each picture and each class but the background, in [0, 1]; 1 where neither mask has
        the class.
    """

    dice: Tensor
    iou: Tensor


def labels_of_scores(scores: Tensor, threshold: float = 0.5) -> Tensor:
    """Decide for a class at every pixel.

    Parameters
    ----------
    scores : Tensor, shape (batch, n_classes, height, width)
        Logits.
    threshold : float
        Probability from which a pixel belongs to the mask; used with one class only.

    Returns
    -------
    int64, shape (batch, height, width)
    """
    if scores.shape[1] == 1:
        return (torch.sigmoid(scores[:, 0]) > threshold).long()
    return scores.argmax(dim=1)


def agreement(predicted: Tensor, true: Tensor, n_classes: int) -> Agreement:
    """Measure Dice's coefficient ``2 |A ∩ B| / (|A| + |B|)`` and ``|A ∩ B| / |A ∪ B|``.

    Parameters
    ----------
    predicted, true : int64, shape (batch, height, width)
        Class of each pixel; 0 is the background.
    n_classes : int
        One class counts as two: background and mask.

    Returns
    -------
    Agreement
    """
    classes = torch.arange(1, max(n_classes, 2), device=true.device)[:, None, None]
    is_predicted, is_true = predicted[:, None] == classes, true[:, None] == classes
    shared = (is_predicted & is_true).sum(dim=(2, 3)).double()
    together = is_predicted.sum(dim=(2, 3)) + is_true.sum(dim=(2, 3))
    either = (together - shared).clamp(min=1)
    nowhere = together == 0
    return Agreement(
        torch.where(nowhere, 1.0, 2 * shared / together.clamp(min=1)),
        torch.where(nowhere, 1.0, shared / either),
    )
