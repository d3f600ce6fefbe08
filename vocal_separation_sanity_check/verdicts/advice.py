"""Which of the files to take, and what the reference's path into the song is like, in words."""

from __future__ import annotations

from vocal_separation_sanity_check.verdicts.observed import Observed

_STILL_DB = 0.5
"""A level that moves by less is told as steady."""


def advice(observed: Observed) -> str:
    """Say which of the two ways gave the better result.

    Parameters
    ----------
    observed : Observed
        Of a reference that is in the song.

    Returns
    -------
    str
        Empty where a flag kept the mask from what it can do, and subtraction is no better.
    """
    found, source, rest = observed.subtraction, observed.source, observed.rest
    if found is None:
        return ""
    left, by_mask = _decibels(found.left_db), _decibels(found.left_by_mask_db)
    is_hampered = not observed.is_close and (
        observed.is_stopped_early or observed.wanted_target is not None
    )
    if found.is_better:
        told = f"For the {rest} take subtracted_{rest}: {left} of the {source} is left in it."
        if is_hampered:
            return told
        return (
            f"{told} In extracted_{rest} it is {by_mask}, and what the mask took wrongly of both "
            f"is {_decibels(found.lost_by_mask_db)} of the {rest}."
        )
    if is_hampered:
        return ""
    if not found.is_present:
        return (
            f"For the {rest} take extracted_{rest}. Nothing was subtracted: the song has this "
            f"{source} with other effects, or of another take, and too little would cancel."
        )
    return (
        f"For the {rest} take extracted_{rest}: subtraction leaves {left} of the {source}, and "
        "a mask does better than that."
    )


def path_in_words(observed: Observed) -> str:
    """Say what stands between the reference and what of it is in the song.

    Parameters
    ----------
    observed : Observed

    Returns
    -------
    str
        Empty where the reference is in the song as it was lined up.
    """
    path, found = observed.path, observed.subtraction
    if path is None or found is None or not found.is_present:
        return ""
    parts = []
    if path.highest_db - path.lowest_db > _STILL_DB:
        parts.append(f"its level moves from {path.lowest_db:+.1f} to {path.highest_db:+.1f} dB")
    if path.reverberation_s is not None:
        parts.append(f"it has echoes that die away in about {path.reverberation_s:.1f} s (RT60)")
    elif path.has_echoes:
        parts.append("it has echoes")
    if not parts:
        parts.append("its tone is another")
    told = f"In the song the {observed.source} is not as it was given: {' and '.join(parts)}."
    if found.left_as_given_db is not None:
        told += (
            f" Rebuilt so, subtracting it leaves {_decibels(found.left_db)} of it; as it was "
            f"given, {_decibels(found.left_as_given_db)}."
        )
    scores = observed.si_sdr_db
    if "psm_as_given" in scores:
        told += (
            f" The mask was fitted to the rebuilt one, which it resembles to "
            f"{scores['extraction']:.1f} dB SI-SDR; one for the {observed.source} as given, "
            f"to {scores['psm_as_given']:.1f} dB."
        )
    return told.replace("-", "−")


def _decibels(value: float) -> str:
    return f"{value:.0f} dB".replace("-", "−")
