"""The files that a pair was prepared from, as `original.json` names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import sha256_of
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import PREPARE_AGAIN
from vocal_separation_sanity_check.sound import SoundInfo, sound_info


@dataclass(frozen=True)
class Original:
    """The stretch of a file that a prepared mixture came from.

    Attributes
    ----------
    path : Path
    info : SoundInfo
        Of the whole file.
    begin, n_samples : int
        The stretch, in samples of the file.
    """

    path: Path
    info: SoundInfo
    begin: int
    n_samples: int

    @classmethod
    def of(cls, facts_path: Path, settings: Settings) -> Original:
        """Read where a mixture came from.

        Parameters
        ----------
        facts_path : Path
            Of `original.json`.
        settings : Settings

        Returns
        -------
        Original

        Raises
        ------
        InputError
            If the file has gone or changed since it was prepared.
        """
        facts = _facts(facts_path)
        path = _unchanged(facts)
        info = sound_info(path)
        begin, n_samples = 0, info.n_samples
        if facts["clip_start_s"] is not None:
            begin = round(facts["clip_start_s"] * info.sample_rate_hz)
            n_samples = min(round(settings.clip_s * info.sample_rate_hz), info.n_samples - begin)
        return cls(path, info, begin, n_samples)


def original_reference(facts_path: Path) -> Path:
    """Give the file that a prepared reference came from.

    Parameters
    ----------
    facts_path : Path
        Of `original.json`.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If it has gone or changed since it was prepared, or an earlier version prepared it and did
        not say which file it is.
    """
    facts = _facts(facts_path).get("reference")
    if facts is None:
        raise InputError(f"{facts_path} does not say where the reference is from; {PREPARE_AGAIN}")
    return _unchanged(facts)


def _facts(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _unchanged(facts: Mapping[str, Any]) -> Path:
    path = Path(facts["file"])
    if not path.is_file() or sha256_of(path) != facts["sha256"]:
        raise InputError(
            f"{path} has {'changed' if path.is_file() else 'gone'} since it was prepared;"
            f" {PREPARE_AGAIN}"
        )
    return path
