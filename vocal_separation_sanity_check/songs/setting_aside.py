"""Results that a check did not renew: moved aside, so that no two checks' files are mixed."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.songs.song_names import EARLIER, RESULT_NAMES


def set_aside(folder: Path, suffix: str, renewed: Collection[str]) -> None:
    """Move results that a check is not about to write to `earlier/`, over older ones there.

    Parameters
    ----------
    folder : Path
        Of a song's results.
    suffix : str
        Of their names.
    renewed : collection of str
        Names of the files that will be written.

    Raises
    ------
    InputError
        If the system refuses.
    """
    for name in _names(suffix):
        if name in renewed or not (folder / name).is_file():
            continue
        try:
            (folder / EARLIER).mkdir(exist_ok=True)
            os.replace(folder / name, folder / EARLIER / name)
        except OSError as error:
            raise InputError(
                f"cannot move {folder / name}, which is of an earlier check, to {EARLIER}/:"
                f" {error.strerror or error}; move it away yourself"
            ) from error


def earlier_files(folder: Path, suffix: str) -> list[str]:
    """Names of the files that were set aside, of a song's results in `folder`."""
    return [name for name in _names(suffix) if (folder / EARLIER / name).is_file()]


def _names(suffix: str) -> list[str]:
    return sorted(name.replace(".", f"{suffix}.") for name in RESULT_NAMES)
