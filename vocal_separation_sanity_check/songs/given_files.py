"""Which files outside of the workspace preparing was given by this user, and with which contents.

Each is remembered where nobody else writes: as an empty file in the user's own folder for state,
whose name is a digest of the path and of the contents.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path


def remember(path: Path, sha256: str) -> None:
    """Remember a file that preparing was given.

    Where there is no such folder, full quality will ask for files in the workspace; nothing else
    fails.

    Parameters
    ----------
    path : Path
        Absolute.
    sha256 : str
        Of its contents.
    """
    with suppress(OSError, RuntimeError):
        mark = _mark(path, sha256)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def was_given(path: Path, sha256: str) -> bool:
    """Whether preparing was given a file with such contents."""
    try:
        return _mark(path, sha256).is_file()
    except (OSError, RuntimeError):
        return False


def _mark(path: Path, sha256: str) -> Path:
    """Name the file that stands for another; `RuntimeError` where this user has no home."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    digest = hashlib.sha256(f"{path}\0{sha256}".encode("utf-8", "surrogateescape")).hexdigest()
    return Path(state, "vocal-separation-sanity-check", "given", digest)
