"""Sound files that are read and written in pieces."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
import soundfile
from numpy.typing import NDArray

from vocal_separation_sanity_check.audio import read_mono
from vocal_separation_sanity_check.errors import SILENCE_PEAK, InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.signals import Signal, peak_of, pieces

_LARGEST_WAV = 1 << 31
BITS = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
"""Of the encodings with integers; what has none, such as MP3, becomes 32-bit float."""
SAMPLE_BYTES = {name: bits // 8 for name, bits in BITS.items()} | {"FLOAT": 4, "DOUBLE": 8}


class SoundFileSignal:
    """A mono sound file that is read as it is needed.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._file, self._lock = soundfile.SoundFile(path), Lock()

    def __len__(self) -> int:
        return int(self._file.frames)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        begin, end, _ = part.indices(len(self))
        with self._lock:
            self._file.seek(begin)
            return np.asarray(self._file.read(max(0, end - begin), dtype="float32"))


def open_mono(path: Path, sample_rate_hz: int) -> Signal:
    """Give a sound file as a mono signal, without holding it where it can be read in pieces.

    Parameters
    ----------
    path : Path
        A mono WAV file at the rate wanted is read in pieces; anything else is read whole.
    sample_rate_hz : int

    Returns
    -------
    Signal

    Raises
    ------
    InputError
        As `audio.read_mono`.
    """
    if not _is_plain(path, sample_rate_hz):
        return read_mono(path, sample_rate_hz)
    signal = SoundFileSignal(path)
    peak = 0.0
    for piece in pieces(signal):
        peak = max(peak, float(np.abs(piece).max()))
        if not np.isfinite(piece).all():
            raise InputError(f"{path.name} holds NaN or infinity; export it again as WAV or FLAC")
    if peak < SILENCE_PEAK:
        raise InputError(f"{path.name} holds only silence (peak {peak:.1e}); is it the right file?")
    return signal


def _is_plain(path: Path, sample_rate_hz: int) -> bool:
    """Whether a file is a whole mono PCM or float WAV file at a rate."""
    try:
        info = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError):
        return False
    n_bytes = info.frames * SAMPLE_BYTES.get(info.subtype, 1 << 40)
    return (
        (info.format, info.channels, info.samplerate) == ("WAV", 1, sample_rate_hz)
        and info.frames > 0
        and n_bytes <= os.path.getsize(path)
        and "should be" not in info.extra_info
    )


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
        libsndfile's name of the encoding, such as ``PCM_24``.
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
    size = n_samples * n_channels * SAMPLE_BYTES.get(subtype, 8)
    container = "WAV" if size < _LARGEST_WAV else "RF64"
    with replacing(path) as temporary, _Disk(temporary, "w+") as disk:
        try:
            with soundfile.SoundFile(
                disk, "w", sample_rate_hz, n_channels, subtype, format=container
            ) as file:
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
