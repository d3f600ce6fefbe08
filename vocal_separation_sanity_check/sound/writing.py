"""Sound files, written in pieces: whole or not at all."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.sound.chunk_streams import SoundInfo
from vocal_separation_sanity_check.sound.encodings import SAMPLE_BYTES
from vocal_separation_sanity_check.sound.signals import Signal, peak_of, pieces
from vocal_separation_sanity_check.sound.stem_forms import StemForm

_BEST_MP3 = 0.0
"""LAME's V0. Its header tells decoders what its delay and padding are, so that none is heard."""
_LARGEST_WAV = 1 << 31
"""Bytes: many programs read the length in a WAV header as a signed number."""


def write_wav(path: Path, signal: Signal, sample_rate_hz: int) -> None:
    """Write 24-bit PCM WAV, whole or not at all.

    Parameters
    ----------
    path : Path
    signal : Signal
        Or an array, shape (n_samples,) or (n_samples, n_channels). Linear amplitude, at most 1 in
        magnitude: nothing is clipped here.
    sample_rate_hz : int

    Raises
    ------
    InputError
        If a sample is beyond 1, NaN or infinite, or the system refuses to write.
    """
    peak = peak_of(signal)
    if not peak <= 1:
        raise InputError(f"{path.name} would clip: peak {peak:.7g}, wanted at most 1")
    n_channels = signal[:1].shape[1] if signal[:1].ndim > 1 else 1
    with writing_wav(path, sample_rate_hz, n_channels, "PCM_24", len(signal)) as write:
        for piece in pieces(signal):
            write(piece)


@contextmanager
def writing_wav(
    path: Path, sample_rate_hz: int, n_channels: int, subtype: str, n_samples: int
) -> Iterator[Callable[[NDArray[np.generic]], None]]:
    """Write a WAV file in pieces; it appears whole or not at all.

    Parameters
    ----------
    path : Path
    sample_rate_hz, n_channels : int
    subtype : str
        A key of `encodings.SAMPLE_BYTES`.
    n_samples : int
        How many are coming: what is too large for WAV becomes RF64.

    Yields
    ------
    callable
        Takes samples, shape (n_samples,) or (n_samples, n_channels).

    Raises
    ------
    InputError
        If the system refuses: full disk, folder not writable.
    """
    size = n_samples * n_channels * SAMPLE_BYTES[subtype]
    container = "WAV" if size < _LARGEST_WAV else "RF64"
    kind = {"format": container, "subtype": subtype}
    with _writing(path, sample_rate_hz, n_channels, kind) as write:
        yield write


@contextmanager
def writing_stem(
    path: Path, form: StemForm, info: SoundInfo
) -> Iterator[Callable[[NDArray[np.generic]], None]]:
    """Write a stem of a song in pieces; it appears whole or not at all.

    Parameters
    ----------
    path : Path
    form : StemForm
    info : SoundInfo
        Of the song.

    Yields
    ------
    callable
        Takes samples, shape (n_samples, n_channels).

    Raises
    ------
    InputError
        If the system refuses: full disk, folder not writable.
    """
    if form.format == "wav":
        wav = writing_wav(path, info.sample_rate_hz, info.n_channels, form.subtype, info.n_samples)
        with wav as write:
            yield write
        return
    kind: dict[str, Any] = {"format": form.format.upper(), "subtype": form.subtype}
    if form.format == "mp3":
        kind |= {"bitrate_mode": "VARIABLE", "compression_level": _BEST_MP3}
    with _writing(path, info.sample_rate_hz, info.n_channels, kind) as write:
        yield write


@contextmanager
def _writing(
    path: Path, sample_rate_hz: int, n_channels: int, kind: dict[str, Any]
) -> Iterator[Callable[[NDArray[np.generic]], None]]:
    with replacing(path) as temporary, _Disk(temporary, "w+") as disk:
        try:
            with soundfile.SoundFile(disk, "w", sample_rate_hz, n_channels, **kind) as file:
                yield file.write
        except (soundfile.LibsndfileError, AssertionError):
            if disk.failure is None:
                raise
        if disk.failure is not None:
            raise disk.failure


class _Disk(io.FileIO):
    """Remembers why a write failed: libsndfile tells only that it did."""

    failure: OSError | None = None

    def write(self, data: bytes) -> int:  # type: ignore[override]
        try:
            n_written = super().write(data)
        except OSError as error:
            self.failure = error
            return 0
        if n_written < len(data):
            self.failure = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return n_written
