"""What every child does: nothing at Ctrl-C, and an end with its parent."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process, resource_tracker


def live_with_parent() -> None:
    """Make a child ignore Ctrl-C, which its parent gets too, and end when its parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def no_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back, which a child that is started meanwhile inherits for its whole life.

    While it loads its libraries, it could do nothing but print a traceback. On Windows signals
    cannot be held back.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else it starts with the child, and lets Ctrl-C through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
