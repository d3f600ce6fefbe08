"""ONNX files of mask networks: weights, the operations, and all that a run needs to know.

Such a file comes from anywhere, and a graph is a program. So it may hold what `onnx_schema`
declares and `onnx_checks` lets pass; what is handed on to be run is written anew from that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from unet.front_end import FrontEnd
from unet.separating.onnx_checks import what_is_wrong
from unet.separating.onnx_schema import model_message
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

FORMAT = "unet-masks-1"
_MOST_BYTES = 1 << 29
_MOST_SEEN = 1 << 22
"""Context times window, in samples: a block is ten of these."""


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


def write_onnx(
    path: Path, exported: bytes, settings: Mapping[str, Any], metadata: Mapping[str, Any]
) -> None:
    """Write a file that `read_onnx` takes.

    Parameters
    ----------
    path : Path
    exported : bytes
        An ONNX model; of what `onnx_schema` does not declare, comments among it, nothing is kept.
    settings : mapping
        ``task``, ``front_end``, ``window_multiple``, ``context_windows``.
    metadata : mapping
        As in `OnnxFile`; anything that JSON can hold.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    model = model_message().FromString(exported)
    model.DiscardUnknownFields()
    del model.metadata_props[:]
    for key, value in (("settings", settings), ("metadata", metadata)):
        text = json.dumps(dict(value), sort_keys=True)
        model.metadata_props.add(key=key, value=text)
    model.metadata_props.add(key="format", value=FORMAT)
    with replacing(path) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))


def read_onnx(path: Path) -> OnnxFile:
    """Read a file and refuse what a mask network has no need of.

    Parameters
    ----------
    path : Path

    Returns
    -------
    OnnxFile

    Raises
    ------
    InputError
        If it is too large, damaged, of another program or task, holds more than a network, asks for
        weights in other files, or has weights that are no numbers.
    """
    try:
        n_bytes = path.stat().st_size
        if n_bytes > _MOST_BYTES:
            most = _MOST_BYTES / 1e6
            raise InputError(f"{path} has {n_bytes / 1e6:.0f} MB, wanted {most:.0f} at most")
        model = model_message().FromString(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the model file {path}: {error.strerror}") from error
    except DecodeError as error:
        raise InputError(f"{path} is damaged or truncated; copy or download it again") from error
    text = {entry.key: entry.value for entry in model.metadata_props}
    if text.get("format") != FORMAT:
        raise InputError(f"{path} holds a network of another program (no settings of {FORMAT})")
    try:
        settings, metadata = json.loads(text["settings"]), json.loads(text["metadata"])
        task, front_end = settings["task"], FrontEnd(**settings["front_end"])
        multiple, context = settings["window_multiple"], settings["context_windows"]
        if not _are_windows(multiple, context, front_end) or not isinstance(metadata, dict):
            raise ValueError(multiple, context)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{path} has unreadable settings; export it again") from error
    if task != "vocals":
        raise InputError(f"{path} is a model for {str(task)[:40]!r}, wanted one for vocals")
    wrong = what_is_wrong(model, front_end)
    if wrong:
        raise InputError(f"{path} was not opened: {wrong}")
    return OnnxFile(model.SerializeToString(), front_end, multiple, context, metadata)


def _are_windows(multiple: object, context: object, front_end: FrontEnd) -> bool:
    """Whether blocks can be cut by these numbers."""
    return (
        type(multiple) is int
        and type(context) is int
        and 1 <= multiple <= context <= _MOST_SEEN // front_end.n_fft
        and context % multiple == 0
    )
