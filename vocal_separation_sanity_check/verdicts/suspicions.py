"""What looks wrong with a pair: each suspicion with what to do about it, the gravest first."""

from __future__ import annotations

from collections.abc import Sequence

from vocal_separation_sanity_check.settings import Source
from vocal_separation_sanity_check.verdicts.file_words import (
    OFFSET_SHARE,
    condition_words,
    is_ruined,
)
from vocal_separation_sanity_check.verdicts.observed import Observed

WHAT_TO_TRY = (
    "If both are the same recording of the same song, prepare them again and say by how much the "
    "reference must be delayed, with --offset-ms MS; where that holds for a part of the song only, "
    "take the clip from there with --start SECONDS."
)
"""What a user can do about a reference that was not lined up."""

NOUNS: dict[Source, str] = {"vocal": "acapella", "music": "instrumental"}
"""What a user calls a reference."""
_MOST_GAPS = 4


def suspicions(observed: Observed) -> list[str]:
    """Say what looks wrong.

    Parameters
    ----------
    observed : Observed

    Returns
    -------
    list of str
        Each a sentence or a few. Where the first makes all others pointless it stands alone.
    """
    files = _ruined_files(observed)
    hopeless = _why_not_judged(observed)
    if observed.is_swapped or observed.is_identical:
        return [hopeless, *files]
    if hopeless:  # a ruined file may be why it was not found
        return [*files, hopeless]
    found = list(files)
    noun = NOUNS[observed.source]
    if observed.is_nearly_silent:
        found.append(
            f"The {noun} is almost silent: it had to be made {observed.turned_up_db:.0f} dB louder "
            "to be as loud as in the song. Is it the right file, and was its fader up?"
        )
    if observed.gaps_s:
        found.append(
            f"The {noun} looks cut: it has nothing {_stretches(observed.gaps_s)}, and its edge "
            f"there is abrupt. What the song has of it there stays in the {observed.rest}."
        )
    return found


def _why_not_judged(observed: Observed) -> str:
    source, noun = observed.source, NOUNS[observed.source]
    if observed.is_swapped:
        return (
            f"The song and the {noun} look swapped: the file given as the {noun} holds all of the "
            "one given as the song, and more. Prepare them again the other way round."
        )
    if observed.is_identical:
        alone = "does the vocal sound alone" if source == "vocal" else "is nothing sung"
        return (
            f"The song and the {noun} are the same sound: what the song has beyond it is "
            f"{-observed.rest_db:.0f} dB fainter. Was one file given twice, or {alone} here?"
        )
    if not observed.occurs:
        return _absent(observed, noun)
    if observed.placed_by == "none":
        return (
            f"The {noun} was not lined up with the song, so how well the {source} was found "
            f"cannot be told: the figures that suppose its place are left out. {WHAT_TO_TRY}"
        )
    return ""


def _absent(observed: Observed, noun: str) -> str:
    """The reference is nowhere, or not where it was put."""
    share = f"coherence {abs(observed.coherence):.3f}, where its own song gives 0.1 and more"
    left_out = "No figure means anything then, so all are left out."
    if observed.placed_by == "none":
        return (
            f"The {noun} does not occur in this song, as far as can be told: no place was found "
            f"for it ({share}). {left_out} Is it of another song, another take or another "
            f"version, or were the two swapped? {WHAT_TO_TRY}"
        )
    if observed.placed_by == "user":
        return (
            f"The {noun} does not occur in the song where you placed it ({share}). {left_out} "
            "Leave --offset-ms, --drift-ppm and --timeline out to have its place looked for."
        )
    hint = " Prepare the pair without --no-align." if observed.placed_by is None else ""
    return (
        f"The {noun} does not occur in this part of the song ({share}). {left_out} It is of "
        f"another song, or not lined up.{hint}"
    )


def _ruined_files(observed: Observed) -> list[str]:
    found = []
    for role, condition in observed.conditions.items():
        if is_ruined(condition):
            found += condition_words(condition, name_of(role, observed.source))
    for role, share in observed.offset_shares.items():
        if share > OFFSET_SHARE:
            found.append(
                f"{name_of(role, observed.source)} is off zero, by {100 * share:.0f} % of its mean "
                "level, and that is matched and subtracted with it. Prepare the pair again: "
                "preparing takes the offset off."
            )
    return found


def name_of(role: str, source: Source) -> str:
    """What a user calls a file, at the beginning of a sentence."""
    return "The song" if role == "mixture" else f"The {NOUNS[source]}"


def _stretches(stretches: Sequence[tuple[float, float]]) -> str:
    shown = [f"from {begin:.2f} to {end:.2f} s" for begin, end in stretches[:_MOST_GAPS]]
    if len(stretches) > _MOST_GAPS:
        shown.append(f"in {len(stretches) - _MOST_GAPS} more stretches")
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]
