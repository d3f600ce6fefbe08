"""Decoding with ffmpeg what libsndfile does not know: M4A, video, and much else."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.open_sound import (
    AS_WAV,
    DType,
    OpenSound,
    cut_off,
    not_sound,
)

_AU_HEADER = struct.Struct(">4s5I")


@contextmanager
def decoded(path: Path, kind: str, subtype: str) -> Iterator[OpenSound]:
    """Decode the first sound track of a file to 32-bit float.

    Parameters
    ----------
    path : Path
    kind : str
        What reads it, see `kinds.kind_of`: ffmpeg itself would take a text for a playlist, and read
        other files than this one.
    subtype : str
        Encoding of a WAV file that holds the same.

    Yields
    ------
    OpenSound
        Of unknown length. The decoder runs until the block ends.

    Raises
    ------
    InputError
        If ffmpeg is not installed, or the file holds no sound that it knows.
    """
    with _running(path, kind) as decoder:
        header = decoder.stdout.read(_AU_HEADER.size)
        if len(header) < _AU_HEADER.size:
            raise not_sound(path.name)
        _, offset, _, _, sample_rate_hz, n_channels = _AU_HEADER.unpack(header)
        decoder.stdout.read(offset - _AU_HEADER.size)

        def read(n_most: int, dtype: DType) -> Iterator[NDArray[np.floating]]:
            return _chunks(decoder, n_channels, path.name, n_most, dtype)

        yield OpenSound(path.name, sample_rate_hz, n_channels, subtype, None, read)


@dataclass(frozen=True)
class _Decoder:
    """A running decoder."""

    process: subprocess.Popen[bytes]
    stdout: IO[bytes]


@contextmanager
def _running(path: Path, kind: str) -> Iterator[_Decoder]:
    """Start the decoder; it writes the AU format, whose header needs no length."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError(
            f"{path.name} is not WAV, FLAC, OGG, Opus, MP3 or AIFF, and other formats (M4A,"
            f" video) need ffmpeg, which is not installed; install it, or {AS_WAV}"
        )
    # No protocol but that of files, and no demuxer but the one. AU is made for pipes.
    reading = ["-xerror", "-protocol_whitelist", "file", "-f", kind, "-i", f"file:{path}"]
    writing = ["-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    with subprocess.Popen(
        [program, "-v", "error", "-nostdin", *reading, *writing],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        try:
            yield _Decoder(process, process.stdout)
        finally:
            process.kill()


def _chunks(
    decoder: _Decoder, n_channels: int, name: str, n_most: int, dtype: DType
) -> Iterator[NDArray[np.floating]]:
    n_read = 0
    while data := decoder.stdout.read(4 * n_channels * n_most):
        whole = len(data) // (4 * n_channels) * n_channels
        chunk = np.frombuffer(data, ">f4", whole).astype(dtype).reshape(-1, n_channels)
        n_read += len(chunk)
        if len(chunk):
            yield chunk
    if decoder.process.wait() != 0:
        raise cut_off(name) if n_read else not_sound(name)
