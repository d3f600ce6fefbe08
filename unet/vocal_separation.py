"""`separate.py`: songs to vocals and music."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
)
from unet.training_options import add_device_option
from vocal_separation_sanity_check.errors import SILENCE_PEAK, InputError
from vocal_separation_sanity_check.sound_streams import writing_wav

if TYPE_CHECKING:
    from unet.mask_network import MaskNetwork

SHIPPED_MODEL = Path(__file__).parent / "vocals.safetensors"
STEMS = ("vocals.wav", "music.wav")
LOWER = "what other programs use, or take --device cpu"
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s [{elapsed}<{remaining}]"


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
        help="where to write vocals.wav and music.wav; of several songs into a folder each"
        " (default: separated/SONG/)",
    )
    add_device_option(parser)


def separate(options: argparse.Namespace) -> None:
    """Separate files; one that fails does not keep the others from their turn.

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

    folders = output_folders(options.files, options.output, options.workspace / "separated")
    device = chosen_device(options.device)
    network = load_network(options.model)[0].to(device)
    failed: list[str] = []
    for path, folder in zip(options.files, folders, strict=True):
        try:
            with explained_memory(LOWER):
                separate_file(path, folder, network)
        except InputError as error:
            if len(folders) == 1:
                raise
            print(f"{path.name}: {error}", file=sys.stderr)
            failed.append(path.name)
    if failed:
        raise InputError(f"{len(failed)} of {len(folders)} songs failed: {', '.join(failed)}")


def load_network(path: Path) -> tuple[MaskNetwork, dict[str, Any]]:
    """Read a model file for vocals.

    Parameters
    ----------
    path : Path

    Returns
    -------
    network : MaskNetwork
        Ready for `separate_sound`.
    metadata : dict
        What the file says about the training.

    Raises
    ------
    InputError
        If it is not one.
    """
    from unet.mask_network import MaskNetwork
    from unet.model_files import load_model

    network, _, metadata = load_model(path, "vocals")
    assert isinstance(network, MaskNetwork)
    return network.made_quick(), metadata


def output_folders(files: Sequence[Path], output: Path | None, usual: Path) -> list[Path]:
    """Find a folder for each song.

    Parameters
    ----------
    files : sequence of Path
    output : Path or None
        As asked for: of one song the folder itself, of several the folder that theirs are in.
    usual : Path
        What the songs' folders are in if nothing was asked for.

    Returns
    -------
    list of Path
        Named after the songs without their extension; a number follows where two are alike.

    Raises
    ------
    InputError
        If a song would be overwritten by its own stems.
    """
    if output is not None and len(files) == 1:
        folders = [output]
    else:
        names: list[str] = []
        for path in files:
            name, number = path.stem, 2
            while name.casefold() in {other.casefold() for other in names}:
                name, number = f"{path.stem}-{number}", number + 1
            names.append(name)
        folders = [(output or usual) / name for name in names]
    written = {(folder / stem).resolve() for folder in folders for stem in STEMS}
    for path in files:
        if path.resolve() in written:
            raise InputError(
                f"{path} would be overwritten by its own stems; name another folder: -o"
            )
    return folders


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
        stems = [
            stack.enter_context(
                writing_wav(
                    folder / name,
                    info.sample_rate_hz,
                    info.n_channels,
                    info.stem_subtype,
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
                desc=path.name,
                disable=None,
                leave=False,
                bar_format=_BAR,
            )
        )
        mixture = _Pieces(pieces(source))
        for vocals in vocals_stream(pieces(source), info, network):
            parts = split_samples(mixture.take(len(vocals)), vocals, info.stem_subtype)
            for write, part in zip(stems, parts, strict=True):
                write(part)
            bar.update(len(vocals) / info.sample_rate_hz)
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
