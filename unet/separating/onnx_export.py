"""Write a trained mask network as ONNX, so that it can be computed without PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unet.networks import POWER_FLOOR, FrequencyMixing, MaskNetwork
from unet.separating.onnx_files import write_onnx


def export_onnx(path: Path, network: MaskNetwork, metadata: Mapping[str, Any]) -> None:
    """Write what finds the vocals.

    Parameters
    ----------
    path : Path
        Ends in ``.onnx`` by custom.
    network : MaskNetwork
        As `train.py` makes them; stays as it is.
    metadata : mapping
        What the file is to say about the training; anything that JSON can hold.

    Raises
    ------
    InputError
        If the network is of another shape, or the file cannot be written.
    """
    state = RealMasks(network).state_dict()
    weights = {name: tensor.float().numpy() for name, tensor in state.items()}
    write_onnx(path, settings_of(network), weights, metadata)


def settings_of(network: MaskNetwork) -> dict[str, Any]:
    """Give what separating has to know of a network besides its graph.

    Parameters
    ----------
    network : MaskNetwork

    Returns
    -------
    dict
    """
    return {
        "front_end": asdict(network.front_end),
        "window_multiple": network.window_multiple,
        "context_windows": network.context_windows,
    }


class RealMasks(nn.Module):
    """What `MaskNetwork` computes of the vocals, in real numbers, laid out for ONNX Runtime.

    Parameters
    ----------
    network : MaskNetwork
    """

    mean: Tensor
    scale: Tensor
    floor: Tensor

    def __init__(self, network: MaskNetwork) -> None:
        super().__init__()
        quick = deepcopy(network).cpu().made_quick()
        quick.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        self.body, self.n_channels = quick.body, network.front_end.n_channels
        self.register_buffer("mean", quick.feature_mean)
        self.register_buffer("scale", quick.feature_scale)
        self.register_buffer("floor", torch.tensor([POWER_FLOOR]))
        for part in list(self.body.modules()):
            for name, child in part.named_children():
                if isinstance(child, FrequencyMixing):
                    setattr(part, name, RowMixing(child))
        _keep_first_outputs(self.body, self.n_channels)
        self.eval()

    def forward(self, spectra: Tensor) -> Tensor:
        """Compute masks.

        Parameters
        ----------
        spectra : float32, shape (2, n_channels, n_windows, n_bins)
            Real and imaginary part; a window's bins lie side by side, as transforms leave them.

        Returns
        -------
        float32, shape (n_channels, n_windows, n_bins)
        """
        real, imaginary = map(self._views, torch.split(spectra.mT, 1))
        powers = [r * r + i * i for r, i in zip(real, imaginary, strict=True)]
        power = torch.cat(powers, dim=1)
        seen = (torch.log(power + self.floor) - self.mean) * self.scale
        return torch.sigmoid(self.body(seen).squeeze(0).mT)

    def _views(self, part: Tensor) -> list[Tensor]:
        """What the features are of: mid, or mid, side, left and right."""
        if self.n_channels == 1:
            return [part]
        mid, side = torch.split(part, 1, dim=1)
        return [mid, side, mid + side, mid - side]


class RowMixing(nn.Module):
    """`FrequencyMixing` where windows, not channels, come last in memory: nothing is turned.

    Parameters
    ----------
    mixing : FrequencyMixing
    """

    def __init__(self, mixing: FrequencyMixing) -> None:
        super().__init__()
        self.narrow, self.widen = mixing.narrow.weight, mixing.widen.weight
        self.narrow_bias = nn.Parameter(mixing.narrow.bias[:, None])
        self.widen_bias = nn.Parameter(mixing.widen.bias[:, None])

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n_examples, n_channels, n_bins, n_windows), in and out."""
        hidden = torch.matmul(self.narrow, x) + self.narrow_bias
        return torch.matmul(self.widen, hidden.relu()) + self.widen_bias + x


def _keep_first_outputs(body: nn.Module, n_outputs: int) -> None:
    """Leave the other sources out: the vocals are the first."""
    *_, last = (part for part in body.modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d))
    axis = 1 if isinstance(last, nn.ConvTranspose2d) else 0
    assert last.bias is not None
    last.weight = nn.Parameter(last.weight.narrow(axis, 0, n_outputs).contiguous())
    last.bias = nn.Parameter(last.bias[:n_outputs])
