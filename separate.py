"""Split songs into vocals and music, without an acapella."""

import sys

from unet.commands import separate_vocals

if __name__ == "__main__":
    sys.exit(separate_vocals(__file__))
