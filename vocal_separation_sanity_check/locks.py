"""Files and folders that are held by one program at a time; death lets go of them.

Whoever comes second to a folder is told by whom it is held.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_NAME = ".vocal-separation.lock"
"""Of the file that is locked; it holds a line that names the holder."""

_LONGEST_LINE = 500
"""Bytes that are read of it."""
_LOCKED_BYTE = 1 << 30
"""Windows locks bytes, which nobody else can then read or write: this one lies far behind."""
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS)
_TRIES = 100
# Where somebody has put a link there, what it leads to must not be written to.
_OPENING = os.O_RDWR | os.O_CREAT | (os.O_NOFOLLOW if hasattr(os, "O_NOFOLLOW") else 0)


def lock_file(number: int) -> None:
    """Lock an open file until it is closed.

    Parameters
    ----------
    number : int
        Its descriptor.

    Raises
    ------
    OSError
        If it is locked already, by this process or another, or the file system has no locks.
    """
    if sys.platform == "win32":
        os.lseek(number, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        os.lseek(number, 0, os.SEEK_SET)
    else:
        # Unlike `lockf`, which a process holds only until it closes any of its files of that name.
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def held(folder: Path) -> Iterator[str]:
    """Hold a folder for as long as the block runs, against other processes and other threads.

    The system lets go of it when this process ends, whatever ends it. The folder is made where it
    is missing, and removed if it is empty in the end. A folder that this user may not write to, or
    on a file system without locks, is not held: files still appear whole or not at all there.

    Parameters
    ----------
    folder : Path

    Yields
    ------
    str
        The line that names this holder to others.

    Raises
    ------
    InputError
        If somebody else holds it, whom the message names; or the system refuses.
    """
    line = f"{Path(sys.argv[0]).name}, process {os.getpid()} on {platform.node()}"
    line += f", since {datetime.now():%Y-%m-%d %H:%M:%S.%f}"
    with _refusals_told(folder):
        number = _locked(folder)
    if number is None:
        yield line
        return
    try:
        with _refusals_told(folder):
            os.ftruncate(number, 0)
            os.write(number, line.encode(errors="backslashreplace")[:_LONGEST_LINE])
        yield line
    finally:
        _let_go(number, folder)


@contextmanager
def _refusals_told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror or error}; is there room on the disk, and"
            " is the folder yours to write to?"
        ) from error


def holder_of(folder: Path) -> str:
    """Read the line of whoever holds a folder; empty where nobody wrote one."""
    try:
        with (folder / LOCK_NAME).open("rb") as file:
            return file.read(_LONGEST_LINE).decode(errors="backslashreplace")
    except OSError:
        return ""


def clear_lock(folder: Path) -> None:
    """Remove the file that a holder left behind who was killed; a living one's stays."""
    if (folder / LOCK_NAME).exists():
        with suppress(InputError), held(folder):
            pass


def _locked(folder: Path) -> int | None:
    """Open and lock the file; None where there is nothing that could be locked."""
    last: OSError | None = None
    for _ in range(_TRIES):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            number = os.open(folder / LOCK_NAME, _OPENING, 0o666)
        except (FileNotFoundError, FileExistsError) as error:
            last = error  # whoever held it last may have removed the folder in between
            continue
        except OSError as error:
            if error.errno in _NOT_OURS:
                return None
            raise
        try:
            lock_file(number)
            if _is_still_there(number, folder / LOCK_NAME):
                return number
        except OSError as error:
            os.close(number)
            if error.errno in _HELD:
                who = holder_of(folder) or "another process"
                raise InputError(
                    f"{folder} is in use by {who}; wait for it to end, or end it"
                ) from error
            return None  # a file system without locks
        os.close(number)
    raise last or OSError(errno.EAGAIN, f"its {LOCK_NAME} vanishes again and again")


def _is_still_there(number: int, path: Path) -> bool:
    """Whether a file that was opened is the one that others find: its last holder removes it."""
    try:
        return os.path.samestat(os.fstat(number), path.stat())
    except FileNotFoundError:
        return False


def _let_go(number: int, folder: Path) -> None:
    path = folder / LOCK_NAME
    with suppress(OSError):
        path.unlink()  # first, so that nobody holds a file that is then removed
    os.close(number)
    if sys.platform == "win32":
        with suppress(OSError):
            path.unlink()  # Windows removes no open file, neither this one's nor another's
    with suppress(OSError):
        folder.rmdir()
