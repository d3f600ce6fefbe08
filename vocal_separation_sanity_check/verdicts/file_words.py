"""What is wrong with a file by itself, in words: cut off, flattened, off zero."""

from __future__ import annotations

from vocal_separation_sanity_check.sound import Condition

CLIPPED_SHARE = 0.001
"""Of the samples on flat tops. Of 110 songs and vocals that were never cut off the most had 10 in a
million; cut off by 6 dB they have 1 %, by 20 dB half."""
_RUINED_SHARE = 0.01
_FLATTENED_DB = 5.0
"""Peaks over RMS: songs and voices have 8 dB and more, what was cut off by 20 dB and then coded 2
to 6."""
BAND = "150 Hz to 8 kHz"
"""Where null depths are measured, `alignment.null_depth.VOCAL_BAND_HZ`."""
OFFSET_SHARE = 0.1
"""Of the RMS: an offset beyond this makes pauses sound."""


def is_ruined(condition: Condition) -> bool:
    """Whether so much is cut off that the whole check suffers."""
    return condition.flat_share >= _RUINED_SHARE or _is_flattened(condition)


def condition_words(condition: Condition, name: str) -> list[str]:
    """Say what is wrong with a file.

    Parameters
    ----------
    condition : Condition
    name : str
        What the file is, such as "The song".

    Returns
    -------
    list of str
        Empty where nothing is.
    """
    if condition.flat_share >= CLIPPED_SHARE:
        level = "full scale"
        if abs(condition.flat_db) >= 0.1:
            level = f"{condition.flat_db:+.1f} dB of full scale".replace("-", "−")
        return [
            f"{name} is clipped: {100 * condition.flat_share:.1f} % of its samples are cut off at "
            f"{level}. What was cut off is lost, and no figure shows it: look for an earlier "
            "export."
        ]
    if _is_flattened(condition):
        return [
            f"{name} has hardly any peaks ({condition.crest_db:.1f} dB over its mean level; music "
            "has 8 and more): it was clipped, or limited very hard. Look for an earlier export."
        ]
    return []


def _is_flattened(condition: Condition) -> bool:
    return condition.crest_db < _FLATTENED_DB


def removal_words(after_db: float, before_db: float, aside: str = "") -> str:
    """Say what subtracting a reference does to the part of the song that it sounds in.

    Parameters
    ----------
    after_db, before_db : float
        Null depth lined up and as the reference came, see `alignment.null_depth`.
    aside : str
        Put at the end of the brackets.

    Returns
    -------
    str
        To be put behind "it".
    """
    done = f"removes {after_db:.1f} dB"
    if round(after_db, 1) < 0:
        done = f"makes the song {-after_db:.1f} dB louder"
    before = f"{before_db:.1f} dB"
    if round(before_db, 1) < 0:
        before = f"{-before_db:.1f} dB louder"
    return f"{done} from {BAND} (as it came: {before}{aside})"
