"""`train.py --task vocals`: from folders of songs to a model file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from unet.training_options import add_training_options, training_plan
from vocal_separation_sanity_check.errors import InputError

if TYPE_CHECKING:
    from unet.front_end import FrontEnd
    from unet.song_folders import Song
    from unet.stem_cache import CachedSong

N_WINDOWS = 128
"""Of a training example, as in Jansson et al. 2017."""

CALIBRATION_BATCH = 1 << 40
"""A batch that no epoch uses."""

LOSS_OF = {"tdf": "sdr", "unet": "l1", "jansson": "l1"}
WEIGHT_DECAY_OF = {"tdf": 1e-2, "unet": 0.0, "jansson": 0.0}
"""Without decay AdamW is Adam, as in Jansson et al. 2017."""
MANY_SONGS = 10
"""An artist with more songs than this gives each at one speed only; there is variety enough."""


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
    parser.add_argument(
        "--steps", metavar="N", type=int, default=200, help="batches an epoch (default: 200)"
    )
    parser.add_argument(
        "--licence",
        metavar="TEXT",
        nargs="+",
        help="of each folder of songs, for the model file (default: not stated)",
    )
    parser.add_argument(
        "--cache",
        metavar="DIR",
        type=Path,
        help="where spectrograms are kept between runs (default: spectrograms/ among checkpoints)",
    )
    add_training_options(parser, epochs=30, batch_size=12, learning_rate=1e-3)


def train(options: argparse.Namespace) -> None:
    """Train a network on songs and write ``model.safetensors`` beside its checkpoints.

    Parameters
    ----------
    options : argparse.Namespace
        With the flags of `add_options` and ``workspace``.

    Raises
    ------
    InputError
        If the data or a flag cannot be used.
    """
    import torch

    from unet.mask_network import BODIES, MaskNetwork
    from unet.model_files import load_pickled, save_model
    from unet.remix import Augmentation, RemixedBatches
    from unet.song_folders import find_songs, split_songs
    from unet.trainer import BEST, train_network
    from unet.vocal_module import SCORE, VocalModule, WholeSongs, loaders, weight_average

    plan = training_plan(options)
    if options.steps < 1:
        raise InputError(f"--steps is {options.steps}, wanted 1 or more")
    sources = chosen_sources(options.sources)
    data = named_data(options.data, options.licence)
    training, validation = split_songs(find_songs(options.data))
    check_stems(training, sources)
    check_stems(validation, sources)
    print(f"{len(training)} songs to train on, {len(validation)} to validate with", flush=True)

    front_end = BODIES[options.model].front_end
    folder = options.cache or plan.checkpoints / "spectrograms"
    learnt_from = _cached(training, front_end, folder)
    judged_by = _validation([s for s in validation if _has(s, sources)], front_end, folder)
    settings = {"body": options.model, "front_end": asdict(front_end), "sources": list(sources)}
    torch.manual_seed(plan.seed)
    network = MaskNetwork(**settings)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches = RemixedBatches(
        learnt_from,
        sources,
        options.batch_size,
        N_WINDOWS,
        options.steps,
        plan.seed,
        Augmentation(),
    )
    network.calibrate(batches[CALIBRATION_BATCH].mixture)
    loss = options.loss or LOSS_OF[options.model]
    n_steps = plan.epochs * options.steps
    decay = WEIGHT_DECAY_OF[options.model]
    module = VocalModule(network, loss, options.learning_rate, decay, n_steps)
    train_network(
        module,
        *loaders(batches, WholeSongs(judged_by, sources)),
        plan,
        score=SCORE,
        lower="--batch-size",
        callbacks=[weight_average(n_steps)],
    )
    best = load_pickled(plan.checkpoints / BEST)
    module.load_state_dict(best["state_dict"])
    path = plan.checkpoints / "model.safetensors"
    metadata = {
        "training_data": data,
        "n_training_songs": len(training),
        "n_training_artists": len({song.artist for song in training}),
        "validation_songs": [song.name for song in validation],
        "loss": loss,
        "epoch": best["epoch"] + 1,
    }
    save_model(
        path, network, {"task": "vocals", "architecture": "mask", "network": settings}, metadata
    )
    print(f"Wrote {path}.")


def named_data(folders: Sequence[Path], licences: Sequence[str] | None) -> list[dict[str, str]]:
    """Say what a model was trained on, for its file.

    Parameters
    ----------
    folders : sequence of Path
    licences : sequence of str or None
        One for each folder.

    Returns
    -------
    list of dict
        ``name`` (the folder's) and ``licence``.

    Raises
    ------
    InputError
        If there are not as many licences as folders.
    """
    if licences is None:
        licences = ["not stated"] * len(folders)
    if len(licences) != len(folders):
        raise InputError(
            f"{len(licences)} licences for {len(folders)} folders; --licence wants one for each,"
            " in quotes"
        )
    names = [folder.resolve().name for folder in folders]
    return [
        {"name": name, "licence": licence} for name, licence in zip(names, licences, strict=True)
    ]


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


def check_stems(songs: Sequence[Song], sources: Sequence[str]) -> None:
    """Check that some song has all the stems that are to be learnt.

    Parameters
    ----------
    songs : sequence of Song
    sources : sequence of str

    Raises
    ------
    InputError
        If none has.
    """
    if not any(_has(song, sources) for song in songs):
        raise InputError(
            f"no song has stems for {', '.join(sources)}; give --sources vocals, or data with them"
        )


def _has(song: Song, sources: Sequence[str]) -> bool:
    return set(sources) <= set(song.sources)


def _cached(songs: Sequence[Song], front_end: FrontEnd, folder: Path) -> list[CachedSong]:
    from unet.stem_cache import SPEEDS, cache_songs

    n_songs: dict[str, int] = {}
    for song in songs:
        n_songs[song.artist] = n_songs.get(song.artist, 0) + 1
    few = [song for song in songs if n_songs[song.artist] <= MANY_SONGS]
    many = [song for song in songs if n_songs[song.artist] > MANY_SONGS]
    cached = cache_songs(few, front_end, SPEEDS, folder, "songs") if few else []
    return cached + (cache_songs(many, front_end, (1.0,), folder, "clips") if many else [])


def _validation(songs: Sequence[Song], front_end: FrontEnd, folder: Path) -> list[CachedSong]:
    from unet.stem_cache import cache_songs

    return cache_songs(songs, front_end, (1.0,), folder, "validation")
