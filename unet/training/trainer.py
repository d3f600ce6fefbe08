"""Run a training in Lightning's loop: progress, curve, checkpoints, and errors a user can mend.

What a run draws at random depends on the seed, the epoch and the step alone, and an epoch that was
cut short is run again from its start. So a run that was killed and resumed gives the same curve as
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

import torch
from lightning import LightningModule, Trainer
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from lightning.pytorch.utilities import rank_zero_only
from torch.utils.data import DataLoader

from unet.memory import explained_memory
from unet.model_files import load_pickled
from unet.networks import chosen_device
from unet.training.callbacks import FiniteLoss, SameDraws
from unet.training.plan import TrainingPlan
from unet.training.training_curve import TrainingCurve
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

LAST = "last.ckpt"
BEST = "best.ckpt"
LARGEST_GRADIENT_NORM = 1.0


def run_training(
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
        Logs ``"loss"`` in training and `score` in validation, once an epoch and as the mean over
        the processes (``sync_dist=True``). Every name that it logs appears in the epoch's line.
    training, validation : DataLoader
        Their samplers are `EpochSampler`; what they and the data give depends on the seed and the
        epoch alone.
    plan : TrainingPlan
    score : str
        Name of a logged number that is better when higher; it chooses ``best.ckpt`` and decides
        about stopping early.
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

    Notes
    -----
    Not for several threads at once: filters of warnings and levels of loggers are changed for the
    whole process while a training runs.
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
            use_distributed_sampler=False,  # `EpochSampler` deals out itself
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


def is_first_process() -> bool:
    """Whether this process prints and writes, of those that a training has on several devices.

    Returns
    -------
    bool
        True wherever there is one process only.
    """
    return rank_zero_only(lambda: True, default=False)()


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
    """Raise KeyboardInterrupt on Ctrl-C; Lightning exits instead, and ignores Ctrl-C from then."""
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
    """Take off the traceback that a data loader's process puts before the message."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error).rpartition(f"{InputError.__name__}: ")[2]) from error
