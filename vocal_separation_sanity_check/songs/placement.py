"""Whether preparing put the reference in its place in the song: `alignment.json`, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.songs.prepared_files import ALIGNMENT_NAMES, PREPARE_AGAIN

PlacedBy = Literal["found", "user", "none"]
"""Who placed the reference; with "none" it was left as it came, which is right by luck only."""

_NEEDED = {
    "offset_ms",
    "drift_ppm",
    "polarity",
    "gain_db",
    "confidence",
    "is_confident",
    "reason",
    "null_depth_db",
}
"""What is told on the page."""

WHAT_TO_TRY = (
    "If both are the same recording of the same song, prepare them again and say by how much the "
    "reference must be delayed, with --offset-ms MS; where that holds for a part of the song only, "
    "take the clip from there with --start SECONDS."
)
"""What a user can do about a reference that was not lined up."""


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
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); {PREPARE_AGAIN}") from error
    if not isinstance(found, dict) or not found.keys() >= _NEEDED:
        raise InputError(f"{path} is not what was written there; {PREPARE_AGAIN}")
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
    return alignment is None or alignment.get("placed_by") != "none"
