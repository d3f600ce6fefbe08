"""A timeline read back from an `alignment.json` that somebody may have edited."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from vocal_separation_sanity_check.alignment import Timeline
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import refuse_special
from vocal_separation_sanity_check.prepare.segment_values import given_segment, shown

_LARGEST_BYTES = 50_000_000
_MOST_SEGMENTS = 1000


@dataclass(frozen=True)
class GivenTimeline:
    """What a user wrote into a file.

    Attributes
    ----------
    timeline : Timeline
    polarity : int
        1, or -1 to invert the reference.
    """

    timeline: Timeline
    polarity: int


def read_timeline(path: Path, sample_rate_hz: float) -> GivenTimeline:
    """Read an `alignment.json` that somebody may have edited.

    Its ``segments`` decide (see `given_segment`) and its ``polarity``; everything else is for
    information.

    Parameters
    ----------
    path : Path
    sample_rate_hz : float
        Of the signals that the timeline is for.

    Returns
    -------
    GivenTimeline

    Raises
    ------
    InputError
        If it is no such file, or says what cannot be meant.
    """
    given = _parsed(path)
    name = path.name
    if not isinstance(given, dict) or not isinstance(given.get("segments"), list):
        raise InputError(
            f"{name} holds no list of segments; wanted an alignment.json, as preparing a song "
            "writes it beside the sounds in rtg/"
        )
    polarity = given.get("polarity")
    if isinstance(polarity, bool) or polarity not in (1, -1):
        raise InputError(
            f"polarity in {name} is {shown(polarity)}, wanted 1, or -1 where the reference is "
            "inverted"
        )
    stretches = given["segments"]
    if not 1 <= len(stretches) <= _MOST_SEGMENTS:
        raise InputError(
            f"{name} holds {len(stretches)} segments, wanted 1 to {_MOST_SEGMENTS}; leave in at "
            "least the one that fits"
        )
    segments = [
        given_segment(stretch, f"segment {number} of {name}", sample_rate_hz)
        for number, stretch in enumerate(stretches, 1)
    ]
    for number, (one, other) in enumerate(pairwise(segments), 1):
        if other.begin < one.end:
            raise InputError(
                f"segment {number + 1} of {name} begins at {other.begin / sample_rate_hz:.3f} s, "
                f"before segment {number} ends at {one.end / sample_rate_hz:.3f} s; wanted them in "
                "the order of the song, without overlap: moving a cut takes both song_to_s of the "
                "one and song_from_s of the other"
            )
    return GivenTimeline(Timeline(tuple(segments)), int(polarity))


def check_within(timeline: Timeline, n_samples: int, sample_rate_hz: float) -> None:
    """Refuse a timeline that goes on beyond the end of the song.

    Parameters
    ----------
    timeline : Timeline
    n_samples : int
        Length of the song.
    sample_rate_hz : float

    Raises
    ------
    InputError
    """
    end = timeline.segments[-1].end
    if end > n_samples:
        raise InputError(
            f"the timeline's last segment ends at {end / sample_rate_hz:.3f} s, wanted at most the "
            f"song's length, {n_samples / sample_rate_hz:.3f} s; is the timeline of another song?"
        )


def _parsed(path: Path) -> Any:
    refuse_special(path)
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _LARGEST_BYTES else b""
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if size > _LARGEST_BYTES:
        raise InputError(
            f"{path.name} has {size / 1e6:.0f} MB, wanted at most {_LARGEST_BYTES / 1e6:.0f}; "
            "is it an alignment.json?"
        )
    try:
        # Some editors put a mark in front that JSON does not know.
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} is not JSON ({error}); is a comma or a bracket missing, or one too many?"
        ) from error
