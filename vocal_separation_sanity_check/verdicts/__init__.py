"""What is said of a check: one place that decides it, from all findings together.

In comes an `Observed`, a plain record of what was found; out comes `Told`: a headline, sentences
and warnings, suspicions first. The terminal, the page, the tables and `results.json` all read from
it, so that no two of them contradict each other, and nothing is claimed that one finding suggests
and another refutes.
"""

from vocal_separation_sanity_check.verdicts.file_words import condition_words, removal_words
from vocal_separation_sanity_check.verdicts.observed import Observed, PathHeard
from vocal_separation_sanity_check.verdicts.suspicions import NOUNS, WHAT_TO_TRY, name_of
from vocal_separation_sanity_check.verdicts.told import Told, told_of

__all__ = [
    "NOUNS",
    "WHAT_TO_TRY",
    "Observed",
    "PathHeard",
    "Told",
    "condition_words",
    "name_of",
    "removal_words",
    "told_of",
]
