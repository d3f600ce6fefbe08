"""Which device torch computes on."""

from __future__ import annotations

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
