"""`conditions.json`: in what condition the two files of a pair came."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.songs.json_files import NUMBER, read_json
from vocal_separation_sanity_check.songs.prepared_files import CONDITIONS_NAME, PREPARE_AGAIN
from vocal_separation_sanity_check.sound import Condition

_OF_A_FILE = {"flat_share": NUMBER, "flat_db": NUMBER, "crest_db": NUMBER}
_SHAPE = {"mixture": _OF_A_FILE, "reference": _OF_A_FILE, "mended": [str]}


@dataclass(frozen=True)
class GivenFiles:
    """What preparing saw of the files it was given.

    Attributes
    ----------
    conditions : mapping of {"mixture", "reference"} to Condition
        Empty where nobody wrote it down.
    mended : sequence of str
        What was put right in their channels, each a sentence.
    """

    conditions: Mapping[str, Condition] = field(default_factory=dict)
    mended: Sequence[str] = ()


def write_conditions(folder: Path, given: GivenFiles) -> None:
    """Write `conditions.json`.

    Parameters
    ----------
    folder : Path
        Of the prepared song.
    given : GivenFiles

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    facts = {role: asdict(condition) for role, condition in given.conditions.items()}
    with replacing(folder / CONDITIONS_NAME) as temporary:
        text = json.dumps({**facts, "mended": list(given.mended)}, indent=2, allow_nan=False)
        temporary.write_text(text, encoding="utf-8")


def read_conditions(folder: Path) -> GivenFiles:
    """Read `conditions.json`.

    Parameters
    ----------
    folder : Path
        Of the prepared song.

    Returns
    -------
    GivenFiles
        Empty where there is no such file: earlier versions did not write it.

    Raises
    ------
    InputError
        If it is not what preparing writes.
    """
    path = folder / CONDITIONS_NAME
    if not path.is_file():
        return GivenFiles()
    found = read_json(path, _SHAPE, PREPARE_AGAIN)
    conditions = {
        role: Condition(**{key: float(found[role][key]) for key in _OF_A_FILE})
        for role in ("mixture", "reference")
    }
    return GivenFiles(conditions, tuple(found["mended"]))
