"""Train a network for stems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from unet.model_files import load_pickled
from unet.networks import SpectrogramUNet, StemNetwork, WaveUNet
from unet.songs.remix import Augmentation, RemixedBatches
from unet.songs.song_folders import Song
from unet.songs.stem_cache import cache_songs, cache_training_songs
from unet.songs.stem_examples import CACHED, EXAMPLE_WINDOWS, SoundBatches, WholeSounds
from unet.songs.stem_module import StemModule
from unet.songs.vocal_module import SCORE, weight_average
from unet.songs.vocal_training import CALIBRATION_BATCH
from unet.training import (
    BEST,
    EpochSampler,
    TrainingPlan,
    is_first_process,
    run_training,
    unchanged,
)

STEM_SOURCES = ("vocals", "drums", "bass", "other")
STEM_MODELS: dict[str, tuple[str, type[StemNetwork]]] = {
    "waveunet": ("waveunet", WaveUNet),
    "unet": ("spectrogram-unet", SpectrogramUNet),
}
"""By the name a user gives: the one in model files, and the class."""


@dataclass(frozen=True)
class StemRecipe:
    """What is trained, and how.

    Attributes
    ----------
    model : {"waveunet", "unet"}
        On the waveform, or on the spectrogram.
    depth : int
        One of `networks.DEPTHS`.
    loss : {"mse", "l1", "sdr"}
    n_batches : int
        Of an epoch.
    n_examples : int
        Of a batch.
    learning_rate : float
    """

    model: str
    depth: int
    loss: str
    n_batches: int
    n_examples: int
    learning_rate: float

    @property
    def sources(self) -> tuple[str, ...]:
        """What it is to learn."""
        return STEM_SOURCES

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that the network is made with."""
        return {
            "sources": list(self.sources),
            "depth": self.depth,
            "sample_rate_hz": CACHED.sample_rate_hz,
        }

    def network(self) -> StemNetwork:
        """Make the network, with weights drawn anew."""
        return STEM_MODELS[self.model][1](**self.settings)

    @property
    def architecture(self) -> str:
        """Its name in `model_files.ARCHITECTURES`."""
        return STEM_MODELS[self.model][0]


@dataclass(frozen=True)
class TrainedStems:
    """The network of the best epoch.

    Attributes
    ----------
    network : StemNetwork
    epoch : int
        From 1.
    training, validation : list of Song
        Those that were not left out.
    """

    network: StemNetwork
    epoch: int
    training: list[Song]
    validation: list[Song]


def train_for_stems(
    training: Sequence[Song],
    validation: Sequence[Song],
    recipe: StemRecipe,
    plan: TrainingPlan,
    cache: Path,
) -> TrainedStems:
    """Train a network.

    Two trainings with the same seed, songs, batches and examples see the same sounds in the same
    order, whatever the network.

    Parameters
    ----------
    training, validation : sequence of Song
        Those are used that have all four stems.
    recipe : StemRecipe
    plan : TrainingPlan
    cache : Path
        Folder that spectrograms are kept in between runs.

    Returns
    -------
    TrainedStems

    Raises
    ------
    InputError
        As `run_training`; or if a song cannot be read.
    """
    training, validation = (
        [song for song in songs if song.has(STEM_SOURCES)] for songs in (training, validation)
    )
    learnt_from = cache_training_songs(training, CACHED, cache)
    judged_by = cache_songs(validation, CACHED, (1.0,), cache, "validation")
    training, validation = (
        list(dict.fromkeys(cached.song for cached in some)) for some in (learnt_from, judged_by)
    )
    if is_first_process():
        print(f"{len(training)} songs to train on, {len(validation)} to validate with", flush=True)
    batches = SoundBatches(
        RemixedBatches(
            learnt_from,
            STEM_SOURCES,
            recipe.n_examples,
            EXAMPLE_WINDOWS,
            recipe.n_batches,
            plan.seed,
            Augmentation(),
        )
    )
    torch.manual_seed(plan.seed)
    network = recipe.network()
    network.calibrate(batches[CALIBRATION_BATCH].sum(dim=1))
    n_steps = plan.epochs * plan.steps_of_epoch(recipe.n_batches)
    module = StemModule(network, recipe.loss, recipe.learning_rate, n_steps)
    run_training(
        module,
        _loader(batches, batches.of_epoch),
        _loader(songs := WholeSounds(judged_by, STEM_SOURCES, network), unchanged(len(songs))),
        plan,
        score=SCORE,
        lower="--batch-size",
        callbacks=[weight_average(n_steps)],
    )
    best = load_pickled(plan.checkpoints / BEST)
    module.load_state_dict(best["state_dict"])
    return TrainedStems(network, best["epoch"] + 1, training, validation)


def stem_model(
    recipe: StemRecipe, trained: TrainedStems, data: Sequence[Mapping[str, str]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell what a model file says beside the weights.

    Parameters
    ----------
    recipe : StemRecipe
    trained : TrainedStems
    data : sequence of mapping
        ``name`` and ``licence`` of each folder of songs.

    Returns
    -------
    settings, metadata : dict
        As `model_files.save_model` takes them.
    """
    settings = {"task": "stems", "architecture": recipe.architecture, "network": recipe.settings}
    metadata = {
        "training_data": [dict(one) for one in data],
        "n_training_songs": len(trained.training),
        "n_training_artists": len({song.artist for song in trained.training}),
        "validation_songs": [song.name for song in trained.validation],
        "loss": recipe.loss,
        "epoch": trained.epoch,
    }
    return settings, metadata


def _loader(sounds: Any, order: Any) -> DataLoader[Tensor]:
    """Load in the main process: mixing is quick."""
    return DataLoader(sounds, batch_size=None, sampler=EpochSampler(len(sounds), order))
