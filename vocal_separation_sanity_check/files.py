"""Files that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from traceback import format_exception
from typing import BinaryIO

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.locks import lock_file

ERROR_LOG_NAME = "error.log"
_NAME_KEPT = 50
"""Characters: what is added must not make a name too long."""
_UNFINISHED = re.compile(r"\.(?P<stem>.+)\.[0-9a-f]+\.part(?P<suffix>\..*)?", re.S)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name to write to, which takes `path`'s place only when the block ends well.

    The temporary file is hidden, lies beside `path` and keeps its extension, so a writer that
    goes by the extension does the right thing. Whatever ends the block early, Ctrl-C included,
    removes it and leaves what was at `path` before. Missing folders are made. What a process that
    was killed left here of the same file is removed.

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
        If a folder is in the file's place, which is told before the block runs, or the system
        refuses: full disk, folder not writable, file in use.
    """
    path = Path(path)
    if path.is_dir():
        raise _folder_in_place(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_unfinished(path.parent, path.name)
        temporary, file = _begun(path)
        with file:
            try:
                yield temporary
                if sys.platform == "win32":
                    file.close()  # an open file cannot be renamed there
                os.replace(temporary, path)
            except BaseException:
                file.close()
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; is there room on the disk, is the"
            " folder yours to write to, and is the file closed in other programs?"
        ) from error


@contextmanager
def replacing_together(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """Give a folder to write files into, which go to `folder` together when the block ends well.

    A folder that is new appears with all of them at once. Into one that is there they are moved one
    after the other. Whatever ends the block early leaves everything as it was; what a killed
    process leaves is removed by the next one.

    Parameters
    ----------
    folder : Path
    names : sequence of str
        Of the files.

    Yields
    ------
    Path
        Write the files here, under their names.

    Raises
    ------
    InputError
        If a folder is in a file's place, which is told before the block runs, or the system
        refuses.
    """
    for name in names:
        if (folder / name).is_dir():
            raise _folder_in_place(folder / name)
    try:
        folder = folder.resolve()
        is_new = not folder.exists()
        place = folder.parent if is_new else folder
        place.mkdir(parents=True, exist_ok=True)
        clear_unfinished(place)
        temporary = place / f".{folder.name[:_NAME_KEPT]}.{secrets.token_hex(4)}.part"
        temporary.mkdir()
        with _folder_held(temporary):
            try:
                yield temporary
                if is_new:
                    temporary.rename(folder)
                else:
                    for name in names:
                        os.replace(temporary / name, folder / name)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror or error}; is there room on the disk, is"
            " the folder yours to write to, and are its files closed in other programs?"
        ) from error


def _folder_in_place(path: Path) -> InputError:
    return InputError(f"cannot write {path}: a folder is in its place; move it away")


@contextmanager
def _folder_held(folder: Path) -> Iterator[None]:
    """Hold a folder against `clear_unfinished`; on Windows the open files in it do."""
    if sys.platform == "win32":
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            lock_file(number)
        yield
    finally:
        os.close(number)


def sha256_of(path: Path) -> str:
    """Digest of a file's contents, in hexadecimal; an `InputError` where it cannot be read."""
    refuse_special(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def log_error(error: Exception, path: Path, shown: Path) -> str:
    """Write the traceback of an exception to a file.

    Parameters
    ----------
    error : Exception
    path : Path
        Where, by custom `ERROR_LOG_NAME`.
    shown : Path
        The same as a user finds it.

    Returns
    -------
    str
        What happened, and where to read on.
    """
    told = f"{type(error).__name__}: {error}"
    try:
        with replacing(path) as temporary:
            log = "".join(format_exception(error))
            temporary.write_text(log, encoding="utf-8", errors="backslashreplace")
    except InputError as refusal:
        return f"{told} (without a traceback: {refusal})"
    return f"{told} (traceback: {shown})"


def refuse_special(path: Path, called: str = "") -> None:
    """Refuse what is no file: of a pipe or a device, nobody knows whether it ever ends.

    Parameters
    ----------
    path : Path
    called : str
        What it should be, for the message, such as ``"the model file"``.

    Raises
    ------
    InputError
        If it is there and no file.
    """
    try:
        mode = path.stat().st_mode
    except OSError:  # whoever opens it is told why that cannot be
        return
    if not stat.S_ISREG(mode):
        kind = "folder" if stat.S_ISDIR(mode) else "pipe" if stat.S_ISFIFO(mode) else "device"
        told = f"{called} {path}".strip()
        raise InputError(f"cannot read {told}: it is a {kind}, wanted a file")


def clear_unfinished(folder: Path, name: str | None = None) -> None:
    """Remove what killed processes left of `replacing` and `replacing_together` in a folder.

    What a living process is writing stays: that process holds it.

    Parameters
    ----------
    folder : Path
    name : str, optional
        Only of the file of that name.
    """
    for path in folder.glob(".*.part*"):
        match = _UNFINISHED.fullmatch(path.name)
        if match is None or name not in (None, match["stem"] + (match["suffix"] or "")):
            continue
        with suppress(OSError):
            _remove_if_nobodys(path)


def _remove_if_nobodys(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        if sys.platform != "win32":
            number = os.open(path, os.O_RDONLY)
            try:
                lock_file(number)
            finally:
                os.close(number)
        shutil.rmtree(path)
        return
    if not path.is_file():
        return
    if sys.platform == "win32":
        path.unlink()  # which fails where somebody has it open
        return
    with path.open("rb") as file:
        lock_file(file.fileno())
        path.unlink()


def _begun(path: Path) -> tuple[Path, BinaryIO]:
    """Make an empty file of a new name, and hold it."""
    while True:
        temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
        file = temporary.open("xb")
        if sys.platform == "win32":  # an open file cannot be removed there
            return temporary, file
        try:
            lock_file(file.fileno())
        except BlockingIOError:  # somebody looks whether it is a leftover, and removes it
            file.close()
            continue
        except OSError:  # a file system without locks
            return temporary, file
        if temporary.exists():
            return temporary, file
        file.close()
