"""ONNX files of mask networks: one of the graphs that this program knows, filled with weights.

An ONNX graph is a program, and what runs them was not made for hostile ones: a wrong number in an
operation can end the process. So no graph of a file's own is run. The graphs of our networks lie in
``graphs/``, written by `write_graphs` without weights; a file has to be one of them, byte by byte,
and what it brings are the weights and a description.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from unet.front_end import FrontEnd
from unet.separating.onnx_schema import model_message
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

FORMAT = "unet-masks-1"
GRAPHS = Path(__file__).with_name("graphs")
SPECTRA, MASKS = "spectra", "masks"
"""What goes in and comes out: float32, shapes (2, n_channels, n_windows, n_bins), with the real and
the imaginary part first, and (n_channels, n_windows, n_bins)."""

_FLOAT, _FLOAT_BYTES = 1, 4
_MOST_BYTES = 1 << 28


class OnnxFile(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    content : bytes
        For ONNX Runtime.
    front_end : FrontEnd
    window_multiple, context_windows : int
        As in `unet.networks.BODIES`.
    metadata : dict
        About the training, such as the names and licences of its data.
    """

    content: bytes
    front_end: FrontEnd
    window_multiple: int
    context_windows: int
    metadata: dict[str, Any]


def write_graph(path: Path, exported: bytes, settings: Mapping[str, Any]) -> None:
    """Write a graph without its weights.

    Parameters
    ----------
    path : Path
        In `GRAPHS`.
    exported : bytes
        An ONNX model; of what `onnx_schema` does not declare, comments among it, nothing is kept.
    settings : mapping
        ``front_end``, ``window_multiple``, ``context_windows``.
    """
    model = model_message().FromString(exported)
    model.DiscardUnknownFields()
    for tensor in _weights(model):
        tensor.ClearField("raw_data")
    del model.metadata_props[:]
    model.metadata_props.add(key="format", value=FORMAT)
    model.metadata_props.add(key="settings", value=json.dumps(dict(settings), sort_keys=True))
    with replacing(path) as temporary:
        temporary.write_bytes(_bytes_of(model))


def write_onnx(
    path: Path,
    settings: Mapping[str, Any],
    weights: Mapping[str, NDArray[np.float32]],
    metadata: Mapping[str, Any],
) -> None:
    """Fill a graph with weights and write it.

    Parameters
    ----------
    path : Path
    settings : mapping
        Of the graph.
    weights : mapping of str to float32
        All of the graph's, by name.
    metadata : mapping
        As in `OnnxFile`; anything that JSON can hold.

    Raises
    ------
    InputError
        If no graph has these settings and weights of these shapes, or the file cannot be written.
    """
    shapes = {name: array.shape for name, array in weights.items()}
    wanted = json.dumps(dict(settings), sort_keys=True)
    for graph in _graphs():
        model = model_message().FromString(graph)
        tensors = {tensor.name: tensor for tensor in _weights(model)}
        if model.metadata_props[1].value == wanted and shapes == {
            name: tuple(tensor.dims) for name, tensor in tensors.items()
        }:
            break
    else:
        raise InputError("there is no graph for this network; see unet/separating/write_graphs.py")
    for name, tensor in tensors.items():
        tensor.raw_data = weights[name].astype("<f4").tobytes()
    model.metadata_props.add(key="metadata", value=json.dumps(dict(metadata), sort_keys=True))
    with replacing(path) as temporary:
        temporary.write_bytes(_bytes_of(model))


def read_onnx(path: Path) -> OnnxFile:
    """Read a file, and refuse whatever is not a graph of ours with weights that are numbers.

    Parameters
    ----------
    path : Path

    Returns
    -------
    OnnxFile

    Raises
    ------
    InputError
        If it cannot be read, is too large, damaged, of another program, another graph than ours, or
        has weights that are no numbers.
    """
    model = _parsed(path)
    if FORMAT not in {entry.value for entry in model.metadata_props}:
        raise InputError(f"{path} holds a network of another program (no settings of {FORMAT})")
    description = model.metadata_props.pop().value
    content = _bytes_of(model)
    for tensor in _weights(model):
        _check_numbers(path, tensor)
        tensor.ClearField("raw_data")
    if _bytes_of(model) not in _graphs():
        raise InputError(
            f"{path} was not opened: its operations are not those of a network that train.py makes"
        )
    try:
        metadata = json.loads(description)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} has an unreadable description; export it again") from error
    if not isinstance(metadata, dict):
        raise InputError(f"{path} has an unreadable description; export it again")
    settings = json.loads(model.metadata_props[1].value)
    front_end = FrontEnd(**settings.pop("front_end"))
    return OnnxFile(content, front_end, metadata=metadata, **settings)


def _parsed(path: Path) -> Any:
    try:
        n_bytes = path.stat().st_size
        if n_bytes > _MOST_BYTES:
            most = _MOST_BYTES / 1e6
            raise InputError(f"{path} has {n_bytes / 1e6:.0f} MB, wanted {most:.0f} at most")
        return model_message().FromString(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the model file {path}: {error.strerror}") from error
    except DecodeError as error:
        raise InputError(f"{path} is damaged or truncated; copy or download it again") from error


def _check_numbers(path: Path, tensor: Any) -> None:
    if len(tensor.raw_data) != _FLOAT_BYTES * prod(tensor.dims):
        raise InputError(f"{path} has weights of another size than they say; it is damaged")
    if not np.isfinite(np.frombuffer(tensor.raw_data, "<f4")).all():
        raise InputError(
            f"{path} holds weights that are NaN or infinite; its training went wrong, or the file"
            " is damaged"
        )


@cache
def _graphs() -> frozenset[bytes]:
    return frozenset(path.read_bytes() for path in GRAPHS.glob("*.onnx"))


def _weights(model: Any) -> Iterator[Any]:
    """What is learnt; whole numbers belong to the operations."""
    return (tensor for tensor in model.graph.initializer if tensor.data_type == _FLOAT)


def _bytes_of(model: Any) -> bytes:
    content: bytes = model.SerializeToString(deterministic=True)
    return content
