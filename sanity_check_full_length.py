"""Run the check of `rtg/no-limit`, into `output_full/`."""

import sys
from functools import partial

from vocal_separation_sanity_check.command_line import command_parser, main
from vocal_separation_sanity_check.run import FULL_LENGTH_CHECK, add_options, run_check

if __name__ == "__main__":
    parser = command_parser(
        __file__,
        "Extract the vocal and the music of a whole song by the fingerprint.",
        "python sanity_check_full_length.py --song NAME",
    )
    add_options(parser)
    sys.exit(main(parser, partial(run_check, FULL_LENGTH_CHECK)))
