"""Whether an OGG file is whole: decoders pass over pages that are damaged or missing in silence.

Pages (RFC 3533) are numbered, have checksums, and the last one of a stream says that it is.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.open_sound import AS_WAV, cut_off

_PAGE = struct.Struct("<4sBBqIIIB")
"""OggS, version, flags, position, stream, number, checksum, how many lengths follow (RFC 3533)."""
_CHECKSUM = slice(22, 26)
_BEGINS, _ENDS = 2, 4
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


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
        If a page is damaged or missing, a stream does not reach its end, or another one follows
        behind the end of all: decoders read the first only.
    """
    file.seek(0)
    next_number: dict[int, int] = {}
    ended: set[int] = set()
    while True:
        header = file.read(_PAGE.size)
        if len(header) < _PAGE.size or not header.startswith(b"OggS"):
            break
        _, _, flags, _, stream, number, checksum, n_lengths = _PAGE.unpack(header)
        if flags & _BEGINS and next_number and next_number.keys() <= ended:
            raise InputError(
                f"{name} holds several recordings, one after another, of which only the first would"
                f" be read; {AS_WAV}"
            )
        lengths = file.read(n_lengths)
        page = bytearray(header + lengths + file.read(sum(lengths)))
        page[_CHECKSUM] = bytes(4)
        if _checksum(bytes(page)) != checksum or number != next_number.get(stream, number):
            raise cut_off(name)
        next_number[stream] = number + 1
        if flags & _ENDS:
            ended.add(stream)
    if not next_number.keys() <= ended:
        raise cut_off(name)


def _checksum(page: bytes) -> int:
    """CRC-32 without its inversions, first bits first: zlib's of the bytes turned round."""
    turned = zlib.crc32(page.translate(_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_TURNED), "big")
