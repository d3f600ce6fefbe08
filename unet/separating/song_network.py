"""A network that takes vocals out of songs, whichever library computes it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unet.front_end import FrontEnd
from unet.model_kinds import kind_of_model
from unet.separating.onnx_network import NoSuchDeviceError, load_onnx_network

SHIPPED_MODEL = Path(__file__).parents[1] / "vocals.onnx"
SHIPPED_WEIGHTS = SHIPPED_MODEL.with_suffix(".safetensors")
"""The same network: exported, and as it was trained."""
MODEL_IN_A_LINE = (
    "The model was trained to take the singing out of songs, on MUSDB18 and MIR-1K; it is for"
    " research only, not for commercial use (unet/MODEL_CARD.md, LICENSE-MODEL)."
)
"""What the shipped network is for."""


class SongNetwork(Protocol):
    """What separating asks of a network.

    Attributes
    ----------
    front_end : FrontEnd
    context_windows : int
        A window's mask depends on no window further away.
    """

    front_end: FrontEnd
    context_windows: int

    def masks(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Compute the masks of the vocals.

        Parameters
        ----------
        spectra : complex64, shape (n_channels, n_bins, n_windows)
            For a song of unit power, divided by `FrontEnd.norm`.

        Returns
        -------
        float32, shape (n_channels, n_bins, n_windows)
            In [0, 1].

        Raises
        ------
        InputError
            If it cannot be computed.
        MemoryError
            If there is not enough for it.
        """
        ...


def load_network(path: Path | None, device: str) -> tuple[SongNetwork, dict[str, Any]]:
    """Read a model file for vocals.

    Parameters
    ----------
    path : Path or None
        ONNX, which ONNX Runtime computes, or safetensors, which PyTorch computes. None takes the
        shipped network, from whichever of its two files there is a library for the device.
    device : {"auto", "cpu", "cuda", "mps"}

    Returns
    -------
    network : SongNetwork
    metadata : dict
        What the file says about the training.

    Raises
    ------
    InputError
        If it is not such a file, or there is no such device here.
    """
    if path is not None and kind_of_model(path) == "onnx":
        return load_onnx_network(path, device)
    if path is None:
        try:
            return load_onnx_network(SHIPPED_MODEL, device)
        except NoSuchDeviceError:
            if find_spec("torch") is None:
                raise
    from unet.separating.torch_network import load_torch_network

    return load_torch_network(path or SHIPPED_WEIGHTS, device)
