"""What to do when memory does not suffice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vocal_separation_sanity_check.errors import InputError

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")
"""How torch's allocators put it: only CUDA has a class of its own for it, which says so too."""


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
        text = str(error).lower()
        if isinstance(error, RuntimeError) and not any(sign in text for sign in _SIGNS):
            raise
        raise InputError(f"out of memory; lower {lower}") from error
