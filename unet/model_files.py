"""Model files: safetensors with all that a run needs to know, and the public U-Net's `.pth`.

A model file comes from anywhere, so nothing in it is run: safetensors holds numbers and text,
pickled files are read with ``weights_only=True``, and text only picks from `ARCHITECTURES`.
"""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from unet.model_kinds import kind_of_model
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

Task = Literal["cars", "vocals", "stems"]

ARCHITECTURES = {
    "unet": "unet.unet_model:UNet",
    "mask": "unet.networks:MaskNetwork",
    "waveunet": "unet.networks:WaveUNet",
    "spectrogram-unet": "unet.networks:SpectrogramUNet",
}
"""Where each network's class is; it is imported when a file asks for it."""

MODEL_FORMAT = "unet-model-1"
LONGEST_LIST = 3

# torch warns of pickle protocols other than 2, and then reads the file well or raises an error.
# Filters hold for the whole process, so this one is set once: setting and lifting it around every
# reading would leave threads with each other's filters.
warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)


class Model(NamedTuple):
    """What a model file holds.

    Attributes
    ----------
    network : nn.Module
        On the CPU, float32, set to evaluation.
    settings : dict
        ``task``, ``architecture`` (a name in `ARCHITECTURES`), ``network`` (its arguments), and
        what else the task needs, such as the spectrogram's settings.
    metadata : dict
        About the training, such as the names and licences of its data; of a `.pth` the mask values.
    """

    network: nn.Module
    settings: dict[str, Any]
    metadata: dict[str, Any]


def save_model(
    path: Path, network: nn.Module, settings: Mapping[str, Any], metadata: Mapping[str, Any]
) -> None:
    """Write a network to a safetensors file.

    Parameters
    ----------
    path : Path
        Ends in ``.safetensors`` by custom.
    network : nn.Module
        All that it needs is in its state dict (no non-persistent buffers).
    settings, metadata : mapping
        As in `Model`; anything that JSON can hold.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    tensors = {
        name: tensor.detach().cpu().contiguous().clone()
        for name, tensor in network.state_dict().items()
    }
    text = {
        "format": MODEL_FORMAT,
        "settings": json.dumps(dict(settings), sort_keys=True),
        "metadata": json.dumps(dict(metadata), sort_keys=True),
    }
    with replacing(path) as temporary:
        # `save_file` makes a file that only its owner may read.
        temporary.write_bytes(safetensors.torch.save(tensors, metadata=text))


def load_model(path: Path, *tasks: Task) -> Model:
    """Read a model file; which kind it is shows in its first bytes, not in its name.

    Parameters
    ----------
    path : Path
        Safetensors as `save_model` writes it, or a state dict of the public Pytorch-UNet, with or
        without ``mask_values``.
    *tasks : {"cars", "vocals", "stems"}
        What the network may have been trained for; a `.pth` counts as ``"cars"``.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If the file is missing, no model, truncated, holding code, of another task, of another
        architecture than it says, or with weights that are no numbers.
    """
    kind = kind_of_model(path)
    if kind == "safetensors":
        state, settings, metadata = _read_safetensors(path)
    elif kind == "pickle":
        state = dict(load_pickled(path))
        metadata = {"mask_values": state.pop("mask_values")} if "mask_values" in state else {}
        settings = {"task": "cars", "architecture": "unet", "network": _unet_shape(path, state)}
    else:
        raise InputError(f"{path} is an ONNX file, which is for separate.py; wanted .safetensors")
    if settings.get("task") not in tasks:
        raise InputError(
            f"{path} is a model for {settings.get('task')}, wanted one for {' or '.join(tasks)};"
            " cars are for predict.py, vocals and stems for separate.py"
        )
    return Model(_filled_network(path, settings, state), settings, metadata)


def load_pickled(path: Path) -> dict[str, Any]:
    """Read what ``torch.save`` wrote, numbers and text only.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If it is damaged, holds code, or is no dict.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} holds more than weights (code or whole objects), or is damaged; it was not"
            " opened. Save only the state dict: torch.save(network.state_dict(), path)"
        ) from error
    except Exception as error:  # torch has no error of its own for a damaged file
        raise InputError(f"{path} is damaged or truncated; copy or download it again") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}, wanted a state dict")
    return content


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any], dict[str, Any]]:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            text = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        raise InputError(f"{path} is damaged or truncated; copy or download it again") from error
    if text.get("format") != MODEL_FORMAT:
        raise InputError(f"{path} holds weights of another program (no settings of {MODEL_FORMAT})")
    try:
        settings, metadata = json.loads(text["settings"]), json.loads(text["metadata"])
    except (KeyError, ValueError, RecursionError) as error:
        raise InputError(f"{path} has unreadable settings; export it again") from error
    if not isinstance(settings, dict) or not isinstance(metadata, dict):
        raise InputError(f"{path} has unreadable settings; export it again")
    return state, settings, metadata


def _unet_shape(path: Path, state: Mapping[str, Any]) -> dict[str, Any]:
    try:
        base_channels, n_channels = state["inc.double_conv.0.weight"].shape[:2]
        n_classes = state["outc.conv.weight"].shape[0]
    except (KeyError, AttributeError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"{path} holds another network than the U-Net: no weights inc.double_conv.0.weight and"
            " outc.conv.weight"
        ) from error
    return {
        "n_channels": n_channels,
        "n_classes": n_classes,
        "bilinear": "up1.up.weight" not in state,
        "base_channels": base_channels,
    }


def _filled_network(
    path: Path, settings: Mapping[str, Any], state: Mapping[str, Tensor]
) -> nn.Module:
    """Build the network without its own weights (no memory, no drawing), and put the file's in."""
    place = ARCHITECTURES.get(str(settings.get("architecture")))
    if place is None:
        raise InputError(
            f"{path} holds a network called {settings.get('architecture')!r}; known are:"
            f" {', '.join(ARCHITECTURES)}"
        )
    module, name = place.split(":")
    try:
        with torch.device("meta"):
            network: nn.Module = getattr(import_module(module), name)(**settings["network"])
    except Exception as error:  # torch and the networks raise whatever the settings lead to
        raise InputError(f"{path} has settings that {name} does not know: {error}") from error
    wanted = {key: _form(tensor) for key, tensor in network.state_dict().items()}
    found = {key: _form(tensor) for key, tensor in state.items()}
    wrong = sorted(str(key) for key in wanted | found if wanted.get(key) != found.get(key))
    if wrong:
        raise InputError(
            f"{path} holds another network than {name}: {len(wrong)} weights are missing, unknown"
            f" or of another shape, such as {', '.join(wrong[:LONGEST_LIST])}"
        )
    network.load_state_dict(dict(state), assign=True)
    network = network.float().eval()
    if not all(torch.isfinite(tensor).all() for tensor in network.state_dict().values()):
        raise InputError(
            f"{path} holds weights that are NaN or infinite; its training went wrong, or the file"
            " is damaged"
        )
    return network


def _form(tensor: object) -> tuple[object, ...] | None:
    """What must be the same in a file and in a network; None for what is no tensor."""
    if not isinstance(tensor, Tensor):
        return None
    return tensor.shape, tensor.is_floating_point(), tensor.layout
