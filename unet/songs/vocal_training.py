"""Train a mask network on songs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from unet.networks import BODIES, MaskNetwork
from unet.songs.remix import Augmentation, RemixedBatches
from unet.songs.song_folders import Song
from unet.songs.song_training import CALIBRATION_BATCH, TrainedNetwork, train_to_best, used_songs
from unet.songs.vocal_module import VocalModule, WholeSongs
from unet.training import TrainingPlan

N_WINDOWS = 128
"""Of a training example, as in Jansson et al. 2017."""

LOSS_OF = {"tdf": "sdr", "unet": "l1", "jansson": "l1"}
WEIGHT_DECAY_OF = {"tdf": 1e-2, "unet": 0.0, "jansson": 0.0}
"""Without decay AdamW is Adam, as in Jansson et al. 2017."""


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how.

    Attributes
    ----------
    body : {"tdf", "unet", "jansson"}
        Kind of network, see `BODIES`.
    sources : tuple of str
        What to learn a mask for; the vocals first.
    loss : {"l1", "mse", "mask", "sdr"} or None
        None takes the usual one of the body.
    n_batches : int
        Of an epoch.
    n_examples : int
        Of a batch.
    learning_rate : float
    """

    body: str
    sources: tuple[str, ...]
    loss: str | None
    n_batches: int
    n_examples: int
    learning_rate: float


def train_on_songs(
    training: Sequence[Song],
    validation: Sequence[Song],
    recipe: Recipe,
    plan: TrainingPlan,
    cache: Path,
) -> TrainedNetwork[MaskNetwork]:
    """Train a network.

    Parameters
    ----------
    training, validation : sequence of Song
        Of the validation songs, those are used that have a stem for every source.
    recipe : Recipe
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
    front_end = BODIES[recipe.body].front_end
    songs = used_songs(training, validation, recipe.sources, front_end, cache)
    batches = RemixedBatches(
        songs.learnt_from,
        recipe.sources,
        recipe.n_examples,
        N_WINDOWS,
        recipe.n_batches,
        plan.seed,
        Augmentation(),
    )
    arguments: dict[str, Any] = {
        "body": recipe.body,
        "front_end": asdict(front_end),
        "sources": list(recipe.sources),
    }
    torch.manual_seed(plan.seed)
    network = MaskNetwork(**arguments)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.calibrate(batches[CALIBRATION_BATCH].mixture)
    loss = recipe.loss or LOSS_OF[recipe.body]
    n_steps = plan.epochs * plan.steps_of_epoch(recipe.n_batches)
    decay = WEIGHT_DECAY_OF[recipe.body]
    module = VocalModule(network, loss, recipe.learning_rate, decay, n_steps)
    judged_by = WholeSongs(songs.judged_by, recipe.sources)
    epoch = train_to_best(module, batches, judged_by, plan, n_steps)
    settings = {"task": "vocals", "architecture": "mask", "network": arguments}
    return TrainedNetwork(network, settings, loss, epoch, songs)
