"""Training: Lightning's loop, with our bar, our curve, and files that survive a kill.

What a run draws at random depends on the seed, the epoch and the step alone, and an epoch that was
cut short is run again from its start; so a run that was killed and resumed gives the same curve as
one that was not.
"""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning import LightningModule, Trainer
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader

from unet.devices import chosen_device, explained_memory
from unet.model_files import load_pickled
from unet.training_curve import TrainingCurve
from unet.training_options import TrainingPlan
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

LAST = "last.ckpt"
BEST = "best.ckpt"
LARGEST_GRADIENT_NORM = 1.0


def train_network(
    module: LightningModule,
    training: DataLoader[Any],
    validation: DataLoader[Any],
    plan: TrainingPlan,
    *,
    score: str,
    lower: str,
    callbacks: Iterable[Callback] = (),
) -> list[dict[str, float]]:
    """Train, validating after every epoch, until the plan or the patience ends.

    Parameters
    ----------
    module : LightningModule
        Logs ``"loss"`` in training and `score` in validation, once an epoch. Every name that it
        logs appears in the epoch's line as it is.
    training, validation : DataLoader
        The sampler of `training` has ``set_epoch``; what it and the data give depends on the seed
        and the epoch alone.
    plan : TrainingPlan
    score : str
        Logged figure that is better when higher; chooses ``best.ckpt`` and stops early.
    lower : str
        What a user should lower where memory runs out, such as ``"--batch-size or --scale"``.
    callbacks : iterable of Callback
        What else happens in an epoch; they run before the epoch's checkpoint is written.

    Returns
    -------
    list of dict
        The curve: one dict an epoch, ``epoch``, ``seconds``, and what was logged.

    Raises
    ------
    InputError
        If the loss turns NaN, memory runs out, or there is nothing (or another network) to resume.
    """
    device = chosen_device(plan.device)
    last = plan.checkpoints / LAST
    if plan.resume and not last.is_file():
        raise InputError(f"there is no {last} to resume from; leave out --resume to begin")
    curve = TrainingCurve(plan.checkpoints / "curve.csv", plan.epochs)
    every_epoch: dict[str, Any] = {
        "dirpath": plan.checkpoints,
        "enable_version_counter": False,
        "save_on_train_epoch_end": True,
    }
    with _quiet_lightning():
        trainer = Trainer(
            accelerator=device.type,
            devices=plan.devices,
            num_nodes=plan.nodes,
            precision=_precision(device, plan.amp),
            max_epochs=plan.epochs,
            gradient_clip_val=LARGEST_GRADIENT_NORM,
            num_sanity_val_steps=0,
            default_root_dir=plan.checkpoints,
            plugins=[WholeCheckpoints()],
            callbacks=[
                SameDraws(plan.seed, training.sampler),
                FiniteLoss(last),
                curve,
                *callbacks,
                *_early_stopping(plan.patience, score),
                ModelCheckpoint(filename=Path(BEST).stem, monitor=score, mode="max", **every_epoch),
                ModelCheckpoint(filename=Path(LAST).stem, **every_epoch),
            ],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        with explained_memory(lower), _explained_resume(last), _plain_input_errors(), _ctrl_c():
            trainer.fit(module, training, validation, ckpt_path=last if plan.resume else None)
    return curve.rows


class WholeCheckpoints(TorchCheckpointIO):
    """Checkpoints that appear whole or not at all, and are read without running code."""

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Any = None,  # noqa: ARG002
    ) -> None:
        """Write a checkpoint beside its place and rename it."""
        with replacing(path) as temporary:
            torch.save(checkpoint, temporary)

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Any = None,  # noqa: ARG002
        weights_only: bool | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Read a checkpoint onto the CPU."""
        return load_pickled(Path(path))


class SameDraws(Callback):
    """What a step draws from torch (dropout) depends on the seed, the epoch and the step alone.

    Seeding once an epoch would not do: loaders draw too, and in a resumed run at another time.
    There Lightning also starts the loader before it tells the sampler which epoch it is.
    """

    def __init__(self, seed: int, sampler: Any) -> None:
        self._seed = seed
        self._sampler = sampler

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Tell the sampler which epoch the run is resumed with."""
        del trainer, pl_module
        self._sampler.set_epoch(checkpoint["epoch"] + 1)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Seed."""
        del pl_module, batch
        place = (self._seed, trainer.current_epoch, batch_idx, trainer.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0]))


class FiniteLoss(Callback):
    """Stop at the first loss or weight that is not finite, before it is written anywhere."""

    def __init__(self, last: Path) -> None:
        self._last = last

    def on_before_backward(
        self, trainer: Trainer, pl_module: LightningModule, loss: torch.Tensor
    ) -> None:
        """Check the loss."""
        del pl_module
        if not torch.isfinite(loss):
            self._stop(trainer, f"the loss became {loss.item()}", trainer.global_step + 1)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the weights, which the last step may have spoilt."""
        if not all(torch.isfinite(weight).all() for weight in pl_module.parameters()):
            self._stop(trainer, "the weights became infinite or NaN", trainer.global_step)

    def _stop(self, trainer: Trainer, what: str, step: int) -> None:
        kept = f"{self._last} holds the last good epoch" if self._last.is_file() else "none is kept"
        raise InputError(
            f"{what} at step {step}, in epoch {trainer.current_epoch + 1}; lower --learning-rate or"
            f" leave out --amp ({kept})"
        )


def _early_stopping(patience: int | None, score: str) -> list[Callback]:
    if patience is None:
        return []
    return [
        EarlyStopping(monitor=score, mode="max", patience=patience, check_on_train_epoch_end=True)
    ]


def _precision(device: torch.device, amp: bool) -> Any:
    if not amp:
        return "32-true"
    narrow_range = device.type == "cuda" and not torch.cuda.is_bf16_supported()
    return "16-mixed" if narrow_range else "bf16-mixed"


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Keep advice to programmers off a user's terminal."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings("ignore", module="torch.utils.data")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _ctrl_c() -> Iterator[None]:
    """Pass Ctrl-C on, where Lightning exits with a status of its own and leaves the signal off."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from error


@contextmanager
def _explained_resume(last: Path) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if "loading state_dict" not in str(error):
            raise
        raise InputError(
            f"{last} is of another network; resume with the flags that the run began with"
        ) from error


@contextmanager
def _plain_input_errors() -> Iterator[None]:
    """Take off the traceback that a loader's process puts before the message."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error).rpartition(f"{InputError.__name__}: ")[2]) from error
