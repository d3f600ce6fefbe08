"""An MP3 file with a frame in front that says how many follow, where its own says less or nothing.

Without that number libsndfile guesses it from the bit rate of the first frame, and stops there:
after half of a song whose rate varies.
"""

from __future__ import annotations

import io
import os
import struct

from vocal_separation_sanity_check.sound.mpeg_frames import HAS_COUNT, Frames, frame_at

_HIGHEST_BIT_RATE = 0xE0


class CountedFrames(io.RawIOBase):
    """An MP3 file with a frame in front that says how many follow.

    Parameters
    ----------
    file : io.FileIO
    frames : Frames
        Of that file.
    """

    def __init__(self, file: io.FileIO, frames: Frames) -> None:
        self._file, self._begin, self._at = file, frames.begin, 0
        self._front = _counting_frame(frames)

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def seekable(self) -> bool:
        """Whether one may move in it: yes."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move; to before the start where a damaged file says so, nothing moves."""
        n_bytes = len(self._front) + os.fstat(self._file.fileno()).st_size - self._begin
        place = offset + (0, self._at, n_bytes)[whence]
        self._at = place if place >= 0 else self._at
        return self._at

    def tell(self) -> int:
        """Say where it is."""
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read on: the frame in front, then the file from its first frame with sound."""
        front = self._front[self._at : self._at + len(buffer)]
        buffer[: len(front)] = front
        self._file.seek(self._begin + max(0, self._at - len(self._front)))
        rest = self._file.read(len(buffer) - len(front))
        buffer[len(front) : len(front) + len(rest)] = rest
        self._at += len(front) + len(rest)
        return len(front) + len(rest)


def _counting_frame(frames: Frames) -> bytes:
    """Make a frame without sound that holds the number of frames."""
    sync, version, rate, channels = frames.header
    # Without checksum and padding, at the highest bit rate: there is room for the number.
    header = bytes([sync, version | 1, _HIGHEST_BIT_RATE | rate & 0x0C, channels])
    told = bytes(frames.first.side_bytes) + b"Xing" + struct.pack(">II", HAS_COUNT, frames.n_frames)
    frame = frame_at(header, 0)
    assert frame is not None
    return (header + told).ljust(frame.n_bytes, b"\0")
