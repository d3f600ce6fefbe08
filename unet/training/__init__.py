"""Training, whatever is trained: how it runs, its data's order, its curve and its checkpoints.

In come a Lightning module, data loaders and a plan; out come the curve, ``last.ckpt`` to resume
from, and ``best.ckpt`` with the weights of the epoch that scored highest. Knows neither songs nor
pictures.
"""

from unet.training.epoch_sampler import EpochSampler, shuffled, unchanged
from unet.training.optimiser import adamw
from unet.training.plan import TrainingPlan
from unet.training.trainer import BEST, is_first_process, run_training

__all__ = [
    "BEST",
    "EpochSampler",
    "TrainingPlan",
    "adamw",
    "is_first_process",
    "run_training",
    "shuffled",
    "unchanged",
]
