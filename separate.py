"""Split songs into vocals and music, without an acapella."""

import sys

from unet.vocal_separation import add_options, separate
from vocal_separation_sanity_check.command_line import command_parser, main

if __name__ == "__main__":
    parser = command_parser(
        __file__,
        "Split songs into vocals and music with a trained network.",
        "python separate.py song.mp3 -o stems/",
    )
    add_options(parser)
    sys.exit(main(parser, separate))
