"""Losses: how far a masked mixture is from the sources."""

from __future__ import annotations

import torch
from torch import Tensor

from unet.songs.remix import Batch

_LEAST_POWER = 1e-8


def l1(masks: Tensor, batch: Batch) -> Tensor:
    """Mean absolute difference of the magnitudes (Jansson et al. 2017, eq. 1)."""
    masked, target = _magnitudes(masks, batch)
    return _mean((masked - target).abs(), batch.known)


def mse(masks: Tensor, batch: Batch) -> Tensor:
    """Mean squared difference of the magnitudes."""
    masked, target = _magnitudes(masks, batch)
    return _mean((masked - target).square(), batch.known)


def mask(masks: Tensor, batch: Batch) -> Tensor:
    """Mean absolute difference from the phase-sensitive mask (Erdogan et al. 2015).

    For examples made of the engine's results that mask is the one which the engine fitted.
    """
    mixture = batch.mixture[:, None]
    power = _power(mixture)
    ideal = (batch.sources * mixture.conj()).real / (power + _LEAST_POWER)
    return _mean((masks - ideal.clamp(0, 1)).abs(), batch.known)


def sdr(masks: Tensor, batch: Batch) -> Tensor:
    """Negative signal-to-distortion ratio in dB, mean over examples and sources.

    Of the complex spectra, which by Parseval's theorem is nearly that of the sounds::

        10 log10((|m X - S|^2 + d) / (|S|^2 + d)),   d = 0.003 |X|^2

    The logarithm lets quiet and loud examples count alike (Gusó et al. 2022 compare such
    losses), and d keeps examples without the source in it finite.
    """
    mixture = batch.mixture[:, None]
    masked = masks[..., None] * torch.view_as_real(mixture)
    error = (masked - torch.view_as_real(batch.sources)).square().sum(dim=-1) * batch.known
    source = _power(batch.sources) * batch.known
    total = (_power(mixture) * batch.known).sum(dim=(2, 3, 4))
    least = 0.003 * total + _LEAST_POWER
    ratio = (error.sum(dim=(2, 3, 4)) + least) / (source.sum(dim=(2, 3, 4)) + least)
    return 10 * torch.log10(ratio).mean()


LOSSES = {"l1": l1, "mse": mse, "mask": mask, "sdr": sdr}
"""Each takes masks, float32 of the shape of `Batch.sources`, and a batch; gives a scalar."""


def _power(spectrum: Tensor) -> Tensor:
    return torch.view_as_real(spectrum).square().sum(dim=-1)


def _magnitudes(masks: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    return masks * batch.mixture.abs()[:, None], batch.sources.abs()


def _mean(difference: Tensor, known: Tensor) -> Tensor:
    return (difference * known).sum() / known.expand_as(difference).sum()
