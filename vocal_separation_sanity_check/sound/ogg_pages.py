"""Whether an OGG file is whole: its pages say where each stream ends, its decoders do not ask."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.open_sound import AS_WAV, cut_off

_PAGE = struct.Struct("<4sBBqIIIB")
"""OggS, version, flags, position, stream, number, checksum, how many lengths follow (RFC 3533)."""
_BEGINS, _ENDS = 2, 4


def check_ogg(file: BinaryIO, name: str) -> None:
    """Follow the pages from the first to the last.

    Parameters
    ----------
    file : binary file
    name : str
        For messages.

    Raises
    ------
    InputError
        If a stream does not reach its end, or another one follows behind the end of all, of which
        decoders read the first only.
    """
    n_bytes, at = os.fstat(file.fileno()).st_size, 0
    begun: set[int] = set()
    ended: set[int] = set()
    while True:
        file.seek(at)
        header = file.read(_PAGE.size)
        if len(header) < _PAGE.size or not header.startswith(b"OggS"):
            break
        _, _, flags, _, stream, _, _, n_lengths = _PAGE.unpack(header)
        if flags & _BEGINS and begun and begun <= ended:
            raise InputError(
                f"{name} holds several recordings, one after another, of which only the first would"
                f" be read; {AS_WAV}"
            )
        at += _PAGE.size + n_lengths + sum(file.read(n_lengths))
        begun.add(stream)
        if flags & _ENDS and at <= n_bytes:
            ended.add(stream)
    if not begun <= ended:
        raise cut_off(name)
