"""The machine: Python, cores, memory, and room on the disk to work in."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vocal_separation_sanity_check.doctor.finding import Finding, State

GROUP = "machine"
OLDEST_PYTHON = (3, 11)
ENOUGH_MEMORY = 2e9
"""Bytes: of the whole machine; a check takes a third of it, a training set more."""
ENOUGH_DISK = 1e9
"""Bytes: a song of five minutes leaves a tenth of it."""


def machine_findings(workspace: Path) -> Iterator[Finding]:
    """Look at the machine.

    Parameters
    ----------
    workspace : Path
        The folder that the results' folders are in.

    Yields
    ------
    Finding
    """
    is_new = sys.version_info >= OLDEST_PYTHON
    yield Finding(
        GROUP,
        "Python",
        State.OK if is_new else State.FAILS,
        f"{platform.python_version()}, {platform.system()} {platform.machine()}",
        "runs all of it",
        "" if is_new else "install Python 3.11 or newer",
        is_needed=True,
    )
    yield Finding(GROUP, "cores", State.OK, str(_n_cores()), "songs side by side, kernels")
    memory = _memory()
    is_much = memory is None or memory >= ENOUGH_MEMORY
    yield Finding(
        GROUP,
        "memory",
        State.OK if is_much else State.LITTLE,
        "not told by this system" if memory is None else f"{memory / 1e9:.1f} GB",
        "0.7 GB a check, networks 1.3",
        "" if is_much else "close other programs, or check one song at a time",
    )
    yield _place(workspace, "this folder", "the results")
    yield _place(Path(tempfile.gettempdir()), "temporary folder", "long songs meanwhile")


def _n_cores() -> int:
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(usable) or os.cpu_count() or 1


def _memory() -> int | None:
    """Bytes that this machine, or its container, has."""
    if not hasattr(os, "sysconf"):
        return None
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        lent = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:  # no container
        return whole
    return min(whole, int(lent)) if lent.isdecimal() else whole


def _place(folder: Path, name: str, purpose: str) -> Finding:
    """Find out whether a folder takes files, and how much room it has."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"written")
    except OSError as error:
        found, state = f"not writable: {error.strerror}", State.FAILS
        remedy = f"make {existing} writable, or name another folder: --workspace DIR"
        if name == "temporary folder":
            remedy = "set TMPDIR to a folder that you may write to"
        return Finding(GROUP, name, state, found, purpose, remedy, is_needed=True)
    n_free = shutil.disk_usage(existing).free
    if n_free < ENOUGH_DISK:
        found, remedy = f"{n_free / 1e9:.2f} GB free", f"make room in {existing}"
        return Finding(GROUP, name, State.LITTLE, found, purpose, remedy)
    return Finding(GROUP, name, State.OK, f"writable, {n_free / 1e9:.0f} GB free", purpose)
