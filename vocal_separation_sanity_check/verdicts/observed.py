"""`Observed`: what was found of a song and its reference, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vocal_separation_sanity_check.separation import COHERENT, Subtraction
from vocal_separation_sanity_check.settings import Source, Target
from vocal_separation_sanity_check.sound import Condition

_NOTHING_LEFT_DB = -30.0
"""Of the mixture: a rest this faint says that the reference is the mixture."""
_HELD_DB, _CLEARER_DB = -8.0, 3.0
"""Of 94 songs swapped with their vocals or their music, the reference held the mixture down to -9
dB or deeper, and clearer than the other way round by 3.9 dB or more; as they belong, none did."""
_NEARLY_SILENT_DB = 40.0
"""What a reference must be turned up by to be as loud as it is in the song."""
_PADDED_SHARE = 0.1
_CLOSE_DB = 0.5
"""An extraction this close to the ideal mask has found all that a mask can find."""

PlacedBy = Literal["found", "user", "none"]


@dataclass(frozen=True)
class PathHeard:
    """What the song did to the reference.

    Attributes
    ----------
    lowest_db, highest_db : float
        Its level there.
    has_echoes : bool
    reverberation_s : float or None
    """

    lowest_db: float
    highest_db: float
    has_echoes: bool
    reverberation_s: float | None


@dataclass(frozen=True)
class Observed:
    """All that was found of a song and its reference.

    Attributes
    ----------
    source : {"vocal", "music"}
        What the reference is of.
    placed_by : {"found", "user", "none"} or None
        Who placed it; None where it was not asked to be lined up.
    coherence : float
    is_inverted : bool
        Found upside down by the check itself.
    turned_up_db : float
        What the reference's file was turned up by, to be as loud as it is in the song.
    rest_db : float
        The mixture without the reference, in dB of the mixture.
    reference_in_mixture_db, mixture_in_reference_db : float
        What is left of one where it is taken off the other; see `separation.Containment`.
    duration_s, sounding_s : float
        How long the check is, and until where there is any sound in it.
    gaps_s : tuple of (float, float)
        Where the reference is cut out while the song goes on.
    n_steps, most_steps : int
        Of the fit: taken, and allowed.
    wanted_target : {"phase-sensitive", "magnitude"} or None
        What the user asked to be matched.
    has_magnitude_bands : bool
        Whether magnitude was matched in some band because phases said nothing there.
    si_sdr_db : dict of str to float
        Of ``extraction``, the ideal mask ``psm`` and, where the reference was rebuilt, the ideal
        mask of the one that was given, ``psm_as_given``.
    subtraction : Subtraction or None
    path : PathHeard or None
        None where the reference is in the song as it was given.
    conditions : dict of {"mixture", "reference"} to Condition
        Of the files as they were given, where that is known.
    mended : tuple of str
        What preparing put right in the files' channels, each a sentence.
    offset_shares : dict of {"mixture", "reference"} to float
        How far what was prepared is off zero, of its RMS.
    """

    source: Source
    placed_by: PlacedBy | None = "found"
    coherence: float = 1.0
    is_inverted: bool = False
    turned_up_db: float = 0.0
    rest_db: float = 0.0
    reference_in_mixture_db: float = 0.0
    mixture_in_reference_db: float = 0.0
    duration_s: float = 0.0
    sounding_s: float = 0.0
    gaps_s: tuple[tuple[float, float], ...] = ()
    n_steps: int = 0
    most_steps: int = 0
    wanted_target: Target | None = None
    has_magnitude_bands: bool = False
    si_sdr_db: dict[str, float] = field(default_factory=dict)
    subtraction: Subtraction | None = None
    path: PathHeard | None = None
    conditions: dict[str, Condition] = field(default_factory=dict)
    mended: tuple[str, ...] = ()
    offset_shares: dict[str, float] = field(default_factory=dict)

    @property
    def rest(self) -> Source:
        """The source that the reference is not of."""
        return "music" if self.source == "vocal" else "vocal"

    @property
    def occurs(self) -> bool:
        """Whether the reference is in the mixture, however faint where its place was found."""
        return self.placed_by == "found" or abs(self.coherence) >= COHERENT

    @property
    def is_swapped(self) -> bool:
        """Whether the reference holds the mixture, and not the other way round."""
        clearer_db = self.reference_in_mixture_db - self.mixture_in_reference_db
        return self.mixture_in_reference_db < _HELD_DB and clearer_db > _CLEARER_DB

    @property
    def is_identical(self) -> bool:
        """Whether both are the same sound."""
        return self.rest_db < _NOTHING_LEFT_DB

    @property
    def is_judged(self) -> bool:
        """Whether figures and advice mean anything: each supposes that the reference is in there.

        They do not where it does not occur, was not lined up, or is itself the mixture.
        """
        is_sound = self.placed_by != "none" and self.occurs
        return is_sound and not self.is_swapped and not self.is_identical

    @property
    def is_nearly_silent(self) -> bool:
        """Whether the reference's file holds hardly any sound."""
        return self.turned_up_db > _NEARLY_SILENT_DB

    @property
    def is_padded(self) -> bool:
        """Whether much of the check is silence behind the end."""
        return self.duration_s - self.sounding_s > _PADDED_SHARE * self.duration_s

    @property
    def gap_db(self) -> float:
        """How far the extraction is under what the best mask reaches."""
        return self.si_sdr_db["psm"] - self.si_sdr_db["extraction"]

    @property
    def is_close(self) -> bool:
        """Whether the fit found all that a mask can find."""
        return abs(self.gap_db) <= _CLOSE_DB

    @property
    def is_stopped_early(self) -> bool:
        """Whether the fit was not allowed the steps that it would have taken."""
        return self.n_steps >= self.most_steps and self.gap_db > _CLOSE_DB
