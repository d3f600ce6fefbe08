"""`train.py` for vocals: from folders of songs to a model file."""

from __future__ import annotations

import argparse
from pathlib import Path

from unet.commands.loading import after_loading
from unet.commands.song_options import add_song_options, named_data
from unet.commands.task_command import Task
from unet.commands.training_options import add_training_options, training_plan
from vocal_separation_sanity_check.errors import InputError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a training on songs.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--data", metavar="DIR", type=Path, nargs="+", required=True, help="folders of songs"
    )
    parser.add_argument(
        "--model",
        choices=("tdf", "unet", "jansson"),
        default="tdf",
        help="network: the shipped one's, the one for cars, Jansson et al. 2017 (default: tdf)",
    )
    parser.add_argument(
        "--sources",
        metavar="NAMES",
        default="vocals",
        help="what to learn a mask for: vocals, or vocals,drums,bass,other (default: vocals)",
    )
    parser.add_argument(
        "--loss",
        choices=("l1", "mse", "mask", "sdr"),
        help="l1 or mse of the masked magnitude, l1 of the mask, or the signal-to-distortion"
        " ratio of the complex spectrum (default: sdr for tdf, else l1)",
    )
    add_song_options(parser)
    add_training_options(parser, epochs=30, batch_size=12, learning_rate=1e-3)


def train(options: argparse.Namespace) -> None:
    """Train a network on songs; write ``model.safetensors`` and ``model.onnx`` beside checkpoints.

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
    from unet.separating import export_onnx
    from unet.songs import Recipe, check_stems, find_songs, split_songs, train_on_songs
    from unet.training import is_first_process

    plan = training_plan(options)
    if options.steps < 1:
        raise InputError(f"--steps is {options.steps}, wanted 1 or more")
    sources = chosen_sources(options.sources)
    data = named_data(options.data, options.licence)
    training, validation = split_songs(find_songs(options.data))
    check_stems(training, sources)
    check_stems(validation, sources)
    trained = train_on_songs(
        training,
        validation,
        Recipe(
            body=options.model,
            sources=sources,
            loss=options.loss,
            n_batches=options.steps,
            n_examples=options.batch_size,
            learning_rate=options.learning_rate,
        ),
        plan,
        options.cache or plan.checkpoints / "spectrograms",
    )
    if not is_first_process():
        return
    path = plan.checkpoints / "model.safetensors"
    metadata = trained.metadata(data)
    save_model(path, trained.network, trained.settings, metadata)
    export_onnx(path.with_suffix(".onnx"), trained.network, metadata)
    print(f"Wrote {path} and {path.with_suffix('.onnx').name}.")


def chosen_sources(names: str) -> tuple[str, ...]:
    """Read ``--sources``.

    Parameters
    ----------
    names : str
        Joined by commas.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        If a name is unknown, twice there, or vocals are not the first.
    """
    sources = tuple(name.strip() for name in names.split(","))
    known = ("vocals", "drums", "bass", "other")
    if sources[0] != "vocals" or len(set(sources)) < len(sources) or set(sources) - set(known):
        raise InputError(
            f"--sources is {names!r}, wanted vocals first and then any of drums, bass, other"
        )
    return sources


training_on_songs = Task(
    description="Train a network on songs: spectrogram in, masks out.",
    example="--task vocals --data songs/ --model unet",
    add_options=add_options,
    load=after_loading(train, "separating", "songs", "training"),
)
