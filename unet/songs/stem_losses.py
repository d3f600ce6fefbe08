"""Losses: how far stems are from the true ones, as sound."""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST_POWER = 1e-8


def mse(found: Tensor, true: Tensor) -> Tensor:
    """Mean squared difference, as Stoller et al. 2018."""
    return (found - true).square().mean()


def l1(found: Tensor, true: Tensor) -> Tensor:
    """Mean absolute difference, as Défossez et al. 2019."""
    return (found - true).abs().mean()


def sdr(found: Tensor, true: Tensor) -> Tensor:
    """Negative signal-to-distortion ratio in dB, mean over examples and sources.

    ::

        10 log10((|f - t|^2 + d) / (|t|^2 + d)),   d = 0.003 |sum of all t|^2

    The logarithm lets quiet and loud sources count alike, and d keeps sources that are silent
    finite (Gusó et al. 2022 compare such losses).
    """
    least = 0.003 * _power(true.sum(dim=1, keepdim=True)) + _LEAST_POWER
    return 10 * torch.log10((_power(found - true) + least) / (_power(true) + least)).mean()


STEM_LOSSES = {"mse": mse, "l1": l1, "sdr": sdr}
"""Each takes stems, float32, shape (n_examples, n_sources, n_channels, n_samples), and the true
ones; gives a scalar."""


def _power(sound: Tensor) -> Tensor:
    return sound.square().sum(dim=(2, 3))
