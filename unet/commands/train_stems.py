"""`train.py` for stems: vocals, drums, bass and the rest, on the waveform or the spectrogram."""

from __future__ import annotations

import argparse
from pathlib import Path

from unet.commands.loading import after_loading
from unet.commands.song_options import add_song_options, named_data
from unet.commands.task_command import Task
from unet.commands.training_options import add_training_options, training_plan
from vocal_separation_sanity_check.errors import InputError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a training for stems.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--data", metavar="DIR", type=Path, nargs="+", help="folders of songs with four stems"
    )
    parser.add_argument(
        "--model",
        choices=("waveunet", "unet"),
        default="unet",
        help="on the waveform (1-D), or on the spectrogram (2-D, default)",
    )
    parser.add_argument(
        "--depth", metavar="N", type=int, default=4, help="halvings, 1 to 8 (default: 4)"
    )
    parser.add_argument(
        "--loss",
        choices=("mse", "l1", "sdr"),
        default="mse",
        help="mean squared or absolute difference of the sounds, or their signal-to-distortion"
        " ratio (default: mse)",
    )
    add_song_options(parser)
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what the network costs, and for which batch a memory suffices; train nothing",
    )
    add_training_options(parser, epochs=30, batch_size=8, learning_rate=1e-3)


def train(options: argparse.Namespace) -> None:
    """Train a network for stems; write ``model.safetensors`` beside the checkpoints.

    Parameters
    ----------
    options : argparse.Namespace
        With the flags of `add_options` and ``workspace``.

    Raises
    ------
    InputError
        If the data or a flag cannot be used.
    """
    from unet.model_files import save_model
    from unet.songs import (
        StemRecipe,
        check_stems,
        find_songs,
        split_songs,
        told_cost,
        train_for_stems,
    )
    from unet.training import is_first_process

    if options.steps < 1:
        raise InputError(f"--steps is {options.steps}, wanted 1 or more")
    recipe = StemRecipe(
        model=options.model,
        depth=options.depth,
        loss=options.loss,
        n_batches=options.steps,
        n_examples=options.batch_size,
        learning_rate=options.learning_rate,
    )
    if options.dry_run:
        print(told_cost(recipe, amp=options.amp))
        return
    if options.data is None:
        raise InputError("--data is missing; wanted folders of songs with stems, see --help")
    plan = training_plan(options)
    data = named_data(options.data, options.licence)
    training, validation = split_songs(find_songs(options.data))
    for songs in (training, validation):
        check_stems(songs, recipe.sources)
    cache = options.cache or plan.checkpoints / "spectrograms"
    trained = train_for_stems(training, validation, recipe, plan, cache)
    if is_first_process():
        path = plan.checkpoints / "model.safetensors"
        save_model(path, trained.network, trained.settings, trained.metadata(data))
        print(f"Wrote {path}.")


training_for_stems = Task(
    description="Train a network on songs: sound in, vocals, drums, bass and the rest out.",
    example="--task stems --data songs/ --model waveunet --depth 6",
    add_options=add_options,
    load=after_loading(train, "separating", "songs", "training"),
)
