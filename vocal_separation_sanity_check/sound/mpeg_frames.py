"""MP3 files frame by frame: how long they are, and how long they say they are.

An MP3 is a row of frames, each with a header that gives its length. A first frame of its own
("Xing", "Info" or "VBRI") may say how many there are. Two files that were joined have the first
one's number.
"""

from __future__ import annotations

import io
import mmap
import os
import re
import struct
from dataclasses import dataclass

from vocal_separation_sanity_check.sound.kinds import after_tags

_KBIT = {  # by version (1, or 2 and 2.5) and layer
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""By the two bits of the version: 3 is 1, 2 is 2, 0 is 2.5."""
_HEADER_BYTES = 4
_SYNC = re.compile(rb"\xff[\xe0-\xff]")
_MONO = 3
_VBRI_AT = 36
_SURE_IN_A_ROW = 8
"""What looks like so many frames in a row is no picture in a tag."""
HAS_COUNT = 1
"""The flag of a "Xing" header with a number of frames."""


@dataclass(frozen=True)
class Frame:
    """What the header of a frame says.

    Attributes
    ----------
    kind : tuple of int
        Version, layer and sampling rate, which all frames of a file share.
    n_bytes, n_samples : int
    side_bytes : int
        Behind the header, before a number of frames may stand.
    """

    kind: tuple[int, int, int]
    n_bytes: int
    n_samples: int
    side_bytes: int


@dataclass(frozen=True)
class Frames:
    """What is found by following the frames of a file.

    Attributes
    ----------
    begin : int
        Of the first one that holds sound, in bytes.
    header : bytes
        Of that frame.
    first : Frame
        The same, read.
    n_frames : int
        With sound, whole.
    n_said : int or None
        How many the file says there are.
    is_cut : bool
        The last one is not whole.
    is_mixed : bool
        Frames of another kind follow, such as of a file at another rate that was joined on.
    """

    begin: int
    header: bytes
    first: Frame
    n_frames: int
    n_said: int | None
    is_cut: bool
    is_mixed: bool

    @property
    def n_samples(self) -> int:
        """Samples of all whole frames."""
        return self.n_frames * self.first.n_samples


def frame_at(data: bytes | mmap.mmap, at: int) -> Frame | None:
    """Read the header of a frame.

    Parameters
    ----------
    data : bytes or mmap
    at : int

    Returns
    -------
    Frame or None
        None where none stands, or its length is not told ("free format").
    """
    header = data[at : at + _HEADER_BYTES]
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] < 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate_index, bit_rate_index = header[2] >> 2 & 3, header[2] >> 4
    if version == 1 or layer == 4 or rate_index == 3 or bit_rate_index in (0, 15):
        return None
    is_first = version == 3
    rate_hz = _RATES_HZ[version][rate_index]
    bit_rate = 1000 * _KBIT[1 if is_first else 2, layer][bit_rate_index - 1]
    n_samples = 384 if layer == 1 else 1152 if is_first or layer == 2 else 576
    unit = 4 if layer == 1 else 1
    n_units = n_samples // 8 * bit_rate // rate_hz // unit + (header[2] >> 1 & 1)
    is_mono = header[3] >> 6 == _MONO
    side_bytes = (17 if is_mono else 32) if is_first else (9 if is_mono else 17)
    return Frame((version, layer, rate_hz), n_units * unit, n_samples, side_bytes)


def frames_of(file: io.FileIO) -> Frames | None:
    """Follow the frames of a file from the first to the last.

    Where none follows, as in front of a tag, the next two of the same kind in a row are looked for.

    Parameters
    ----------
    file : io.FileIO

    Returns
    -------
    Frames or None
        None where there are none.
    """
    if os.fstat(file.fileno()).st_size == 0:
        return None
    at = after_tags(file)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, first = _found(data, at, None)
        if first is None:
            return None
        n_said = _said(data, at, first)
        if n_said is not None:
            at += first.n_bytes
        begin, n_frames, is_cut = at, 0, False
        while True:
            frame = frame_at(data, at)
            if frame is None or frame.kind != first.kind:
                place, frame = _found(data, at, first.kind)
                if frame is None:
                    is_mixed = _found(data, at, None, _SURE_IN_A_ROW)[1] is not None
                    break
                at = place
            at += frame.n_bytes
            is_cut = at > len(data)
            n_frames += not is_cut
        header = data[begin : begin + _HEADER_BYTES]
        return Frames(begin, header, first, n_frames, n_said, is_cut, is_mixed)


def _found(
    data: mmap.mmap, at: int, kind: tuple[int, int, int] | None, n_in_a_row: int = 2
) -> tuple[int, Frame | None]:
    """Find the next frame that others of its kind, or the end, follow without a gap."""
    for sync in _SYNC.finditer(data, at):
        frame = frame_at(data, sync.start())
        if frame is None or kind not in (None, frame.kind):
            continue
        end = sync.start() + frame.n_bytes
        for _ in range(n_in_a_row - 1):
            follower = frame_at(data, end)
            if follower is None or follower.kind != frame.kind:
                break
            end += follower.n_bytes
        else:
            return sync.start(), frame
        if end == len(data):
            return sync.start(), frame
    return len(data), None


def _said(data: mmap.mmap, at: int, first: Frame) -> int | None:
    """How many frames a file says it has; None where its first frame is one of sound."""
    place = at + _HEADER_BYTES + first.side_bytes
    if data[place : place + 4] in (b"Xing", b"Info"):
        flags, n_frames = struct.unpack(">II", data[place + 4 : place + 12])
        return int(n_frames) if flags & HAS_COUNT else 0
    if data[at + _VBRI_AT : at + _VBRI_AT + 4] == b"VBRI":
        return int(struct.unpack(">I", data[at + _VBRI_AT + 14 : at + _VBRI_AT + 18])[0])
    return None
