"""Run the check of rtg/no-limit, into output_full/."""

import sys

from vocal_separation_sanity_check.commands import sanity_check_full_length

if __name__ == "__main__":
    sys.exit(sanity_check_full_length(__file__))
