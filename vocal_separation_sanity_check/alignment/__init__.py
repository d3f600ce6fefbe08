"""Lining a reference up with the mixture that holds it: time, clock, polarity, level, tone.

In come two signals of any length; out comes an `Alignment`: the reference on the mixture's clock,
what was done to it, how sure that is, and what subtraction removes before and after.
"""

from vocal_separation_sanity_check.alignment.alignment import Alignment, align
from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.finding import Rival
from vocal_separation_sanity_check.alignment.timeline import Segment, Timeline

__all__ = ["Alignment", "Clock", "Rival", "Segment", "Timeline", "align"]
