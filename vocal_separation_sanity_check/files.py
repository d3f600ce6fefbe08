"""Files that appear whole or not at all."""

from __future__ import annotations

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
