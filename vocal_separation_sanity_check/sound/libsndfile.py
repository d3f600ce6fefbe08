"""Reading with libsndfile: WAV, FLAC, OGG, Opus, MP3 and AIFF.

It is not trusted to complain about a file that was cut off: it repairs the header of a short WAV in
silence, stops an MP3 wherever the data stop, and before that where it guesses the end.
"""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import soundfile
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.counted_frames import CountedFrames
from vocal_separation_sanity_check.sound.encodings import wav_subtype
from vocal_separation_sanity_check.sound.mpeg_frames import frames_of
from vocal_separation_sanity_check.sound.open_sound import AS_WAV, DType, OpenSound, cut_off

UNKNOWN_FRAMES = 1 << 60
"""From here up lies what libsndfile says of the length of a FLAC that was written to a pipe."""
_MALFORMED = 3
"""libsndfile's code for a file of a known format that is damaged."""
_SHORT_CHUNK = re.compile(r"^ *(?:data|SSND|riff|Data Size) *: *(\d+) \(should be (\d+)\)", re.M)
_SHORT_OTHERWISE = re.compile(
    r"'ds64' chunk of|lacks an end-of-stream bit|without an End-Of-Stream flag"
)
_LENGTH_UNKNOWN = 0x7FFF0000
"""Programs that write to a pipe put a number from here up where the length in bytes belongs."""
_MP3_LENGTH_TOLERANCE = 1152
"""Samples of a frame: some encoders count the one that holds the number."""
_MORE_FRAMES = 2
"""Than an MP3 says it has, and its number is not believed."""


class PlainFile(io.FileIO):
    """A file for libsndfile: without a name, and with seeking that never fails.

    libsndfile takes ``.raw`` at the end of a name for a format. A damaged header can send it to
    before the file's start: then nothing moves.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        del self.name

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move where that is possible."""
        try:
            return super().seek(offset, whence)
        except OSError:
            return self.tell()


def open_with_libsndfile(file: PlainFile, name: str) -> soundfile.SoundFile | None:
    """Open a file.

    Parameters
    ----------
    file : PlainFile
    name : str
        For messages.

    Returns
    -------
    soundfile.SoundFile or None
        None where the format is not one of libsndfile's.

    Raises
    ------
    InputError
        If it is of such a format and damaged.
    """
    try:
        with quiet_decoder():
            file.seek(0)
            sound = soundfile.SoundFile(file)
            if sound.format != "MP3":
                return sound
            with sound:
                counted = _counted(file, sound.subtype, name)
            file.seek(0)
            return soundfile.SoundFile(counted)
    except soundfile.LibsndfileError as error:
        if "lost sync" in str(error) or error.code == _MALFORMED:
            raise cut_off(name) from error
        return None


def _counted(file: PlainFile, subtype: str, name: str) -> BinaryIO:
    """Give an MP3 that says how long it is: the file, or one with a frame in front."""
    frames = frames_of(file)
    if frames is None:
        return file
    if frames.is_mixed:
        raise InputError(f"{name} goes on at another sampling rate midway; {AS_WAV}")
    if frames.is_cut and frames.n_said is None:
        raise cut_off(name)
    if subtype != "MPEG_LAYER_III" or frames.n_frames <= (frames.n_said or -1) + _MORE_FRAMES:
        return file
    return cast(BinaryIO, CountedFrames(file, frames))


def sound_of(sound: soundfile.SoundFile, name: str) -> OpenSound:
    """Describe a file that libsndfile has opened, and how it is read.

    Parameters
    ----------
    sound : soundfile.SoundFile
    name : str
        For messages.

    Returns
    -------
    OpenSound
    """

    def read(n_most: int, dtype: DType) -> Iterator[NDArray[np.floating]]:
        n_read = 0
        while True:
            try:
                # Quiet while reading only: a progress bar is on the same terminal.
                with quiet_decoder():
                    chunk = sound.read(n_most, dtype=dtype, always_2d=True)
            except soundfile.LibsndfileError as error:
                raise cut_off(name) from error
            if not len(chunk):
                break
            n_read += len(chunk)
            yield chunk
        if _was_cut_off(sound, n_read):
            raise cut_off(name)

    subtype = wav_subtype(sound.subtype)
    return OpenSound(name, sound.samplerate, sound.channels, subtype, sound.frames, read)


def _was_cut_off(sound: soundfile.SoundFile, n_read: int) -> bool:
    """Whether a file's header promises more than came."""
    chunks = [(int(said), int(held)) for said, held in _SHORT_CHUNK.findall(sound.extra_info)]
    if any(held + 1 < said < _LENGTH_UNKNOWN for said, held in chunks):
        return True
    if _SHORT_OTHERWISE.search(sound.extra_info):
        return True
    tolerance = _MP3_LENGTH_TOLERANCE if sound.format == "MP3" else 0
    return n_read + tolerance < int(sound.frames)


_STANDARD_ERROR = threading.RLock()


@contextmanager
def quiet_decoder() -> Iterator[None]:
    """Keep what the MP3 decoder prints about tags and seeking off the terminal.

    It writes to the file descriptor from C, so Python's own redirection does not reach it. The
    descriptor is the whole process's: decoders in several threads wait for each other here, and
    what any other thread writes to standard error meanwhile is lost.
    """
    with _STANDARD_ERROR:
        try:
            saved = os.dup(2)
        except OSError:  # no standard error at all
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
