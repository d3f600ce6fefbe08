"""What kind of model file a path leads to: it shows in its first bytes, not in its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import refuse_special

Kind = Literal["safetensors", "pickle", "onnx"]


def kind_of_model(path: Path) -> Kind:
    """Look at the first bytes of a model file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    {"safetensors", "pickle", "onnx"}
        What it looks like; whether it is, whoever reads it finds out.

    Raises
    ------
    InputError
        If it cannot be read, is no file, is empty, or looks like none of them.
    """
    refuse_special(path, "the model file")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise InputError(f"cannot read the model file {path}: {error.strerror}") from error
    if not head:
        raise InputError(f"{path} is empty; was the download cut off?")
    if head[8:9] == b"{":
        return "safetensors"
    if head[:2] == b"PK" or head[:1] == b"\x80":
        return "pickle"
    if head[:1] == b"\x08":  # field 1, a number: the version that every ONNX file begins with
        return "onnx"
    raise InputError(f"{path} is not a model file; wanted .onnx, .safetensors, or .pth of a U-Net")
