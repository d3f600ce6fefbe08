"""Ctrl-C while the program loads: the end, at once; later: never a traceback."""

from __future__ import annotations

import os
import signal
import sys
import threading
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


@contextmanager
def noticing_ctrl_c() -> Iterator[list[int]]:
    """Notice Ctrl-C where a library that calls back from C drops it and fails of something else.

    Yields
    ------
    list of int
        Empty until Ctrl-C is pressed.
    """
    pressed: list[int] = []
    show = sys.unraisablehook

    def press(number: int, _frame: object) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def show_others(unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            show(unraisable)

    is_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_usual or threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    sys.unraisablehook = show_others
    signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = show
