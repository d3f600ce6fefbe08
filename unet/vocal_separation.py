"""`separate.py`: songs to vocals and music."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unet.sound_stream import (
    SoundInfo,
    inspect,
    pieces,
    readable,
    resampled,
    split_samples,
    stem_writer,
)
from unet.training_options import add_device_option
from vocal_separation_sanity_check.errors import SILENCE_PEAK
from vocal_separation_sanity_check.files import replacing

if TYPE_CHECKING:
    from unet.mask_network import MaskNetwork

SHIPPED_MODEL = Path(__file__).parent / "vocals.safetensors"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `separate.py`.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="songs, any format")
    parser.add_argument(
        "--model", metavar="FILE", type=Path, default=SHIPPED_MODEL, help="default: ours"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        help="where to write SONG/vocals.wav and SONG/music.wav (default: separated/)",
    )
    add_device_option(parser)


def separate(options: argparse.Namespace) -> None:
    """Separate files.

    Parameters
    ----------
    options : argparse.Namespace
        With the flags of `add_options` and ``workspace``.

    Raises
    ------
    InputError
        If a file or the model cannot be used.
    """
    from unet.devices import chosen_device, explained_memory

    device = chosen_device(options.device)
    network = load_network(options.model).to(device)
    output = options.output or options.workspace / "separated"
    with explained_memory("nothing here: use --device cpu"):
        for path, name in zip(options.files, folder_names(options.files), strict=True):
            separate_file(path, output / name, network)


def load_network(path: Path) -> MaskNetwork:
    """Read a model file for vocals.

    Parameters
    ----------
    path : Path

    Returns
    -------
    MaskNetwork

    Raises
    ------
    InputError
        If it is not one.
    """
    import torch

    from unet.mask_network import MaskNetwork
    from unet.model_files import load_model

    network = load_model(path, "vocals").network
    assert isinstance(network, MaskNetwork)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def folder_names(files: Sequence[Path]) -> list[str]:
    """Name a folder for each song.

    Parameters
    ----------
    files : sequence of Path

    Returns
    -------
    list of str
        The names without their extension; a number follows where two are alike.
    """
    names: list[str] = []
    for path in files:
        name, number = path.stem, 2
        while name.casefold() in {other.casefold() for other in names}:
            name, number = f"{path.stem}-{number}", number + 1
        names.append(name)
    return names


def separate_file(path: Path, folder: Path, network: MaskNetwork) -> None:
    """Write `vocals.wav` and `music.wav` of one song, or neither.

    Rate, channels, length and sample format are those of the file (32-bit float for what a
    decoder computes, such as MP3); the two sum to the song.

    Parameters
    ----------
    path : Path
    folder : Path
        Where to write.
    network : MaskNetwork

    Raises
    ------
    InputError
        If the song cannot be read, or the stems not be written.
    """
    with ExitStack() as stack:
        source = stack.enter_context(readable(path))
        info = inspect(source, path.name)
        vocals_path = stack.enter_context(replacing(folder / "vocals.wav"))
        music_path = stack.enter_context(replacing(folder / "music.wav"))
        vocals_file = stack.enter_context(stem_writer(vocals_path, info))
        music_file = stack.enter_context(stem_writer(music_path, info))
        seconds = info.n_samples / info.sample_rate_hz
        bar = stack.enter_context(
            tqdm(total=round(seconds), desc=path.name, unit="s", disable=None)
        )
        mixture = _Pieces(pieces(source))
        n_done = 0
        for vocals in vocals_stream(pieces(source), info, network):
            song = mixture.take(len(vocals))
            for file, stem in zip(
                (vocals_file, music_file),
                split_samples(song, vocals, info.stem_subtype),
                strict=True,
            ):
                file.write(stem)
            n_done += len(vocals)
            bar.update(round(n_done / info.sample_rate_hz) - bar.n)
    print(f"{path.name}: wrote {folder}/vocals.wav and music.wav")


def separate_sound(
    sound: NDArray[np.float32], sample_rate_hz: int, network: MaskNetwork
) -> NDArray[np.float32]:
    """Take the vocals out of a sound in memory.

    Parameters
    ----------
    sound : float32, shape (n_samples, n_channels)
    sample_rate_hz : int
    network : MaskNetwork

    Returns
    -------
    float32, shape (n_samples, n_channels)
        The vocals; the music is the rest.
    """
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    info = SoundInfo(len(sound), sound.shape[1], sample_rate_hz, "FLOAT", level)
    return np.concatenate(list(vocals_stream(iter([sound]), info, network)))


def vocals_stream(
    sound: Iterator[NDArray[np.floating]], info: SoundInfo, network: MaskNetwork
) -> Iterator[NDArray[np.float32]]:
    """Take the vocals out of a stream, at its own sampling rate.

    Parameters
    ----------
    sound : iterator of float, shape (n, n_channels)
    info : SoundInfo
        Of the whole.
    network : MaskNetwork

    Yields
    ------
    float32, shape (n, n_channels)
        As many samples as came in; zeros for silence.
    """
    from unet.block_masking import vocals_of

    if info.level < SILENCE_PEAK:
        yield from (np.zeros(piece.shape, np.float32) for piece in sound)
        return
    rate = network.front_end.sample_rate_hz
    n_there = -(-info.n_samples * rate // info.sample_rate_hz)
    there = resampled(sound, info.sample_rate_hz, rate, n_there)
    vocals = vocals_of(there, n_there, info.level, network)
    yield from resampled(vocals, rate, info.sample_rate_hz, info.n_samples)


class _Pieces:
    """A stream that gives as many samples as asked for."""

    def __init__(self, stream: Iterator[NDArray[np.float64]]) -> None:
        self._stream = stream
        self._held: NDArray[np.float64] | None = None

    def take(self, n_samples: int) -> NDArray[np.float64]:
        held = next(self._stream) if self._held is None else self._held
        while len(held) < n_samples:
            held = np.concatenate([held, next(self._stream)])
        self._held = held[n_samples:]
        return held[:n_samples]
