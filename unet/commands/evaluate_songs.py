"""`evaluate.py` on songs whose stems are known: how good a model is for vocals, or for stems."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from unet.commands.loading import after_loading
from unet.commands.separate import LOWER
from unet.commands.task_command import Task
from unet.commands.training_options import add_device_option


def add_options(parser: argparse.ArgumentParser, *, is_shipped: bool) -> None:
    """Add the flags of an evaluation on songs.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    is_shipped : bool
        Whether a model comes with the program.
    """
    parser.add_argument(
        "--data", metavar="DIR", type=Path, nargs="+", required=True, help="folders of songs"
    )
    parser.add_argument(
        "--model",
        "-m",
        metavar="FILE",
        type=Path,
        required=not is_shipped,
        help=f".onnx, or .safetensors{' (default: ours)' if is_shipped else ''}",
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="where to write (default: evaluation.csv)"
    )
    add_device_option(parser)


def evaluate(options: argparse.Namespace) -> None:
    """Print and write the scores of a model, and of what it has to be compared with.

    The stems are scored together against the song's own, at its sampling rate and in all its
    channels, by BSSEval v4, SI-SDR and mean squared error; beside them the mixture itself (nothing
    done), of vocals and music REPET-SIM (nothing learnt), and the phase-sensitive mask, which knows
    the stems.

    Parameters
    ----------
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.

    Raises
    ------
    InputError
        If the data or the model cannot be used.
    """
    from unet.memory import explained_memory
    from unet.separating import load_network
    from unet.songs import (
        find_songs,
        judge_songs,
        methods_to_compare,
        overall,
        overall_table,
        song_table,
        songs_to_judge,
        write_csv,
    )

    network, metadata = load_network(options.model, options.device)
    songs, which = songs_to_judge(find_songs(options.data), metadata, network.stems)
    print(f"{len(songs)} songs: {which}", flush=True)
    with explained_memory(LOWER):
        rows = judge_songs(songs, network.stems, methods_to_compare(network))
    summary = overall(rows)
    path = options.csv or options.workspace / "evaluation.csv"
    write_csv(path, rows + summary)
    print(song_table(rows), overall_table(summary), sep="\n\n")
    print(
        f"\nSDR, SIR, SAR: BSSEval v4, {len(network.stems)} stems together, median of 1 s frames,"
        "\noverall the median over songs. SI-SDR and MSE (full scale at 1): whole songs, overall"
        " the mean."
        f"\nWrote {path}."
    )


evaluation_on_songs = Task(
    description="Compare a model's vocals and music with the real ones: SDR, SIR, SAR, SI-SDR.",
    example="--task vocals --data songs/ --model model.safetensors",
    add_options=partial(add_options, is_shipped=True),
    load=after_loading(evaluate, "separating", "songs"),
)
evaluation_of_stems = Task(
    description="Compare a model's stems with the real ones: SDR, SIR, SAR, SI-SDR, MSE.",
    example="--task stems --data songs/ --model model.safetensors",
    add_options=partial(add_options, is_shipped=False),
    load=after_loading(evaluate, "separating", "songs"),
)
