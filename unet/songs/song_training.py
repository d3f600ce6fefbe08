"""What trainings on songs have in common: which songs, and from a module to its best epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from lightning import LightningModule
from torch import nn
from torch.utils.data import DataLoader, Dataset

from unet.front_end import FrontEnd
from unet.model_files import load_pickled
from unet.songs.song_folders import Song
from unet.songs.stem_cache import CachedSong, cache_songs, cache_training_songs
from unet.songs.vocal_module import SCORE, weight_average
from unet.training import (
    BEST,
    EpochSampler,
    TrainingPlan,
    is_first_process,
    run_training,
    unchanged,
)

Network = TypeVar("Network", bound=nn.Module)

CALIBRATION_BATCH = 1 << 40
"""A batch that no epoch uses."""


class UsedSongs(NamedTuple):
    """Songs that were not left out, transformed.

    Attributes
    ----------
    learnt_from, judged_by : list of CachedSong
    """

    learnt_from: list[CachedSong]
    judged_by: list[CachedSong]

    @property
    def training(self) -> list[Song]:
        """The songs to learn from, each once."""
        return _songs(self.learnt_from)

    @property
    def validation(self) -> list[Song]:
        """The songs that choose the best epoch."""
        return _songs(self.judged_by)


@dataclass(frozen=True)
class TrainedNetwork(Generic[Network]):
    """The network of the best epoch, and what its model file says of it.

    Attributes
    ----------
    network : nn.Module
    settings : dict
        As `model_files.save_model` takes them.
    loss : str
    epoch : int
        From 1.
    songs : UsedSongs
    """

    network: Network
    settings: dict[str, Any]
    loss: str
    epoch: int
    songs: UsedSongs

    def metadata(self, data: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Tell what it was trained on.

        Parameters
        ----------
        data : sequence of mapping
            ``name`` and ``licence`` of each folder of songs.

        Returns
        -------
        dict
            As `model_files.save_model` takes it.
        """
        training = self.songs.training
        return {
            "training_data": [dict(one) for one in data],
            "n_training_songs": len(training),
            "n_training_artists": len({song.artist for song in training}),
            "validation_songs": [song.name for song in self.songs.validation],
            "loss": self.loss,
            "epoch": self.epoch,
        }


def used_songs(
    training: Sequence[Song],
    validation: Sequence[Song],
    sources: Sequence[str],
    front_end: FrontEnd,
    cache: Path,
) -> UsedSongs:
    """Transform the songs of a training, and say how many there are.

    Parameters
    ----------
    training, validation : sequence of Song
        Of the validation songs, those are used that have a stem for every source.
    sources : sequence of str
    front_end : FrontEnd
    cache : Path
        Folder that spectrograms are kept in between runs.

    Returns
    -------
    UsedSongs

    Raises
    ------
    InputError
        If a song cannot be read, or none is left.
    """
    learnt_from = cache_training_songs(training, front_end, cache)
    complete = [song for song in validation if song.has(sources)]
    used = UsedSongs(learnt_from, cache_songs(complete, front_end, (1.0,), cache, "validation"))
    if is_first_process():
        told = f"{len(used.training)} songs to train on, {len(used.validation)} to validate with"
        print(told, flush=True)
    return used


def train_to_best(
    module: LightningModule, batches: Any, songs: Dataset[Any], plan: TrainingPlan, n_steps: int
) -> int:
    """Train, and give the module the weights of its best epoch.

    Parameters
    ----------
    module : LightningModule
        Logs `vocal_module.SCORE` in validation.
    batches : Dataset with ``of_epoch``
        Such as `remix.RemixedBatches`.
    songs : Dataset
        Validation songs, one a batch.
    plan : TrainingPlan
    n_steps : int
        Of the whole training.

    Returns
    -------
    int
        The best epoch, from 1.

    Raises
    ------
    InputError
        As `run_training`.
    """
    run_training(
        module,
        _loader(batches, batches.of_epoch),
        _loader(songs, unchanged(len(songs))),  # type: ignore[arg-type]
        plan,
        score=SCORE,
        lower="--batch-size",
        callbacks=[weight_average(n_steps)],
    )
    best = load_pickled(plan.checkpoints / BEST)
    module.load_state_dict(best["state_dict"])
    return int(best["epoch"]) + 1


def _songs(cached: Sequence[CachedSong]) -> list[Song]:
    return list(dict.fromkeys(one.song for one in cached))


def _loader(examples: Any, order: Callable[[int], Sequence[int]]) -> DataLoader[Any]:
    """Load in the main process: mixing is quick."""
    return DataLoader(examples, batch_size=None, sampler=EpochSampler(len(examples), order))
