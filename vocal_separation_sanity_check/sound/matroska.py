"""Whether a Matroska or WebM file is whole: it says how long it is, and ffmpeg does not ask."""

from __future__ import annotations

import os
from typing import BinaryIO

from vocal_separation_sanity_check.sound.open_sound import cut_off

_SEGMENT = b"\x18\x53\x80\x67"
"""The element that holds all but the file's first few bytes."""
_ID_BYTES = 4
_LONGEST_HEADER = 1 << 12


def check_matroska(file: BinaryIO, name: str) -> None:
    """Compare a file's length with what its segment says.

    Parameters
    ----------
    file : binary file
        It begins with an EBML header (RFC 8794).
    name : str
        For messages.

    Raises
    ------
    InputError
        If the file is shorter. What was streamed says nothing of its length.
    """
    file.seek(0)
    head = file.read(_LONGEST_HEADER)
    at, length = _length_at(head, _ID_BYTES)
    begin = at + (length or 0)
    if head[begin : begin + _ID_BYTES] != _SEGMENT:
        return
    at, length = _length_at(head, begin + _ID_BYTES)
    if length is not None and at + length > os.fstat(file.fileno()).st_size:
        raise cut_off(name)


def _length_at(head: bytes, at: int) -> tuple[int, int | None]:
    """Where an element's content begins, and its length; None where it is not known."""
    first = head[at] if at < len(head) else 0
    n_more = 8 - first.bit_length()
    bits = 7 * (n_more + 1)
    value = int.from_bytes(head[at : at + n_more + 1], "big") & ((1 << bits) - 1)
    return at + n_more + 1, None if value == (1 << bits) - 1 else value
