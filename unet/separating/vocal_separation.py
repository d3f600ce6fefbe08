"""Take the vocals out of songs: of files, of sounds in memory, and of streams."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unet.separating.block_masking import vocals_of
from unet.separating.song_network import SongNetwork
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.sound import (
    SILENCE_PEAK,
    HeldChunks,
    SoundInfo,
    opened,
    resampled,
    sound_info,
    split_samples,
    writing_wav,
)

STEMS = ("vocals.wav", "music.wav")
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s [{elapsed}<{remaining}]"


def separate_file(path: Path, folder: Path, network: SongNetwork) -> None:
    """Write ``vocals.wav`` and ``music.wav`` of one song, or neither.

    Rate, channels, length and sample format are those of the file (32-bit float for what a
    decoder computes, such as MP3); the two sum to the song.

    Parameters
    ----------
    path : Path
    folder : Path
        Where to write.
    network : SongNetwork

    Raises
    ------
    InputError
        If the song cannot be read or changes meanwhile, the network makes no sound of it, or the
        stems cannot be written.
    """
    before = _state(path)
    info = sound_info(path, with_bar=True)
    with ExitStack() as stack:
        # Read twice at one time: the network looks ahead of what is written.
        given, seen = (stack.enter_context(opened(path)).chunks() for _ in range(2))
        stems = [
            stack.enter_context(
                writing_wav(
                    folder / name,
                    info.sample_rate_hz,
                    info.n_channels,
                    info.subtype,
                    info.n_samples,
                )
            )
            for name in STEMS
        ]
        n_bytes, n_free = len(STEMS) * info.n_stem_bytes, shutil.disk_usage(folder).free
        if n_bytes > n_free:
            raise InputError(
                f"{folder} has room for {n_free / 1e6:.1f} MB, the stems of {path.name} take"
                f" {n_bytes / 1e6:.1f} MB"
            )
        bar = stack.enter_context(
            tqdm(
                total=info.n_samples / info.sample_rate_hz,
                desc=printable(path.name),
                disable=None,
                leave=False,
                bar_format=_BAR,
            )
        )
        mixture = HeldChunks(given)
        for vocals in vocals_stream(seen, info, network):
            part = mixture.take(len(vocals))
            if len(part) < len(vocals) or _state(path) != before:
                raise InputError(
                    f"{path.name} changed while it was being separated; once it is at rest, run"
                    " this again"
                )
            for write, stem in zip(stems, split_samples(part, vocals, info.subtype), strict=True):
                write(stem)
            bar.update(len(vocals) / info.sample_rate_hz)
    print(printable(f"{path.name}: wrote {folder}/vocals.wav and music.wav"))


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes with a file's content; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def separate_sound(
    sound: NDArray[np.float32], sample_rate_hz: int, network: SongNetwork
) -> NDArray[np.float32]:
    """Take the vocals out of a sound in memory.

    Parameters
    ----------
    sound : float32, shape (n_samples, n_channels)
    sample_rate_hz : int
    network : SongNetwork

    Returns
    -------
    float32, shape (n_samples, n_channels)
        The vocals; the music is the rest.
    """
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    info = SoundInfo(len(sound), sound.shape[1], sample_rate_hz, "FLOAT", level)
    return np.concatenate(list(vocals_stream(iter([sound]), info, network)))


def vocals_stream(
    sound: Iterator[NDArray[np.floating]], info: SoundInfo, network: SongNetwork
) -> Iterator[NDArray[np.float32]]:
    """Take the vocals out of a stream, at its own sampling rate.

    Parameters
    ----------
    sound : iterator of float, shape (n, n_channels)
    info : SoundInfo
        Of the whole.
    network : SongNetwork

    Yields
    ------
    float32, shape (n, n_channels)
        As many samples as came in; zeros for silence.
    """
    if info.level < SILENCE_PEAK:
        yield from (np.zeros(chunk.shape, np.float32) for chunk in sound)
        return
    rate = network.front_end.sample_rate_hz
    n_there = -(-info.n_samples * rate // info.sample_rate_hz)
    there = resampled(sound, info.sample_rate_hz, rate, n_there)
    vocals = vocals_of(there, n_there, info.level, network)
    yield from resampled(vocals, rate, info.sample_rate_hz, info.n_samples)
