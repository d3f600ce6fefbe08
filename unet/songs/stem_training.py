"""Train a network for stems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from unet.networks import SpectrogramUNet, StemNetwork, WaveUNet
from unet.songs.remix import Augmentation, RemixedBatches
from unet.songs.song_folders import Song
from unet.songs.song_training import CALIBRATION_BATCH, TrainedNetwork, train_to_best, used_songs
from unet.songs.stem_examples import CACHED, EXAMPLE_WINDOWS, SoundBatches, WholeSounds
from unet.songs.stem_module import StemModule
from unet.training import TrainingPlan

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


def train_for_stems(
    training: Sequence[Song],
    validation: Sequence[Song],
    recipe: StemRecipe,
    plan: TrainingPlan,
    cache: Path,
) -> TrainedNetwork[StemNetwork]:
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
    TrainedNetwork

    Raises
    ------
    InputError
        As `run_training`; or if a song cannot be read.
    """
    complete = [song for song in training if song.has(STEM_SOURCES)]
    used = used_songs(complete, validation, STEM_SOURCES, CACHED, cache)
    batches = SoundBatches(
        RemixedBatches(
            used.learnt_from,
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
    judged_by = WholeSounds(used.judged_by, STEM_SOURCES, network)
    epoch = train_to_best(module, batches, judged_by, plan, n_steps)
    settings = {"task": "stems", "architecture": recipe.architecture, "network": recipe.settings}
    return TrainedNetwork(network, settings, recipe.loss, epoch, used)
