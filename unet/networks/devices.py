"""Which device to compute on, and what to do when its memory does not suffice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vocal_separation_sanity_check.errors import InputError


def chosen_device(name: str) -> torch.device:
    """Turn the flag ``--device`` into a device.

    Parameters
    ----------
    name : {"auto", "cpu", "cuda", "mps"}
        ``auto`` takes the first that is there of CUDA, MPS, CPU.

    Returns
    -------
    torch.device

    Raises
    ------
    InputError
        If there is no such device here.
    """
    here = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(device for device, present in here.items() if present)
    if not here[name]:
        present = ", ".join(device for device in here if here[device])
        raise InputError(f"there is no {name} device here; --device takes: {present}")
    return torch.device(name)


@contextmanager
def explained_memory(lower: str) -> Iterator[None]:
    """Turn running out of memory into advice.

    Parameters
    ----------
    lower : str
        What to lower, such as ``"--batch-size or --scale"``.

    Yields
    ------
    None

    Raises
    ------
    InputError
        In place of whatever the device's allocator raised.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _is_out_of_memory(error):
            raise
        raise InputError(f"out of memory; lower {lower}") from error


def _is_out_of_memory(error: RuntimeError) -> bool:
    text = str(error).lower()  # only CUDA has a class of its own for it
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in text for words in ("out of memory", "can't allocate memory", "not enough memory")
    )
