"""Files that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name to write to, which takes `path`'s place only when the block ends well.

    The temporary file is hidden, lies beside `path` and keeps its extension, so a writer that
    goes by the extension does the right thing. Whatever ends the block early, Ctrl-C included,
    removes it and leaves what was at `path` before. Missing folders are made.

    Parameters
    ----------
    path : path-like
        Where the finished file belongs.

    Yields
    ------
    Path
        Write here; any writer will do.

    Raises
    ------
    InputError
        If the system refuses: full disk, folder not writable, file in use.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; is there room on the disk, is the"
            " folder yours to write to, and is the file closed in other programs?"
        ) from error


def sha256_of(path: Path) -> str:
    """Digest of a file's contents, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clear_unfinished(folder: Path) -> None:
    """Remove what a process that was killed left of `replacing` in a folder.

    Parameters
    ----------
    folder : Path
        Nobody else may be writing to it.
    """
    for path in folder.glob(".*.part*"):
        path.unlink(missing_ok=True)
