"""What a training shows: a bar over the steps, a line an epoch, and the curve as a CSV file."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from tqdm import tqdm

from vocal_separation_sanity_check.files import replacing


class TrainingCurve(Callback):
    """Show progress and keep the curve, also where a run is resumed.

    Parameters
    ----------
    path : Path
        The CSV file.
    epochs : int

    Attributes
    ----------
    rows : list of dict
        One an epoch: ``epoch`` (from 1), ``seconds``, and what the module logged.
    """

    def __init__(self, path: Path, epochs: int) -> None:
        self.rows: list[dict[str, float]] = []
        self._path = path
        self._epochs = epochs
        self._bar: tqdm[Any] | None = None
        self._began_s = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Give what the checkpoint keeps."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the curve of the checkpoint."""
        self.rows = list(state_dict["rows"])

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the epoch's bar."""
        del pl_module
        self._began_s = time.perf_counter()
        self._bar = tqdm(
            total=int(trainer.num_training_batches),
            desc=f"epoch {trainer.current_epoch + 1}/{self._epochs}",
            unit="step",
            leave=False,
            disable=None if trainer.is_global_zero else True,
        )

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Move the bar and show the loss."""
        del trainer, pl_module, batch, batch_idx
        assert self._bar is not None
        if not self._bar.disable:
            self._bar.set_postfix(loss=f"{float(outputs['loss']):.3f}", refresh=False)
        self._bar.update()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show that the steps are done and validation runs."""
        del trainer, pl_module
        if self._bar is not None:
            self._bar.set_postfix_str("validating")

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print the epoch's line and write the curve."""
        del pl_module
        self._close()
        logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
        scores = {"loss": logged.pop("loss"), **logged}
        seconds = time.perf_counter() - self._began_s
        self.rows.append({"epoch": trainer.current_epoch + 1, "seconds": seconds, **scores})
        if not trainer.is_global_zero:
            return
        shown = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        epoch = f"{trainer.current_epoch + 1:{len(str(self._epochs))}d}/{self._epochs}"
        print(f"epoch {epoch}  {shown}  {seconds:.0f} s", flush=True)
        self._write()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Close the bar, so that messages begin on a line of their own."""
        del trainer, pl_module, exception
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _write(self) -> None:
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with replacing(self._path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(
                {name: f"{value:.6g}" for name, value in row.items()} for row in self.rows
            )
