"""Trying something in a process of its own: what crashes when it is loaded crashes only that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

from vocal_separation_sanity_check.doctor.packages import PACKAGE

ROOM = __name__.rpartition(".")[0]
WHERE_WE_ARE = Path(__file__).resolve().parents[2]
LIMIT_S = 600.0
"""More than compiling takes on a slow machine."""


class OwnProcess:
    """A module of this room, running.

    Attributes
    ----------
    died : str
        After `told` has ended: how the process ended too early; empty where it did not.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.died = ""

    def told(self) -> Iterator[dict[str, Any]]:
        """Give what it tells, object by object, until it ends.

        What libraries print between is left out.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(f'{{"{PACKAGE}": '):
                yield json.loads(line)[PACKAGE]
        status = self._process.wait()
        if status:
            self.died = f"its process ended with status {status}"


@contextmanager
def running(module: str, *arguments: str) -> Iterator[OwnProcess]:
    """Run a module of this room until the block ends.

    Parameters
    ----------
    module : str
    *arguments : str

    Yields
    ------
    OwnProcess
    """
    path = os.pathsep.join(filter(None, (str(WHERE_WE_ARE), os.environ.get("PYTHONPATH"))))
    # -P: a file in the user's folder must not be taken for a library.
    with subprocess.Popen(
        [sys.executable, "-P", "-m", f"{ROOM}.{module}", *arguments],
        # ONNX Runtime reports to its maker that it is loaded, unless it is told not to.
        env={"ORT_DISABLE_TELEMETRY": "1", **os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
    ) as process:
        timer = Timer(LIMIT_S, process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield OwnProcess(process)
        finally:
            timer.cancel()
            process.kill()


def tell(**what: object) -> None:
    """Tell the process that started this one.

    Parameters
    ----------
    **what : object
        What JSON can hold.
    """
    print(json.dumps({PACKAGE: what}), flush=True)


def in_short(error: BaseException) -> str:
    """Write an exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
