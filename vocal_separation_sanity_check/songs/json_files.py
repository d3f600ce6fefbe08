"""JSON files that this program wrote and anybody may have changed since: read, and their types."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import refuse_special

NUMBER = "a finite number"
"""In place of a type, which would let NaN and true pass."""

_LARGEST_BYTES = 100_000_000


def read_json(
    path: Path,
    shape: Mapping[str, Any],
    advice: str,
    optional: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Read a JSON file that holds an object, and make sure of what it must hold.

    Parameters
    ----------
    path : Path
    shape : mapping
        For each key that must be there what its value must be: a type, `NUMBER`, a string or None
        as it stands, a tuple of several of these, a mapping of the same kind, or a list with what
        each entry must be. The key `str` stands for every key.
    advice : str
        What helps where the file is damaged.
    optional : mapping
        As `shape`, of keys that need not be there.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If it cannot be read, is not JSON, or holds something else.
    """
    refuse_special(path)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise OSError("it is far too large to be what was written there")
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}; {advice}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); {advice}") from error
    if isinstance(found, dict):
        shape = {**shape, **{key: optional[key] for key in optional if key in found}}
    wrong = _mismatch(found, shape, "")
    if wrong:
        raise InputError(f"{path} is not what was written there ({wrong}); {advice}")
    assert isinstance(found, dict)
    return found


def _mismatch(value: Any, shape: Any, where: str) -> str:
    """Say where a value differs from a shape; empty where it does not."""
    if isinstance(shape, Mapping):
        return _mismatch_of_object(value, shape, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{where} is no list"
        each = (_mismatch(entry, shape[0], f"{where}[{k}]") for k, entry in enumerate(value))
        return next(filter(None, each), "")
    if shape is NUMBER:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return "" if is_number and _is_finite(value) else f"{where} is not {NUMBER}"
    if isinstance(shape, tuple):
        is_one = any(not _mismatch(value, one, where) for one in shape)
        return "" if is_one else f"{where} is none of what it may be"
    if isinstance(shape, type):
        return "" if isinstance(value, shape) else f"{where} is not of type {shape.__name__}"
    return "" if value == shape else f"{where} is not {shape}"


def _mismatch_of_object(value: Any, shape: Mapping[Any, Any], where: str) -> str:
    if not isinstance(value, dict):
        return f"{where or 'it'} is no object"
    wanted_of = dict.fromkeys(value, shape[str]) if str in shape else shape
    for key, wanted in wanted_of.items():
        if key not in value:
            return f"{key} is missing"
        wrong = _mismatch(value[key], wanted, f"{where}.{key}".lstrip("."))
        if wrong:
            return wrong
    return ""


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False
