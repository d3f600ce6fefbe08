"""Draw the masks of pictures with a trained U-Net."""

import sys

from unet.image_prediction import add_options, predict
from vocal_separation_sanity_check.command_line import command_parser, main

if __name__ == "__main__":
    parser = command_parser(
        __file__,
        "Draw the mask of each picture into predictions/. Songs are for separate.py.",
        "python predict.py -i a.jpg b.jpg --model checkpoints/checkpoint_epoch10.pth",
    )
    add_options(parser)
    sys.exit(main(parser, predict))
