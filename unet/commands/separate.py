"""`separate.py`: songs to vocals and music, without an acapella."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from unet.commands.loading import after_loading
from unet.commands.separate_summary import SUMMARY_NAME, SeparatedSong, write_summary
from unet.commands.training_options import add_device_option
from vocal_separation_sanity_check.commands import Command
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import ERROR_LOG_NAME, clear_unfinished, log_error
from vocal_separation_sanity_check.names import printable

LOWER = "what other programs use, or take --device cpu"
"""What a user should do where memory runs out."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a separation.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="songs, any format")
    parser.add_argument(
        "--model", metavar="FILE", type=Path, help=".onnx, or .safetensors (default: ours)"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        help="where to write vocals.wav and music.wav, or a stems model's four; of several songs"
        " into a folder each (default: separated/SONG/)",
    )
    parser.add_argument(
        "--format",
        choices=("wav", "flac", "mp3"),
        default="wav",
        help="of the stems: wav as the song is (default); flac, up to 24 bits; mp3 at LAME's best"
        " variable bit rate (V0), in step with the song",
    )
    parser.add_argument(
        "--page", action="store_true", help="also write listen.html, to hear and see them"
    )
    add_device_option(parser)


def separate_songs(options: argparse.Namespace) -> None:
    """Separate files; where one fails, the others still get their turn, whatever was raised.

    Parameters
    ----------
    options : argparse.Namespace
        With the flags of `add_options` and ``workspace``.

    Raises
    ------
    InputError
        If a file or the model cannot be used.
    """
    from unet.memory import explained_memory
    from unet.separating import (
        MODEL_IN_A_LINE,
        SHIPPED_MODEL,
        SHIPPED_STEMS,
        SHIPPED_WEIGHTS,
        load_network,
        separate_file,
    )

    usual = options.workspace / "separated"
    model: Path | None = options.model
    network, _ = load_network(model, options.device)
    names = [f"{stem}.{options.format}" for stem in network.stems]
    folders = output_folders(options.files, options.output, usual, names)
    for left in (usual, *usual.glob("*/")):
        clear_unfinished(left)
    songs: list[SeparatedSong] = []
    for path, folder in zip(options.files, folders, strict=True):
        log = folder / ERROR_LOG_NAME
        duration_s, reason, began_s = 0.0, "", perf_counter()
        try:
            with explained_memory(LOWER):
                info = separate_file(path, folder, network, options.format, with_page=options.page)
            duration_s = info.duration_s
            if len(folders) > 1:
                log.unlink(missing_ok=True)
        except Exception as error:
            if len(folders) == 1:
                raise
            reason = str(error) if isinstance(error, InputError) else log_error(error, log, log)
            print(printable(f"{path.name}: {reason}"), file=sys.stderr)
        songs.append(SeparatedSong(path, folder, duration_s, perf_counter() - began_s, reason))
    failed = [song.file.name for song in songs if song.reason]
    if len(songs) > 1:
        print(printable(write_summary(songs, options.output or usual)))
    shipped = (SHIPPED_MODEL, SHIPPED_WEIGHTS, SHIPPED_STEMS)
    is_ours = model is None or any(map(model.samefile, shipped))
    if is_ours and len(failed) < len(folders):
        print(MODEL_IN_A_LINE)
    if failed:
        raise InputError(f"{len(failed)} of {len(folders)} songs failed: {', '.join(failed)}")


def output_folders(
    files: Sequence[Path], output: Path | None, usual: Path, stems: Sequence[str]
) -> list[Path]:
    """Find a folder for each song.

    Parameters
    ----------
    files : sequence of Path
    output : Path or None
        As asked for: of one song the folder itself, of several the folder that theirs are in.
    usual : Path
        What the songs' folders are in if nothing was asked for.
    stems : sequence of str
        The names of their files.

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
        names: list[str] = [SUMMARY_NAME]
        for path in files:
            name, number = path.stem, 2
            while name.casefold() in {other.casefold() for other in names}:
                name, number = f"{path.stem}-{number}", number + 1
            names.append(name)
        folders = [(output or usual) / name for name in names[1:]]
    written = {(folder / stem).resolve() for folder in folders for stem in stems}
    for path in files:
        if path.resolve() in written:
            raise InputError(
                f"{path} would be overwritten by its own stems; name another folder: -o"
            )
    return folders


separate_vocals = Command(
    script="separate",
    program="separate-vocals",
    description="Split songs into vocals and music with a trained network.",
    example="song.mp3 -o stems/",
    add_options=add_options,
    load=after_loading(separate_songs, "separating"),
)
