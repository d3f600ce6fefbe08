"""Whether a Matroska or WebM file is whole: ffmpeg passes over what is missing in silence.

It is a tree of elements, each with its length in front (RFC 8794): where a file was cut off, or a
length was damaged, they no longer fill the elements that they are in.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from vocal_separation_sanity_check.sound.open_sound import cut_off

_LOOKED_INTO = {
    b"\x18\x53\x80\x67",  # the segment, which is all but the first few bytes
    b"\x1f\x43\xb6\x75",  # a cluster: some seconds of all tracks
    b"\xa0",  # a group of blocks
}
_LONGEST_ID, _LONGEST_LENGTH = 4, 8


def check_matroska(file: BinaryIO, name: str) -> None:
    """Follow the elements from the first to the last.

    Parameters
    ----------
    file : binary file
        It begins with an EBML header.
    name : str
        For messages.

    Raises
    ------
    InputError
        If they do not fill the file. What was streamed says nothing of its lengths, and is taken.
    """
    n_bytes = os.fstat(file.fileno()).st_size
    element = _element_at(file, 0)
    while element is not None and element[0] not in _LOOKED_INTO and element[2] is not None:
        element = _element_at(file, element[2])
    if element is None or not _is_filled(file, element, n_bytes):
        raise cut_off(name)


_Element = tuple[bytes, int, int | None]
"""Its name, where its content begins, and where that ends: None where it is not told."""


def _is_filled(file: BinaryIO, element: _Element, most: int) -> bool:
    """Whether an element ends in time, and what is in it, where that matters, fills it."""
    name, at, end = element
    if end is None:
        return True
    if end > most:
        return False
    while name in _LOOKED_INTO and at < end:
        inner = _element_at(file, at)
        if inner is None or not _is_filled(file, inner, end):
            return False
        if inner[2] is None:
            return True
        at = inner[2]
    return True


def _element_at(file: BinaryIO, at: int) -> _Element | None:
    file.seek(at)
    head = file.read(_LONGEST_ID + _LONGEST_LENGTH)
    n_name = _n_bytes(head, 0)
    n_length = _n_bytes(head, n_name)
    begin = n_name + n_length
    if n_name > _LONGEST_ID or n_length > _LONGEST_LENGTH or len(head) < begin:
        return None
    bits = 7 * n_length
    length = int.from_bytes(head[n_name:begin], "big") & ((1 << bits) - 1)
    is_told = length != (1 << bits) - 1
    return head[:n_name], at + begin, at + begin + length if is_told else None


def _n_bytes(head: bytes, at: int) -> int:
    """Bytes of a number, of which the first one tells by its first bit that is set."""
    return 9 - head[at].bit_length() if at < len(head) else 9
