"""Ctrl-C while the program loads: the end, at once, without a traceback."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""Exit status that a shell gives a program that Ctrl-C ends."""


@contextmanager
def dying_of_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C end the process at once: libraries that load print tracebacks, or catch it.

    Only for stretches in which nothing has been written that would have to be cleared away. Where
    Ctrl-C does not arrive (in threads), is ignored (in background jobs) or is handled outside of
    Python, nothing changes.
    """

    def die(_number: int, _frame: object) -> None:
        os.write(2, b"interrupted\n")
        os._exit(INTERRUPTED)

    before = signal.getsignal(signal.SIGINT)
    if before is None or before is signal.SIG_IGN:  # another program's handler, or ignored
        yield
        return
    try:
        signal.signal(signal.SIGINT, die)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
