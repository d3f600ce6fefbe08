"""Taking a song apart by a reference, block by block, and what was found out on the way.

In come mixture and reference, lined up, as signals of any length; out come the extracted source,
the mask, and `Findings`. `separate` does it in memory, `ablate` with parts of the fingerprint.
"""

from vocal_separation_sanity_check.separation.ablation import (
    ALL,
    ALONE,
    FAMILY_ADDED,
    FAMILY_ALONE,
    LEFT_OUT,
    NOTHING,
    AblationRow,
    ablate,
    mean_rows,
    plan,
)
from vocal_separation_sanity_check.separation.block_separation import BlockSeparation, Progress
from vocal_separation_sanity_check.separation.findings import Findings, findings_of
from vocal_separation_sanity_check.separation.in_memory import Separation, separate
from vocal_separation_sanity_check.separation.reference_level import COHERENT
from vocal_separation_sanity_check.separation.subtraction import Subtraction
from vocal_separation_sanity_check.separation.tallies import AS_GIVEN

__all__ = [
    "ALL",
    "ALONE",
    "AS_GIVEN",
    "COHERENT",
    "FAMILY_ADDED",
    "FAMILY_ALONE",
    "LEFT_OUT",
    "NOTHING",
    "AblationRow",
    "BlockSeparation",
    "Findings",
    "Progress",
    "Separation",
    "Subtraction",
    "ablate",
    "findings_of",
    "mean_rows",
    "plan",
    "separate",
]
