"""Prepare the pairs in process/ for the checks: lined up, mono, 22 050 Hz, trimmed, into rtg/."""

import sys

from vocal_separation_sanity_check.commands import prepare_audio_files

if __name__ == "__main__":
    sys.exit(prepare_audio_files(__file__))
