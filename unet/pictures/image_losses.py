"""What training on masks minimises: cross-entropy plus one minus Dice."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST_AREA = 1e-6


def segmentation_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy (binary with one class) plus one minus `soft_dice`.

    Parameters
    ----------
    scores : float, shape (batch, n_classes, height, width)
        Logits.
    labels : int64, shape (batch, height, width)
        Below n_classes; with one class 0 or 1.

    Returns
    -------
    Tensor
        Scalar, 0 at best.
    """
    if scores.shape[1] == 1:
        wanted = labels[:, None].to(scores.dtype)
        entropy = functional.binary_cross_entropy_with_logits(scores, wanted)
        probabilities = torch.sigmoid(scores)
    else:
        wanted = functional.one_hot(labels, scores.shape[1]).movedim(-1, 1).to(scores.dtype)
        entropy = functional.cross_entropy(scores, labels)
        probabilities = torch.softmax(scores, dim=1)
    return entropy + 1 - soft_dice(probabilities, wanted)


def soft_dice(probabilities: Tensor, wanted: Tensor) -> Tensor:
    """Dice's coefficient of probabilities, over batch, classes and pixels together.

    ``2 Σ p w / (Σ p + Σ w)`` (Milletari et al. 2016, with plain sums below the line).

    Parameters
    ----------
    probabilities, wanted : float, shape (batch, n_classes, height, width)
        In [0, 1]; `wanted` is 0 or 1.

    Returns
    -------
    Tensor
        Scalar in [0, 1].
    """
    shared = 2 * (probabilities * wanted).sum()
    areas = probabilities.sum() + wanted.sum()
    return (shared + SMALLEST_AREA) / (areas + SMALLEST_AREA)
