"""`results.json`: what a check found, and what vouches for the files beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.songs.json_files import NUMBER, read_json

_DIGEST = "digest"
_ADVICE = "check the song again"
_SHAPE = {
    "depends_on": dict,
    "files": {str: (str, NUMBER)},
    "inputs": {"mixture": {"n_samples": NUMBER}},
    "settings": {"sample_rate_hz": NUMBER},
    "seconds": {str: NUMBER},
    "si_sdr_db": {str: NUMBER},
    "fingerprint": {"match_after": {"overall": NUMBER}},
    "report_card": [{"group": str, "name": str, "unit": str, "extraction": (NUMBER, None)}],
    "warnings": [str],
}
"""What the tables of songs are made of, and what says whether a song is finished."""
_TOLD = {"mixture", "extraction", "psm"}
"""SI-SDR of these, where the song is judged."""
_ORIGINAL = ({"file": str, "sha256": str}, None)
_OPTIONAL = {
    "is_placed": bool,
    "is_judged": bool,
    "song": str,
    "original": _ORIGINAL,
    "source": ("vocal", "music"),
    _DIGEST: str,
}
"""Earlier versions did not write these."""


def write_results(path: Path, facts: Mapping[str, Any]) -> None:
    """Write `results.json`, with a digest of itself.

    Parameters
    ----------
    path : Path
    facts : mapping
        ``files`` are the names of the other files, with their digests.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    told = json.loads(json.dumps(facts, allow_nan=False))  # as it will be read
    told[_DIGEST] = _digest_of(told)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(told, indent=2), encoding="utf-8")


def read_results(path: Path) -> dict[str, Any]:
    """Read `results.json`.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict
        Whether it has figures under ``is_judged``, whoever wrote it.

    Raises
    ------
    InputError
        If it cannot be read, or is not what was written.
    """
    facts = read_json(path, _SHAPE, _ADVICE, _OPTIONAL)
    is_whole = facts.pop(_DIGEST, None) in (None, _digest_of(facts))
    facts.setdefault("is_judged", facts.get("is_placed", True))
    is_told = not facts["is_judged"] or facts["si_sdr_db"].keys() >= _TOLD
    if not is_whole or not is_told or facts["settings"]["sample_rate_hz"] <= 0:
        raise InputError(f"{path} was changed after it was written; {_ADVICE}")
    return facts


def _digest_of(facts: Mapping[str, Any]) -> str:
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
