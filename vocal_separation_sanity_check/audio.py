"""Sound files to arrays.

libsndfile reads WAV, FLAC, OGG, Opus, MP3 and AIFF; what it does not know goes through ffmpeg.
Neither is trusted to complain about a file that was cut off: libsndfile repairs the header of a
short WAV in silence, and stops an MP3 wherever the data stop.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import SILENCE_PEAK, InputError

SAMPLE_RATES_HZ = (1000, 1_000_000)
"""Anything outside comes from a damaged header."""

_AS_WAV = "export it again as WAV or FLAC"
_MALFORMED = 3
_SHORT_CHUNK = re.compile(r"^ *(?:data|SSND|riff|Data Size) *: *(\d+) \(should be (\d+)\)", re.M)
_SHORT_OTHERWISE = re.compile(
    r"'ds64' chunk of|lacks an end-of-stream bit|without an End-Of-Stream flag"
)
_LENGTH_UNKNOWN = 0x7FFF0000
"""Programs that write to a pipe put a number from here up where the length belongs."""

UNKNOWN_FRAMES = 1 << 60
"""What libsndfile says of a FLAC that was written to a pipe."""
_FRAMES_AT_ONCE = 1 << 24
_CANCELLED = 1e-4
"""What rounding to 16 bits leaves of a channel and its opposite, and more."""
_MP3_LENGTH_TOLERANCE = 1152
_LARGEST_MP3_TAG = 1 << 17
_AU_HEADER = struct.Struct(">4s5I")


@dataclass(frozen=True)
class Sound:
    """What a file holds.

    Attributes
    ----------
    samples : float32, shape (n_samples, n_channels)
        Linear amplitude, full scale at 1; files in floating point may go beyond.
    sample_rate_hz : int
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int


