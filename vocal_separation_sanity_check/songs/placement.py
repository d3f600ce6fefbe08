"""Whether preparing put the reference in its place in the song: `alignment.json`, read back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.songs.json_files import NUMBER, read_json
from vocal_separation_sanity_check.songs.prepared_files import ALIGNMENT_NAMES, PREPARE_AGAIN

PlacedBy = Literal["found", "user", "none"]
"""Who placed the reference; with "none" it was left as it came, which is right by luck only."""

_SHAPE = {
    "offset_ms": NUMBER,
    "drift_ppm": NUMBER,
    "polarity": NUMBER,
    "gain_db": NUMBER,
    "confidence": NUMBER,
    "is_confident": bool,
    "reason": str,
    "null_depth_db": {"before": NUMBER, "after": NUMBER},
}
_OPTIONAL = {
    "placed_by": get_args(PlacedBy),
    "is_tone_matched": bool,
    "uncertainty_ms": (NUMBER, None),
    "segments": [{"song_from_s": NUMBER, "song_to_s": NUMBER, "reference_from_s": NUMBER}],
}
"""What is told on the page, or decides at full quality; earlier versions did not write what is
optional."""
_LARGEST_GAIN_DB = 300.0
"""Between the loudest sound that is taken and the faintest that is none there are 240."""


def read_alignment(prepared: Path) -> dict[str, Any] | None:
    """Read what preparing found of the reference's place.

    Parameters
    ----------
    prepared : Path
        Folder of one prepared song.

    Returns
    -------
    dict or None
        None where it was not asked to line up.

    Raises
    ------
    InputError
        If the file is not what preparing writes.
    """
    path = prepared / ALIGNMENT_NAMES[0]
    if not path.is_file():
        return None
    found = read_json(path, _SHAPE, PREPARE_AGAIN, _OPTIONAL)
    if abs(found["gain_db"]) > _LARGEST_GAIN_DB:
        raise InputError(f"{path} is not what was written there (gain_db); {PREPARE_AGAIN}")
    return found


def placed_by(alignment: Mapping[str, Any] | None) -> PlacedBy | None:
    """Who placed the reference.

    Parameters
    ----------
    alignment : mapping or None
        See `read_alignment`.

    Returns
    -------
    {"found", "user", "none"} or None
        None where it was not to be lined up.
    """
    if alignment is None:
        return None
    found: PlacedBy = alignment.get("placed_by", "found")
    return found


def is_placed(alignment: Mapping[str, Any] | None) -> bool:
    """Whether figures may suppose that the reference is in its place.

    Parameters
    ----------
    alignment : mapping or None
        See `read_alignment`.

    Returns
    -------
    bool
        False only where preparing tried to line it up and could not.
    """
    return placed_by(alignment) != "none"
