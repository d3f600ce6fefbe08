"""A network that takes songs apart, whatever it computes, and whichever library computes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unet.model_kinds import kind_of_model
from unet.separating.onnx_network import NoSuchDeviceError, load_onnx_network

SHIPPED_MODEL = Path(__file__).parents[1] / "vocals.onnx"
SHIPPED_WEIGHTS = SHIPPED_MODEL.with_suffix(".safetensors")
"""The same network: exported, and as it was trained."""
SHIPPED_STEMS = SHIPPED_MODEL.with_name("stems.safetensors")
"""Vocals, drums, bass and other."""
MODEL_IN_A_LINE = (
    "The models that ship here learnt from MUSDB18 and MIR-1K; they are for research only, not for"
    " commercial use (unet/MODEL_CARD.md, unet/STEMS_CARD.md, LICENSE-MODEL)."
)
"""What the shipped networks are for."""


class SongNetwork(Protocol):
    """What separating asks of a network.

    Attributes
    ----------
    stems : tuple of str
        What it takes songs apart into; the last one is what the others leave.
    """

    stems: tuple[str, ...]

    @property
    def sample_rate_hz(self) -> int:
        """That it works at."""
        ...

    def separated(
        self, sound: Iterable[NDArray[np.float32]], n_samples: int, level: float
    ) -> Iterator[NDArray[np.float32]]:
        """Separate a stream.

        Parameters
        ----------
        sound : iterable of float32, shape (n, n_channels)
            At the network's sampling rate, in chunks of any length.
        n_samples : int
            Of all chunks together.
        level : float
            Root mean square of the whole sound, over samples and channels.

        Yields
        ------
        float32, shape (n, (n_stems - 1) * n_channels)
            All stems but the last, the channels of the first one first; as many samples as came in.

        Raises
        ------
        InputError
            If it cannot be computed, or comes out as no numbers.
        MemoryError
            If there is not enough for it.
        """
        ...


def load_network(path: Path | None, device: str) -> tuple[SongNetwork, dict[str, Any]]:
    """Read a model file for vocals or for stems.

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
