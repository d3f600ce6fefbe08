"""Lining a reference up with the mixture that holds it: time, clock, polarity, level, tone.

In come two signals of any length; out comes an `Alignment`: the reference on the mixture's clock,
what was done to it, how sure that is, and what subtraction removes before and after. At another
rate, and in pieces, the same is done by `LaidOut`, `level_in` and `in_tone`.
"""

from vocal_separation_sanity_check.alignment.alignment import (
    LARGEST_DRIFT_PPM,
    Alignment,
    align,
    align_signals,
)
from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.finding import Rival
from vocal_separation_sanity_check.alignment.long_signals import in_tone, level_in
from vocal_separation_sanity_check.alignment.timeline import LaidOut, Segment, Timeline

__all__ = [
    "LARGEST_DRIFT_PPM",
    "Alignment",
    "Clock",
    "LaidOut",
    "Rival",
    "Segment",
    "Timeline",
    "align",
    "align_signals",
    "in_tone",
    "level_in",
]
