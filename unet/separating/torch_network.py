"""Networks for songs that PyTorch computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unet.model_files import load_model
from unet.networks import MaskNetwork, StemNetwork, chosen_device
from unet.separating.block_masking import Masking
from unet.separating.stem_separator import StemSeparator
from vocal_separation_sanity_check.errors import InputError


class TorchNetwork(Masking):
    """A `SongNetwork` made of a `MaskNetwork`.

    Parameters
    ----------
    network : MaskNetwork
        Of its masks, the first source's are given. It is made quick, and so changed.
    device : torch.device, optional
        Where to compute.
    """

    def __init__(self, network: MaskNetwork, device: torch.device | None = None) -> None:
        self._network = network.made_quick().to(device or "cpu")
        self._device = device
        self.front_end = network.front_end
        self.context_windows = network.context_windows

    def masks(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """As `Masking.masks`."""
        with torch.inference_mode():
            seen = torch.from_numpy(spectra).to(self._device)
            masks: NDArray[np.float32] = self._network(seen[None])[0, 0].cpu().numpy()
        return masks


def load_torch_network(
    path: Path, device: str
) -> tuple[TorchNetwork | StemSeparator, dict[str, Any]]:
    """Read a safetensors file for vocals or for stems.

    Parameters
    ----------
    path : Path
    device : {"auto", "cpu", "cuda", "mps"}

    Returns
    -------
    network : TorchNetwork or StemSeparator
    metadata : dict
        What the file says about the training.

    Raises
    ------
    InputError
        If it is not such a file, or there is no such device here.
    """
    chosen = chosen_device(device)
    network, settings, metadata = load_model(path, "vocals", "stems")
    if isinstance(network, MaskNetwork) and settings["task"] == "vocals":
        return TorchNetwork(network, chosen), metadata
    if isinstance(network, StemNetwork) and settings["task"] == "stems":
        return StemSeparator(network, chosen), metadata
    raise InputError(f"{path} is said to be for {settings['task']}, and holds another network")
