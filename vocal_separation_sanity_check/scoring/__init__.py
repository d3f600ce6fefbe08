"""How good an extraction is: a file for each score, and all of them on one report card.

In come the true source, an estimate and the mixture; out come `Score` rows: the mixture's, the
estimate's and the ideal mask's value of each.
"""

from vocal_separation_sanity_check.scoring.bss_ratios import BssEval, bss_eval
from vocal_separation_sanity_check.scoring.coverage import Coverage, coverage_of
from vocal_separation_sanity_check.scoring.distortion_ratios import SiSdrSums, si_sdr_db
from vocal_separation_sanity_check.scoring.evaluation import (
    GROUPS,
    evaluate_separation,
)
from vocal_separation_sanity_check.scoring.score import Score

__all__ = [
    "GROUPS",
    "BssEval",
    "Coverage",
    "Score",
    "SiSdrSums",
    "bss_eval",
    "coverage_of",
    "evaluate_separation",
    "si_sdr_db",
]
