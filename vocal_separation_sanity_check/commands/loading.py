"""While libraries load, and when all of them end."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

from vocal_separation_sanity_check.commands.interrupts import dying_of_ctrl_c


@contextmanager
def loading() -> Iterator[None]:
    """Let Ctrl-C end the process at once, and look for no garbage: what is loaded stays."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with dying_of_ctrl_c():
            yield
    finally:
        if was_enabled:
            gc.enable()


def leave_the_rest() -> None:
    """Leave all objects to the system when the process ends: Python would go through them first."""
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
