"""The commands of the networks: their flags, and what each of them does.

In come command lines; out come exit statuses. Nothing that computes is loaded before a command line
is known to be right: every command imports the rooms that do its work when it begins.
"""

from unet.commands.car_pictures import draw_car_pictures
from unet.commands.network_commands import evaluate_network, train_network
from unet.commands.predict import predict_masks
from unet.commands.separate import separate_vocals

__all__ = [
    "draw_car_pictures",
    "evaluate_network",
    "predict_masks",
    "separate_vocals",
    "train_network",
]
