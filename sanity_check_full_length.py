"""Check whole songs: extract the vocal and the music by the fingerprint."""

import sys
from functools import partial

from vocal_separation_sanity_check.command_line import command_parser, main
from vocal_separation_sanity_check.run import FULL_LENGTH_CHECK, add_options, run_check

if __name__ == "__main__":
    parser = command_parser(
        __file__,
        "Check whole songs: extract the vocal and the music by the fingerprint.",
        "python sanity_check_full_length.py --song NAME",
    )
    add_options(parser)
    sys.exit(main(parser, partial(run_check, FULL_LENGTH_CHECK)))
