"""`train.py` and `evaluate.py`: on cars, or on songs for vocals or for stems."""

from __future__ import annotations

from unet.commands.evaluate_cars import evaluation_on_cars
from unet.commands.evaluate_songs import evaluation_of_stems, evaluation_on_songs
from unet.commands.task_command import TaskCommand
from unet.commands.train_cars import training_on_cars
from unet.commands.train_stems import training_for_stems
from unet.commands.train_vocals import training_on_songs

train_network = TaskCommand(
    script="train",
    program="train-network",
    tasks={"cars": training_on_cars, "vocals": training_on_songs, "stems": training_for_stems},
)
evaluate_network = TaskCommand(
    script="evaluate",
    program="evaluate-network",
    tasks={
        "cars": evaluation_on_cars,
        "vocals": evaluation_on_songs,
        "stems": evaluation_of_stems,
    },
)
