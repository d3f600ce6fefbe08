"""Run the check of `rtg/100-window`, into `output/`."""

import sys
from functools import partial

from vocal_separation_sanity_check.command_line import command_parser, main
from vocal_separation_sanity_check.run import CLIP_CHECK, add_options, run_check

if __name__ == "__main__":
    parser = command_parser(
        __file__,
        "Check 4.7 s of a song: does the fingerprint hold enough to find the vocal?",
        "python sanity_check_complete.py --hop-length 512",
    )
    add_options(parser)
    sys.exit(main(parser, partial(run_check, CLIP_CHECK)))
