"""How a training runs, whatever it trains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError


@dataclass(frozen=True)
class TrainingPlan:
    """How long a training runs, on which machines, and where its files go.

    Attributes
    ----------
    checkpoints : Path
        Folder for ``last.ckpt`` (to resume from), ``best.ckpt`` and ``curve.csv``.
    epochs : int
    seed : int
        Draws the order of the data, dropout, and whatever else is random.
    patience : int or None
        Stop after so many epochs without a better score.
    resume : bool
        Go on from ``last.ckpt``.
    device : {"auto", "cpu", "cuda", "mps"}
        Kind of device to compute on.
    devices : int
        Number of such devices in each machine; each gets a process of its own.
    nodes : int
        Number of machines.
    amp : bool
        Compute in 16 bits where that is safe (mixed precision).

    Raises
    ------
    InputError
        If a number is out of range.
    """

    checkpoints: Path
    epochs: int
    seed: int = 0
    patience: int | None = None
    resume: bool = False
    device: str = "auto"
    devices: int = 1
    nodes: int = 1
    amp: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "devices", "nodes"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise InputError(f"--{name} is {number}, wanted 1 or more")
        if self.seed < 0:
            raise InputError(f"--seed is {self.seed}, wanted 0 or more")

    def steps_of_epoch(self, n_batches: int) -> int:
        """Count the optimiser's steps in an epoch.

        Parameters
        ----------
        n_batches : int
            Of the epoch. All devices together take one batch each in a step.

        Returns
        -------
        int
        """
        return -(-n_batches // (self.devices * self.nodes))
