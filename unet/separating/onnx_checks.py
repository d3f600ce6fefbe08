"""What a graph may hold that is run: the operations of a mask network, and weights."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from unet.front_end import FrontEnd

SPECTRA, MASKS = "spectra", "masks"
"""What goes in and comes out: float32, shapes (2, n_channels, n_bins, n_windows), with the real and
the imaginary part first, and (n_channels, n_bins, n_windows)."""

OPERATORS = (
    "Add Concat Conv ConvTranspose LeakyRelu Log MatMul Max MaxPool Mul Pad Relu Reshape Shape"
    " Sigmoid Slice Split Squeeze Sub"
)
_MOST_OPERATIONS = 1000
_LARGEST_NUMBER = 1 << 12
_FLOAT, _INTEGER = 1, 7
_TYPES: dict[int, np.dtype[Any]] = {_FLOAT: np.dtype("<f4"), _INTEGER: np.dtype("<i8")}


def what_is_wrong(model: Any, front_end: FrontEnd) -> str | None:
    """Look for what a mask network would not have.

    Parameters
    ----------
    model : message
        Of `onnx_schema.model_message`; fields that are not declared there are taken out.
    front_end : FrontEnd

    Returns
    -------
    str or None
        The first thing; None if there is nothing.
    """
    n_bytes = model.ByteSize()
    model.DiscardUnknownFields()
    if model.ByteSize() != n_bytes:
        return "it holds more than a network: weights in other files, functions, or the like"
    if [entry.domain for entry in model.opset_import] != [""]:
        return "it asks for operators of other makers"
    return (
        _wrong_ends(model.graph, front_end)
        or _wrong_operations(model.graph.node)
        or _wrong_weights(model.graph.initializer)
    )


def _wrong_ends(graph: Any, front_end: FrontEnd) -> str | None:
    """See that spectra go in and masks come out; the last axis, the windows, is of any length."""
    channels, bins = front_end.n_channels, front_end.n_bins
    for found, name, shape in (
        (graph.input, SPECTRA, [2, channels, bins]),
        (graph.output, MASKS, [channels, bins]),
    ):
        ends = [
            (end.name, tensor.elem_type, [dim.dim_value for dim in tensor.shape.dim][:-1])
            for end in found
            for tensor in [end.type.tensor_type]
        ]
        if ends != [(name, _FLOAT, shape)]:
            return f"its {name} are not of {channels} channels and {bins} bins"
    return None


def _wrong_operations(nodes: Any) -> str | None:
    others = {node.op_type for node in nodes} - set(OPERATORS.split())
    if others:
        return f"it has operations that no network of ours has, such as {min(others)[:40]!r}"
    if len(nodes) > _MOST_OPERATIONS:
        return f"it has {len(nodes)} operations, wanted {_MOST_OPERATIONS} at most"
    numbers = (n for node in nodes for a in node.attribute for n in (a.i, *a.ints))
    if any(abs(number) > _LARGEST_NUMBER for number in numbers):
        return f"it has an operation with a number over {_LARGEST_NUMBER}"
    return None


def _wrong_weights(tensors: Iterable[Any]) -> str | None:
    for tensor in tensors:
        kind = _TYPES.get(tensor.data_type)
        if kind is None:
            return "it has weights that are neither float32 nor int64"
        if min(tensor.dims, default=0) < 0 or prod(tensor.dims) * kind.itemsize != len(
            tensor.raw_data
        ):
            return "it has weights of another size than they say"
        if not np.isfinite(np.frombuffer(tensor.raw_data, kind)).all():
            return "it has weights that are NaN or infinite; its training went wrong"
    return None
