"""The trainings of `study.py`: how long they take, and running one."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import torch

from unet.model_files import save_model
from unet.songs import Recipe, Song, StemRecipe, train_for_stems, train_on_songs
from unet.songs.song_training import TrainedNetwork
from unet.songs.stem_examples import EXAMPLE_SAMPLES
from unet.songs.stem_training import STEM_SOURCES
from unet.songs.vocal_module import SCORE
from unet.training import TrainingPlan
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.locks import held

EPOCHS = 10
BATCH_SIZE = 8
LEARNING_RATE = 1e-3
LOSS = "mse"
DATA = [{"name": "MUSDB18, 7 s of each song", "licence": "academic use, non-commercial"}]
NAMES = {"waveunet": "1-D", "unet": "2-D"}
SHIPPED = "tdf"
"""The shipped vocal network's kind: what it comes to with as many examples."""


class Plan(NamedTuple):
    """What all trainings have in common."""

    minutes: float
    n_batches: int
    seconds_a_step: dict[str, float]
    amp: bool


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes
    ----------
    model : {"waveunet", "unet", "tdf"}
    depth, seed : int
        `SHIPPED` has its own depth.
    times : int
        How many times the examples of the others.
    """

    model: str
    depth: int = 0
    seed: int = 0
    times: int = 1

    @property
    def name(self) -> str:
        """Of its folder."""
        longer = f"-times{self.times}" if self.times > 1 else ""
        return f"{self.model}-depth{self.depth}-seed{self.seed}{longer}"

    @property
    def title(self) -> str:
        """For people."""
        longer = f", {self.times} times as long" if self.times > 1 else ""
        if self.model == SHIPPED:
            return f"vocals only, as shipped{longer}"
        return f"{NAMES[self.model]}, depth {self.depth}{longer}"

    @property
    def sources(self) -> tuple[str, ...]:
        """What it separates."""
        return ("vocals",) if self.model == SHIPPED else STEM_SOURCES

    def recipe(self, n_batches: int = 1) -> StemRecipe:
        """What is trained, with so many batches an epoch."""
        return StemRecipe(self.model, self.depth, LOSS, n_batches, BATCH_SIZE, LEARNING_RATE)

    def file(self, folder: Path, name: str = "model.safetensors") -> Path:
        """Where one of its files is."""
        return folder / self.name / name

    def is_done(self, folder: Path) -> bool:
        """Whether it has been trained to its end."""
        return self.file(folder).is_file()

    def curve(self, folder: Path) -> list[dict[str, float]]:
        """What it logged, an epoch a row."""
        with self.file(folder, "curve.csv").open(newline="", encoding="utf-8") as file:
            return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]

    def best_db(self, folder: Path) -> float:
        """The validation's best."""
        return max(row[SCORE] for row in self.curve(folder))


def batches_an_epoch(
    folder: Path, runs: Sequence[Run], minutes: float, device: torch.device, *, amp: bool
) -> Plan:
    """Find how many batches the slowest network gets through; all others get as many."""
    path = folder / "plan.json"
    if not path.is_file():
        seconds = {}
        for run in runs:
            seconds[run.name] = seconds_a_step(run, device, amp=amp)
            print(f"{run.name:<28}{seconds[run.name]:8.3f} s a step", flush=True)
        n_batches = max(1, round(60 * minutes / max(seconds.values()) / EPOCHS))
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            plan = Plan(minutes, n_batches, seconds, amp)
            temporary.write_text(json.dumps(plan._asdict(), indent=1), encoding="utf-8")
    return Plan(**json.loads(path.read_text(encoding="utf-8")))


def seconds_a_step(run: Run, device: torch.device, *, amp: bool, n_steps: int = 4) -> float:
    """Time steps on noise; the first is left out."""
    network = run.recipe().network().to(device)
    optimizer = torch.optim.AdamW(network.parameters())
    sound = torch.randn(BATCH_SIZE, 2, EXAMPLE_SAMPLES + 2 * network.margin, device=device)
    seconds = []
    for _ in range(n_steps):
        start = perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=amp):
            loss = network(sound).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()  # waits for an accelerator
        seconds.append(perf_counter() - start)
    return min(seconds[1:])


def train_run(
    run: Run, songs: tuple[Sequence[Song], Sequence[Song]], folder: Path, plan: Plan, device: str
) -> None:
    """Train one network, or go on where it was stopped, unless another process is at it."""
    checkpoints = folder / run.name
    with ExitStack() as stack:
        try:
            stack.enter_context(held(checkpoints))
        except InputError as error:
            print(error, flush=True)
            return
        if run.is_done(folder):
            return
        print(f"\n{run.title}, seed {run.seed}", flush=True)
        training = TrainingPlan(
            checkpoints,
            EPOCHS * run.times,
            run.seed,
            resume=run.file(folder, "last.ckpt").is_file(),
            device=device,
            amp=plan.amp,
        )
        cache = folder / "cache"
        trained: TrainedNetwork[Any]
        if run.model == SHIPPED:
            recipe = Recipe(SHIPPED, run.sources, None, plan.n_batches, BATCH_SIZE, LEARNING_RATE)
            trained = train_on_songs(*songs, recipe, training, cache)
        else:
            trained = train_for_stems(*songs, run.recipe(plan.n_batches), training, cache)
        metadata = trained.metadata(DATA) | {"run": asdict(run)}
        save_model(run.file(folder), trained.network, trained.settings, metadata)
