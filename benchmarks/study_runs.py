"""The trainings of `study.py`: which there are, how long they take, and running one."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from unet.model_files import save_model
from unet.networks import StemNetwork
from unet.songs import Song, StemRecipe, train_for_stems
from unet.songs.stem_examples import EXAMPLE_SAMPLES
from unet.training import TrainingPlan
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.locks import held

EPOCHS = 10
BATCH_SIZE = 8
LEARNING_RATE = 1e-3
LOSS = "mse"
MODEL_NAME, RUN_NAME, CURVE_NAME, LAST_NAME = (
    "model.safetensors",
    "run.json",
    "curve.csv",
    "last.ckpt",
)
NAMES = {"waveunet": "1-D", "unet": "2-D"}


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes
    ----------
    model : {"waveunet", "unet"}
    depth, seed : int
    times : int
        How many times the examples of the others.
    """

    model: str
    depth: int
    seed: int = 0
    times: int = 1

    @property
    def name(self) -> str:
        """Of its folder."""
        longer = f"-times{self.times}" if self.times > 1 else ""
        return f"{self.model}-depth{self.depth}-seed{self.seed}{longer}"

    def recipe(self, n_batches: int) -> StemRecipe:
        """What is trained, with so many batches an epoch."""
        return StemRecipe(self.model, self.depth, LOSS, n_batches, BATCH_SIZE, LEARNING_RATE)

    def is_done(self, folder: Path) -> bool:
        """Whether it has been trained to its end."""
        return (folder / self.name / RUN_NAME).is_file()


def seconds_a_step(run: Run, device: torch.device, *, amp: bool, n_steps: int = 4) -> float:
    """Time steps on noise; the first is left out."""
    network = run.recipe(1).network().to(device)
    optimizer = torch.optim.AdamW(network.parameters())
    shape = (BATCH_SIZE, 2, EXAMPLE_SAMPLES + 2 * network.margin)
    sound = torch.randn(shape, device=device)
    seconds = []
    for _ in range(n_steps):
        start = perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=amp):
            loss = network(sound).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(perf_counter() - start + 0.0 * loss.item())
    return min(seconds[1:])


def train_run(
    run: Run,
    songs: tuple[Sequence[Song], Sequence[Song]],
    folder: Path,
    n_batches: int,
    device: str,
    *,
    amp: bool,
) -> None:
    """Train one network, or go on where it was stopped; write the model and what it took."""
    checkpoints = folder / run.name
    with held(checkpoints):
        if run.is_done(folder):
            return
        plan = TrainingPlan(
            checkpoints,
            EPOCHS * run.times,
            run.seed,
            resume=(checkpoints / LAST_NAME).is_file(),
            device=device,
            amp=amp,
        )
        print(f"\n{run.name}", flush=True)
        recipe = run.recipe(n_batches)
        trained = train_for_stems(*songs, recipe, plan, folder / "cache")
        network: StemNetwork = trained.network
        told = {
            "examples": plan.epochs * n_batches * BATCH_SIZE,
            "epoch": trained.epoch,
            "training": curve_of(checkpoints),
        }
        settings = {
            "task": "stems",
            "architecture": recipe.architecture,
            "network": recipe.settings,
        }
        metadata: dict[str, Any] = {
            "training_data": [
                {"name": "MUSDB18, 7 s of each song", "licence": "academic, non-commercial"}
            ],
            "n_training_songs": len(trained.training),
            "validation_songs": [song.name for song in trained.validation],
            "loss": LOSS,
            "epoch": trained.epoch,
        }
        save_model(checkpoints / MODEL_NAME, network, settings, metadata)
        with replacing(checkpoints / RUN_NAME) as temporary:
            temporary.write_text(json.dumps(asdict(run) | told, indent=1), encoding="utf-8")


def curve_of(checkpoints: Path) -> list[dict[str, float]]:
    """Read what a training logged, an epoch a row."""
    with (checkpoints / CURVE_NAME).open(newline="", encoding="utf-8") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
