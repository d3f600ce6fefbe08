"""`Told`: what is said of a check, from its headline to its notes."""

from __future__ import annotations

from dataclasses import dataclass

from vocal_separation_sanity_check.verdicts.advice import advice, path_in_words
from vocal_separation_sanity_check.verdicts.file_words import condition_words, is_ruined
from vocal_separation_sanity_check.verdicts.observed import Observed
from vocal_separation_sanity_check.verdicts.suspicions import name_of, suspicions

_POOR_DB = 3.0
"""SI-SDR of the ideal mask under which no mask brings much of the source out."""


@dataclass(frozen=True)
class Told:
    """What is said of a check.

    Attributes
    ----------
    headline : str
        The answer to what was asked, or the gravest suspicion.
    is_suspicious : bool
        Whether the headline is one.
    sentences : tuple of str
        What follows from the figures; empty where these suppose a reference that is not there.
    warnings : tuple of str
        Other suspicions, then what else a user should know.
    """

    headline: str
    is_suspicious: bool
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def alarms(self) -> tuple[str, ...]:
        """What a table of many songs shows: the headline where it is a suspicion, and warnings."""
        return (self.headline, *self.warnings) if self.is_suspicious else self.warnings


def told_of(observed: Observed) -> Told:
    """Decide what is said of a check, from everything that was found.

    Parameters
    ----------
    observed : Observed

    Returns
    -------
    Told
    """
    suspected = suspicions(observed)
    noted = tuple(_notes(observed))
    if not observed.is_judged:
        return Told(suspected[0], True, (), (*suspected[1:], *noted))
    followed = [told for told in (advice(observed), path_in_words(observed)) if told]
    if suspected:
        sentences = (_verdict(observed), *followed)
        return Told(suspected[0], True, sentences, (*suspected[1:], *noted))
    return Told(_verdict(observed), False, tuple(followed), noted)


def _verdict(observed: Observed) -> str:
    """Answer the question that the check asks."""
    source, gap_db = observed.source, observed.gap_db
    ideal_db = observed.si_sdr_db["psm"]
    if observed.is_stopped_early:
        steps = f"{observed.n_steps} step{'s' if observed.n_steps != 1 else ''}"
        return (
            f"The fit was stopped after {steps}, {gap_db:.1f} dB under what the best mask reaches:"
            " that says nothing of the pair. Give it more with --iterations."
        )
    if observed.wanted_target == "magnitude" and not observed.is_close:
        return (
            f"Plain magnitude was matched, as --target magnitude asks, and that is "
            f"{abs(gap_db):.1f} dB {'under' if gap_db > 0 else 'over'} the best mask there is: it "
            "says nothing of the pair. Leave the flag out to match what a mask can rebuild."
        )
    if observed.is_close and ideal_db < _POOR_DB:
        return (
            f"No mask brings out much of this {source}: the best there is reaches "
            f"{_signed(ideal_db)} dB SI-SDR, and the fit came within {abs(gap_db):.2f} dB of it. "
            "It is too faint in this song, or the reference is not all of it."
        )
    if observed.is_close:
        return (
            f"The fingerprint is enough to find the {source}: the fit came within "
            f"{abs(gap_db):.2f} dB of the best mask there is."
        )
    if gap_db < 0:
        return (
            f"The extraction is {-gap_db:.1f} dB over what the ideal mask reaches, which no sound "
            "pair comes to: look at the pictures before you rely on the figures."
        )
    why = ""
    if observed.has_magnitude_bands:
        why = f", where the song holds the {source} with other phases and its magnitude had to do"
    return f"The extraction is {gap_db:.1f} dB under what the best mask reaches{why}."


def _notes(observed: Observed) -> list[str]:
    """What a user should know and need not worry about."""
    notes = []
    for role, condition in observed.conditions.items():
        name = name_of(role, observed.source)
        if not is_ruined(condition):
            notes += condition_words(condition, name)
    notes += observed.mended
    if observed.is_inverted and observed.is_judged:
        notes.append(f"The {observed.source} is inverted in the mix; that is taken care of.")
    if observed.is_padded:
        notes.append(
            f"Only the first {observed.sounding_s:.2f} of {observed.duration_s:.2f} s hold any "
            "sound; the silence behind counts for nothing."
        )
    return notes


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
