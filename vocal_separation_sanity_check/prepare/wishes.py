"""What a user asks of preparing, beyond its files: refused where it cannot be, before any work."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

from vocal_separation_sanity_check.alignment import LARGEST_DRIFT_PPM, Timeline
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.timeline_file import read_timeline
from vocal_separation_sanity_check.settings import Settings


@dataclass(frozen=True)
class Wishes:
    """What a user asked for in place of what would be found.

    Attributes
    ----------
    start_s : float or None
        Where the clip begins.
    is_aligned : bool
        Whether to line the reference up at all.
    offset_ms, drift_ppm, polarity, timeline : float, float, int, Timeline or None
        See `alignment.align`; the timeline is of the whole song.

    Raises
    ------
    InputError
        If a number is out of range for every song.
    """

    start_s: float | None = None
    is_aligned: bool = True
    offset_ms: float | None = None
    drift_ppm: float | None = None
    polarity: int | None = None
    timeline: Timeline | None = None

    def __post_init__(self) -> None:
        if self.start_s is not None and not 0 <= self.start_s < math.inf:
            raise InputError(f"--start is {self.start_s:g} s, wanted 0 or more")
        if self.offset_ms is not None and not math.isfinite(self.offset_ms):
            raise InputError(f"--offset-ms is {self.offset_ms:g}, wanted a number of milliseconds")
        if self.drift_ppm is not None and not abs(self.drift_ppm) <= LARGEST_DRIFT_PPM:
            raise InputError(
                f"--drift-ppm is {self.drift_ppm:g}, wanted {-LARGEST_DRIFT_PPM:g} to"
                f" {LARGEST_DRIFT_PPM:g}; 1 % is 10000"
            )

    @property
    def places_reference(self) -> bool:
        """Whether the user said where the reference belongs."""
        given = (self.offset_ms, self.drift_ppm, self.polarity, self.timeline)
        return any(wish is not None for wish in given)


def wishes_of(options: argparse.Namespace) -> Wishes:
    """Take the wishes out of parsed options.

    Parameters
    ----------
    options : argparse.Namespace
        ``workspace``, ``start``, ``no_align``, ``offset_ms``, ``drift_ppm``, ``polarity``,
        ``timeline``; see `prepare_pairs`.

    Returns
    -------
    Wishes

    Raises
    ------
    InputError
        If flags contradict each other, a number is out of range, or the timeline cannot be read.
    """
    places = (options.offset_ms, options.drift_ppm, options.polarity, options.timeline)
    if options.no_align and any(place is not None for place in places):
        raise InputError(
            "--no-align contradicts --offset-ms, --drift-ppm, --polarity and --timeline"
        )
    timeline, polarity = None, options.polarity
    if options.timeline is not None:
        if options.offset_ms is not None or options.drift_ppm is not None:
            raise InputError(
                "--timeline contradicts --offset-ms and --drift-ppm: it has them for each segment"
            )
        rtg = options.workspace / "rtg"
        if options.timeline.resolve().is_relative_to(rtg.resolve()):
            raise InputError(
                f"{options.timeline} lies in {rtg}, where preparing replaces everything; copy it to"
                " another folder, so that what you edited cannot get lost"
            )
        given = read_timeline(options.timeline, Settings().sample_rate_hz)
        timeline = given.timeline
        polarity = given.polarity if polarity is None else polarity
    return Wishes(
        start_s=options.start,
        is_aligned=not options.no_align,
        offset_ms=options.offset_ms,
        drift_ppm=options.drift_ppm,
        polarity=polarity,
        timeline=timeline,
    )