def read_sound(path: str | os.PathLike[str]) -> Sound:
    """Read a sound file of any format, whole.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Sound

    Raises
    ------
    InputError
        If it is missing, not sound, cut off, empty, or holds NaN or infinity.
    """
    path = Path(path)
    try:
        sound = _read_with_libsndfile(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if sound is None:
        sound = _read_with_ffmpeg(path)
    low, high = SAMPLE_RATES_HZ
    if not low <= sound.sample_rate_hz <= high:
        raise InputError(
            f"{path.name} claims {sound.sample_rate_hz} samples a second, wanted {low} to {high};"
            f" its header is damaged: {_AS_WAV}"
        )
    if sound.samples.size == 0:
        raise InputError(f"{path.name} holds no sound (0 samples); {_AS_WAV}")
    if not np.isfinite(sound.samples).all():
        raise InputError(f"{path.name} holds NaN or infinity; {_AS_WAV}")
    return sound


def read_mono(path: str | os.PathLike[str], sample_rate_hz: int) -> NDArray[np.float32]:
    """Read a sound file, average its channels, and bring it to a sampling rate.

    Parameters
    ----------
    path : path-like
    sample_rate_hz : int
        Rate wanted.

    Returns
    -------
    float32, shape (n_samples,)

    Raises
    ------
    InputError
        As `read_sound`; also if the file is silent or its channels cancel each other.
    """
    sound = read_sound(path)
    name = Path(path).name
    peak = float(np.abs(sound.samples).max())
    if peak < SILENCE_PEAK:
        raise InputError(f"{name} holds only silence (peak {peak:.1e}); is it the right file?")
    mono = sound.samples.mean(axis=1)
    if float(np.abs(mono).max()) < max(SILENCE_PEAK, _CANCELLED * peak):
        raise InputError(
            f"{name} is silent in mono: its channels cancel; flip the polarity of one of them"
        )
    if sound.sample_rate_hz != sample_rate_hz:
        mono = soxr.resample(mono, sound.sample_rate_hz, sample_rate_hz, quality="VHQ")
    return np.ascontiguousarray(mono, np.float32)


def _read_with_libsndfile(path: Path) -> Sound | None:
    """Read a file, or return None where the format is not one of libsndfile's."""
    # The file is opened here so that a name like "-", or bytes that are not UTF-8, are only names.
    with SeekableAnywhere(path) as file, quiet_decoder():
        n_bytes = os.fstat(file.fileno()).st_size
        if n_bytes == 0:
            raise InputError(f"{path.name} is empty (0 bytes); was the download interrupted?")
        try:
            with soundfile.SoundFile(file) as sound:
                if sound.frames >= UNKNOWN_FRAMES:
                    return None  # a FLAC that was written to a pipe; ffmpeg copes
                samples = _read_all(sound)
                check_complete(sound, file, len(samples), path.name)
                return Sound(samples, sound.samplerate)
        except soundfile.LibsndfileError as error:
            if "lost sync" in str(error) or error.code == _MALFORMED:
                raise cut_off(path.name) from error
        except TypeError:  # soundfile's answer to a file named .raw
            pass
    return None


def check_complete(sound: soundfile.SoundFile, file: BinaryIO, n_read: int, name: str) -> None:
    """Check that a file which was read to its end held what its header promises.

    Parameters
    ----------
    sound : soundfile.SoundFile
    file : binary file
        That `sound` reads from.
    n_read : int
        Samples.
    name : str
        For messages.

    Raises
    ------
    InputError
        If the file was cut off, or only a part of it can be read.
    """
    if _was_cut_off(sound, n_read):
        raise cut_off(name)
    n_bytes = os.fstat(file.fileno()).st_size
    n_unread = n_bytes - file.tell()
    if sound.format == "MP3" and n_unread > max(_LARGEST_MP3_TAG, n_bytes // 20):
        raise InputError(
            f"{name} does not say how long it is, so only a part of it can be read; convert it to"
            " WAV"
        )


class SeekableAnywhere(io.FileIO):
    """A damaged header can send libsndfile to before the file's start: then nothing moves."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move where that is possible."""
        try:
            return super().seek(offset, whence)
        except OSError:
            return self.tell()


def _read_all(sound: soundfile.SoundFile) -> NDArray[np.float32]:
    """Read to the end, however long a damaged header claims the sound to be."""
    parts = [sound.read(_FRAMES_AT_ONCE, dtype="float32", always_2d=True)]
    while len(parts[-1]) == _FRAMES_AT_ONCE:
        parts.append(sound.read(_FRAMES_AT_ONCE, dtype="float32", always_2d=True))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _was_cut_off(sound: soundfile.SoundFile, n_read: int) -> bool:
    """Whether a file's header promises more than came."""
    chunks = [(int(said), int(held)) for said, held in _SHORT_CHUNK.findall(sound.extra_info)]
    if any(held + 1 < said < _LENGTH_UNKNOWN for said, held in chunks):
        return True
    if _SHORT_OTHERWISE.search(sound.extra_info):
        return True
    # Without a header of its own, an MP3's length is a guess to within a frame.
    tolerance = _MP3_LENGTH_TOLERANCE if sound.format == "MP3" else 0
    return n_read + tolerance < int(sound.frames)


def cut_off(name: str) -> InputError:
    """Make the error for a file that ends too early."""
    return InputError(
        f"{name} is damaged or cut off before its end; copy or download it again, or {_AS_WAV}"
    )


@contextmanager
def quiet_decoder() -> Iterator[None]:
    """Keep what the MP3 decoder prints about tags and seeking off the terminal.

    It writes to the file descriptor from C, so Python's own redirection does not reach it.
    """
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


def _read_with_ffmpeg(path: Path) -> Sound:
    """Decode the first sound track of anything to 32-bit float."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError(
            f"{path.name} is not WAV, FLAC, OGG, Opus, MP3 or AIFF, and other formats (M4A,"
            f" video) need ffmpeg, which is not installed; install it, or {_AS_WAV}"
        )
    # Playlists could point anywhere, so only this file may be opened. AU is made for pipes.
    reading = ["-xerror", "-protocol_whitelist", "file,pipe", "-i", f"file:{path}"]
    writing = ["-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    done = subprocess.run(
        [program, "-v", "error", "-nostdin", *reading, *writing], capture_output=True, check=False
    )
    if done.returncode != 0 and len(done.stdout) > _AU_HEADER.size:
        raise cut_off(path.name)
    if done.returncode != 0 or len(done.stdout) < _AU_HEADER.size:
        raise InputError(
            f"{path.name} is not a sound file: neither libsndfile nor ffmpeg can read it;"
            f" is it complete, and is its extension right? If so, {_AS_WAV}"
        )
    _, offset, _, _, sample_rate_hz, n_channels = _AU_HEADER.unpack_from(done.stdout)
    samples = np.frombuffer(done.stdout, ">f4", offset=offset).astype(np.float32)
    return Sound(samples.reshape(-1, n_channels), sample_rate_hz)
