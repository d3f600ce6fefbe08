"""A second process that does, at the same time, what nobody waits for until later.

Threads would not do: loading libraries, drawing and compiling all hold the interpreter.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from traceback import format_exc
from typing import Any, Literal, TypeVar

from vocal_separation_sanity_check.processes.children import live_with_parent, no_ctrl_c

Found = TypeVar("Found")
Answer = tuple[Literal["done", "failed", "died"], Any]


class SecondProcess:
    """A second process until the ``with`` block ends; work is done there in the order it is given.

    What it is at when the block ends is given up.
    """

    def __init__(self) -> None:
        # No pool of processes: what a pool shares with them is told as lost where Ctrl-C ends all.
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with no_ctrl_c(), suppress(OSError):  # no memory, or no more processes
            self._process.start()
        theirs.close()
        self._talk = ThreadPoolExecutor(1)

    def __enter__(self) -> SecondProcess:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()
        self._talk.shutdown(wait=True, cancel_futures=True)
        self._ours.close()

    def begin(self, work: Callable[..., Found], *given: object) -> Callable[[], Found]:
        """Begin some work there.

        Parameters
        ----------
        work : callable
            A function at the top of a module, or a method; it, all that it is given and what comes
            out travel from process to process.
        *given
            Its arguments.

        Returns
        -------
        callable
            Waits for the work and gives what came out, or raises what went wrong. Where there is no
            second process, or it has died for want of memory, say, it does the work here.
        """
        here = partial(work, *given)
        answer = self._talk.submit(self._ask, here)

        def found() -> Found:
            status, value = answer.result()
            if status == "died":
                return here()
            if status == "failed":
                raise value
            result: Found = value
            return result

        return found

    def end_when_done(self) -> None:
        """Let it end, and give its memory back, when it has done what it was given.

        What is given to it later is done here.
        """
        self._talk.submit(self._ours.send, None)

    def _ask(self, work: Callable[[], object]) -> Answer:
        try:
            self._ours.send(work)
            answer: Answer = self._ours.recv()
        except (EOFError, OSError):
            return "died", None
        return answer


def _serve(theirs: Connection) -> None:
    """Do what is asked for, one after another, until None is or the first process is gone."""
    live_with_parent()
    with suppress(EOFError, OSError):
        while (work := theirs.recv()) is not None:
            theirs.send(_answer(work))


def _answer(work: Callable[[], object]) -> Answer:
    try:
        return "done", work()
    except Exception as error:
        error.add_note(format_exc())  # its own traceback does not travel
        return "failed", error


def n_cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
