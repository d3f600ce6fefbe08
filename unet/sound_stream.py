"""Sound files read piece by piece, for songs longer than memory."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from vocal_separation_sanity_check.audio import (
    SAMPLE_RATES_HZ,
    UNKNOWN_FRAMES,
    SeekableAnywhere,
    check_complete,
    cut_off,
    quiet_decoder,
)
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound_streams import BITS, SAMPLE_BYTES

PIECE = 1 << 17
"""Samples read at a time."""


@dataclass(frozen=True)
class SoundInfo:
    """What was found out about a file on a first reading.

    Attributes
    ----------
    n_samples, n_channels, sample_rate_hz : int
    stem_subtype : str
        `soundfile`'s name of the sample format for stems: that of the file where WAV has it, and
        32-bit float for what a decoder computes.
    level : float
        Root mean square over samples and channels.
    """

    n_samples: int
    n_channels: int
    sample_rate_hz: int
    stem_subtype: str
    level: float

    @property
    def n_stem_bytes(self) -> int:
        """Size of a stem's file."""
        return self.n_samples * self.n_channels * SAMPLE_BYTES[self.stem_subtype]


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """Give a file that libsndfile reads: the same, or what ffmpeg makes of it.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Path
        A copy in 32-bit float exists only until the block ends.

    Raises
    ------
    InputError
        If neither can read it.
    """
    try:
        with _opened(path) as (sound, _):
            is_known = sound.frames < UNKNOWN_FRAMES
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (soundfile.LibsndfileError, TypeError):  # TypeError: a file named .raw
        is_known = False
    if is_known:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="separate-") as folder:
        copy = Path(folder) / "decoded.wav"
        _decode(path, copy)
        yield copy


def inspect(path: Path, name: str) -> SoundInfo:
    """Read a file through once: length, level, and whether it is sound all the way.

    Parameters
    ----------
    path : Path
        That libsndfile reads.
    name : str
        For messages.

    Returns
    -------
    SoundInfo

    Raises
    ------
    InputError
        If it is cut off, empty, or holds NaN or infinity.
    """
    total, n_samples = 0.0, 0
    try:
        with _opened(path) as (sound, file):
            rate = sound.samplerate
            if not SAMPLE_RATES_HZ[0] <= rate <= SAMPLE_RATES_HZ[1]:
                raise InputError(f"{name} claims {rate} samples a second; its header is damaged")
            bar = tqdm(
                _blocks(sound), f"{name}: reading", -(-sound.frames // PIECE), False, disable=None
            )
            for piece in bar:
                total += float(np.square(piece).sum())
                if not np.isfinite(total):
                    raise InputError(
                        f"{name} holds NaN or infinity near second {n_samples / rate:.0f}; export"
                        " it again"
                    )
                n_samples += len(piece)
            check_complete(sound, file, n_samples, name)
            n_channels, subtype = sound.channels, _stem_subtype(sound.subtype)
    except soundfile.LibsndfileError as error:
        raise cut_off(name) from error
    if n_samples == 0:
        raise InputError(f"{name} holds no sound (0 samples)")
    level = float(np.sqrt(total / (n_samples * n_channels)))
    return SoundInfo(n_samples, n_channels, rate, subtype, level)


def pieces(path: Path) -> Iterator[NDArray[np.float64]]:
    """Read a file piece by piece.

    Parameters
    ----------
    path : Path

    Yields
    ------
    float64, shape (n, n_channels)
        So that 32-bit integers survive.
    """
    with _opened(path) as (sound, _):
        yield from _blocks(sound)


def resampled(
    sound: Iterable[NDArray[np.floating]], from_hz: int, to_hz: int, n_wanted: int
) -> Iterator[NDArray[np.float32]]:
    """Resample a stream; the outcome is exactly so many samples long.

    Parameters
    ----------
    sound : iterable of float, shape (n, n_channels)
    from_hz, to_hz : int
    n_wanted : int

    Yields
    ------
    float32, shape (n, n_channels)
    """
    given, n_channels = 0, 1
    resampler: soxr.ResampleStream | None = None
    for piece in sound:
        n_channels = piece.shape[1]
        out = np.ascontiguousarray(piece, np.float32)
        if from_hz != to_hz:
            if resampler is None:
                resampler = soxr.ResampleStream(from_hz, to_hz, n_channels, "float32", "HQ")
            out = resampler.resample_chunk(out)
        out = out[: n_wanted - given]
        given += len(out)
        yield out
    if resampler is not None:
        rest = resampler.resample_chunk(np.zeros((0, n_channels), np.float32), last=True)
        rest = rest[: n_wanted - given]
        given += len(rest)
        yield rest
    if given < n_wanted:
        yield np.zeros((n_wanted - given, n_channels), np.float32)


def split_samples(
    mixture: NDArray[np.float64], vocals: NDArray[np.float32], subtype: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Round vocals to what a file can hold and take them off, so that both sum to the mixture.

    Parameters
    ----------
    mixture : float64, shape (n, n_channels)
        As read from a file of the same sample format.
    vocals : float32, shape (n, n_channels)
    subtype : str
        Of the stems.

    Returns
    -------
    vocals, music : float64, shape (n, n_channels)
        Where either would clip, the other takes what is too much.
    """
    rounded = vocals.astype(np.float64)
    bits = BITS.get(subtype)
    if bits is None:
        return rounded, mixture - rounded
    scale = 2.0 ** (bits - 1)
    rounded = np.clip(np.round(rounded * scale), -scale, scale - 1) / scale
    music = np.clip(mixture - rounded, -1, (scale - 1) / scale)
    return mixture - music, music


def _stem_subtype(subtype: str) -> str:
    if subtype == "PCM_S8":
        return "PCM_U8"  # eight bits have no sign in WAV
    return subtype if subtype in (*BITS, "DOUBLE") else "FLOAT"


@contextmanager
def _opened(path: Path) -> Iterator[tuple[soundfile.SoundFile, BinaryIO]]:
    """Open here, so that a name like ``-`` is only a name."""
    with SeekableAnywhere(path) as file:
        with quiet_decoder():
            sound = soundfile.SoundFile(file)
        with sound:
            yield sound, file


def _blocks(sound: soundfile.SoundFile) -> Iterator[NDArray[np.float64]]:
    while True:
        with quiet_decoder():  # and no longer: the bar is on the same terminal
            piece = sound.read(PIECE, dtype="float64", always_2d=True)
        if not len(piece):
            return
        yield piece


def _decode(path: Path, copy: Path) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError(
            f"{path.name} is not WAV, FLAC, OGG, Opus, MP3 or AIFF, and other formats need ffmpeg,"
            " which is not installed"
        )
    reading = ["-xerror", "-protocol_whitelist", "file,pipe", "-i", f"file:{path}"]
    writing = ["-map", "0:a:0", "-c:a", "pcm_f32le", "-rf64", "auto", str(copy)]
    done = subprocess.run(
        [program, "-v", "error", "-nostdin", *reading, *writing], capture_output=True, check=False
    )
    if done.returncode != 0:
        raise InputError(
            f"{path.name} is not a sound file, or is damaged: neither libsndfile nor ffmpeg can"
            " read it; is it complete?"
        )
