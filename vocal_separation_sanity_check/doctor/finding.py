"""A line of the table: one part of an installation, and how it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a part is: `DIFFERS` from what was tested, or there is too `LITTLE` of it."""

    OK = "ok"
    DIFFERS = "differs"
    LITTLE = "little"
    MISSING = "missing"
    FAILS = "fails"


@dataclass(frozen=True)
class Finding:
    """One part of an installation.

    Attributes
    ----------
    group : str
        What it belongs to, such as ``"machine"`` or ``"extra separate"``.
    name : str
    state : State
    found : str
        Its version, its size, or what went wrong, in a few words.
    purpose : str
        What it is for.
    remedy : str
        The line to run, or what to do, where something is missing; else empty.
    is_needed : bool
        Whether the main job, separating a song by its acapella, needs it.
    """

    group: str
    name: str
    state: State
    found: str
    purpose: str
    remedy: str = ""
    is_needed: bool = False

    @property
    def stops_the_main_job(self) -> bool:
        """Whether the main job cannot work for want of this."""
        return self.is_needed and self.state in (State.MISSING, State.FAILS)
