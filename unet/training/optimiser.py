"""The optimiser of a training of fixed length, and its learning rate from step to step."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn


def adamw(
    network: nn.Module, learning_rate: float, weight_decay: float, n_steps: int
) -> dict[str, Any]:
    """Make AdamW (Loshchilov & Hutter 2019), with weight decay on matrices and kernels only.

    Over the first twentieth of the steps the learning rate rises, then it falls to 0 along half a
    cosine.

    Parameters
    ----------
    network : nn.Module
    learning_rate : float
        The highest.
    weight_decay : float
        0 makes it Adam.
    n_steps : int
        Of the whole training.

    Returns
    -------
    dict
        What Lightning takes from ``configure_optimizers``.
    """
    decayed = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=learning_rate)
    warm_up = max(1, n_steps // 20)

    def factor(step: int) -> float:
        if step < warm_up:
            return (step + 1) / warm_up
        done = min(1.0, (step - warm_up) / max(1, n_steps - warm_up))
        return 0.5 + 0.5 * math.cos(math.pi * done)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    return {
        "optimizer": optimizer,
        "lr_scheduler": {"scheduler": schedule, "interval": "step"},
    }
