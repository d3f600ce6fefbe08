"""Write a trained mask network as ONNX, so that it can be computed without PyTorch."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unet.networks import POWER_FLOOR, FrequencyMixing, MaskNetwork
from unet.separating.onnx_checks import MASKS, SPECTRA
from unet.separating.onnx_files import write_onnx

_OPSET = 18
_N_EXAMPLE_BLOCKS = 3


def export_onnx(path: Path, network: MaskNetwork, metadata: Mapping[str, Any]) -> None:
    """Write a network's masks of the vocals.

    Parameters
    ----------
    path : Path
        Ends in ``.onnx`` by custom.
    network : MaskNetwork
        Stays as it is.
    metadata : mapping
        What the file is to say about the training; anything that JSON can hold.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    front_end, multiple = network.front_end, network.window_multiple
    n_windows = multiple * torch.export.Dim("n_blocks", min=2)
    example = torch.zeros(2, front_end.n_channels, front_end.n_bins, _N_EXAMPLE_BLOCKS * multiple)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, we do not
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)  # of torch, about torch
        exported = torch.onnx.export(
            RealMasks(network).eval(),
            (example,),
            dynamo=True,
            dynamic_shapes=({3: n_windows},),
            opset_version=_OPSET,
            input_names=[SPECTRA],
            output_names=[MASKS],
            verbose=False,
        )
    assert exported is not None
    settings = {
        "task": "vocals",
        "front_end": asdict(front_end),
        "window_multiple": multiple,
        "context_windows": network.context_windows,
    }
    write_onnx(path, exported.model_proto.SerializeToString(), settings, metadata)


class RealMasks(nn.Module):
    """What `MaskNetwork` computes of the vocals, in real numbers, laid out for ONNX Runtime.

    Parameters
    ----------
    network : MaskNetwork
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, network: MaskNetwork) -> None:
        super().__init__()
        quick = deepcopy(network).made_quick()
        quick.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        self.body, self.n_channels = quick.body, network.front_end.n_channels
        self.register_buffer("mean", quick.feature_mean)
        self.register_buffer("scale", quick.feature_scale)
        for part in list(self.body.modules()):
            for name, child in part.named_children():
                if isinstance(child, FrequencyMixing):
                    setattr(part, name, RowMixing(child))

    def forward(self, spectra: Tensor) -> Tensor:
        """Compute masks.

        Parameters
        ----------
        spectra : float32, shape (2, n_channels, n_bins, n_windows)
            Real and imaginary part.

        Returns
        -------
        float32, shape (n_channels, n_bins, n_windows)
        """
        real, imaginary = map(self._views, torch.split(spectra, 1))
        powers = [r * r + i * i for r, i in zip(real, imaginary, strict=True)]
        power = torch.cat(powers, dim=1)
        seen = (torch.log(power + POWER_FLOOR) - self.mean) * self.scale
        return torch.sigmoid(self.body(seen).squeeze(0)[: self.n_channels])

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
        self.narrow, self.widen = mixing.narrow, mixing.widen

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n_examples, n_channels, n_bins, n_windows), in and out."""
        hidden = torch.matmul(self.narrow.weight, x) + self.narrow.bias[:, None]
        return torch.matmul(self.widen.weight, hidden.relu()) + self.widen.bias[:, None] + x
