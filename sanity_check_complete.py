"""Run the check of rtg/100-window, into output/."""

import sys

from vocal_separation_sanity_check.commands import sanity_check_complete

if __name__ == "__main__":
    sys.exit(sanity_check_complete(__file__))
