"""`evaluate.py` for vocals: how good a model is on songs whose stems are known."""

from __future__ import annotations

import argparse
from pathlib import Path

from unet.commands.loading import after_loading
from unet.commands.separate import LOWER
from unet.commands.task_command import Task
from unet.commands.training_options import add_device_option


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of an evaluation on songs.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--data", metavar="DIR", type=Path, nargs="+", required=True, help="folders of songs"
    )
    parser.add_argument(
        "--model", "-m", metavar="FILE", type=Path, help=".onnx, or .safetensors (default: ours)"
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="where to write (default: evaluation.csv)"
    )
    add_device_option(parser)


def evaluate(options: argparse.Namespace) -> None:
    """Print and write the scores of a model, and of what it has to be compared with.

    Vocals and music are scored together against the song's own, at its sampling rate and in all
    its channels, by BSSEval v4 and SI-SDR; beside them the mixture itself (nothing done), REPET-SIM
    (nothing learnt), and the phase-sensitive mask, which knows the vocals.

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
    songs, which = songs_to_judge(find_songs(options.data), metadata)
    print(f"{len(songs)} songs: {which}", flush=True)
    with explained_memory(LOWER):
        rows = judge_songs(songs, methods_to_compare(network))
    summary = overall(rows)
    path = options.csv or options.workspace / "evaluation.csv"
    write_csv(path, rows + summary)
    print(song_table(rows), overall_table(summary), sep="\n\n")
    print(
        "\nSDR, SIR, SAR: BSSEval v4, vocals and music together, median of 1 s frames,"
        "\noverall the median over songs. SI-SDR: whole songs, overall the mean."
        f"\nWrote {path}."
    )


evaluation_on_songs = Task(
    description="Compare a model's vocals and music with the real ones: SDR, SIR, SAR, SI-SDR.",
    example="--task vocals --data songs/ --model model.safetensors",
    add_options=add_options,
    load=after_loading(evaluate, "separating", "songs"),
)
