"""From the files in `process/` to the aligned, trimmed mono pairs in `rtg/`.

In come pairs of sound files of any format; out come WAV files at the working rate, what was found
of their alignment, and lines that tell it.
"""

from vocal_separation_sanity_check.prepare.lining_up import LinedUpPair, line_up_pair
from vocal_separation_sanity_check.prepare.pair_files import PairFiles, find_pairs, given_pair
from vocal_separation_sanity_check.prepare.prepared_pair import PreparedPair, prepare_pair
from vocal_separation_sanity_check.prepare.preparing import prepare_pairs
from vocal_separation_sanity_check.prepare.timeline_file import GivenTimeline, read_timeline
from vocal_separation_sanity_check.prepare.wishes import Wishes, wishes_of

__all__ = [
    "GivenTimeline",
    "LinedUpPair",
    "PairFiles",
    "PreparedPair",
    "Wishes",
    "find_pairs",
    "given_pair",
    "line_up_pair",
    "prepare_pair",
    "prepare_pairs",
    "read_timeline",
    "wishes_of",
]
