"""`original.json`: which files a prepared pair came from, and which files it may name.

Full quality opens the files that are named there, and what lies in `rtg/` may come from somebody
else. So each must lie in the workspace, after all links are followed; or preparing must have
been given it, with these contents, by this user (`given_files.py`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing, sha256_of
from vocal_separation_sanity_check.songs.given_files import remember, was_given
from vocal_separation_sanity_check.songs.json_files import NUMBER, read_json
from vocal_separation_sanity_check.songs.prepared_files import ORIGINAL_NAME, PREPARE_AGAIN

_FILE = {"file": str, "sha256": str}
_SHAPE = {**_FILE, "clip_start_s": (NUMBER, None), "gain": NUMBER}
_OPTIONAL = {"reference": _FILE, "song": str}
"""Earlier versions did not write these."""
_LONGEST_S = 1e7


@dataclass(frozen=True)
class OriginalFile:
    """A file that preparing read.

    Attributes
    ----------
    path : Path
        Absolute.
    sha256 : str
        Of its contents when preparing read it.
    """

    path: Path
    sha256: str

    @classmethod
    def of(cls, path: Path) -> OriginalFile:
        """Take a file as it is now, before it is prepared.

        Parameters
        ----------
        path : Path

        Returns
        -------
        OriginalFile

        Raises
        ------
        InputError
            If it cannot be read.
        """
        return cls(path.resolve(), sha256_of(path))

    def check_unchanged(self) -> None:
        """Refuse a file that is no longer what was prepared.

        Raises
        ------
        InputError
            If it has changed or gone.
        """
        is_there = self.path.is_file()
        if not is_there or sha256_of(self.path) != self.sha256:
            raise InputError(
                f"{self.path} has {'changed' if is_there else 'gone'} since preparing read it;"
                f" {PREPARE_AGAIN}"
            )

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Make sure that the block reads what is prepared, or was.

        Raises
        ------
        InputError
            If it has changed or gone, whatever else the block made of that.
        """
        try:
            yield
        except Exception:
            self.check_unchanged()
            raise
        self.check_unchanged()


@dataclass(frozen=True)
class Original:
    """Where a prepared pair came from.

    Attributes
    ----------
    mixture, reference : OriginalFile
    clip_start_s : float or None
        Where in the song's file the mixture begins; None where all of it was prepared.
    gain : float
        What it was multiplied by.
    song : str
        Its name; empty where it is not told.
    """

    mixture: OriginalFile
    reference: OriginalFile
    clip_start_s: float | None
    gain: float
    song: str = ""

    def check_unchanged(self) -> None:
        """Refuse the pair if one of the files is no longer what was prepared.

        Raises
        ------
        InputError
            If one has changed or gone.
        """
        self.mixture.check_unchanged()
        self.reference.check_unchanged()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Make sure of both files, see `OriginalFile.unchanged`."""
        with self.mixture.unchanged(), self.reference.unchanged():
            yield


def write_original(folder: Path, original: Original, workspace: Path) -> None:
    """Write `original.json`, and remember the files that lie outside of the workspace.

    Parameters
    ----------
    folder : Path
        Of the prepared song.
    original : Original
    workspace : Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    facts = {
        "song": original.song,
        **_facts_of(original.mixture),
        "clip_start_s": original.clip_start_s,
        "gain": original.gain,
        "reference": _facts_of(original.reference),
    }
    with replacing(folder / ORIGINAL_NAME) as temporary:
        temporary.write_text(json.dumps(facts, indent=2), encoding="utf-8")
    for file in (original.mixture, original.reference):
        if not _lies_in(file.path, workspace):
            remember(file.path, file.sha256)


def read_original(folder: Path, workspace: Path | None) -> Original:
    """Read `original.json`.

    Parameters
    ----------
    folder : Path
        Of the prepared song.
    workspace : Path or None
        None where nothing is known to be the user's own.

    Returns
    -------
    Original
        Of files that this program may read.

    Raises
    ------
    InputError
        If it is damaged, or names a file that is neither in the workspace nor was given; or if an
        earlier version wrote it, which did not say where the reference is from.
    """
    where = folder / ORIGINAL_NAME
    told = _read(where)
    mixture, reference = (_own(file, where, workspace) for file in (told.mixture, told.reference))
    return replace(told, mixture=mixture, reference=reference)


def told_original(folder: Path) -> Original | None:
    """Give what `original.json` says, of files that may be anybody's and must not be opened.

    Parameters
    ----------
    folder : Path
        Of the prepared song.

    Returns
    -------
    Original or None
        None where the file is missing or damaged, or of an earlier version.
    """
    try:
        return _read(folder / ORIGINAL_NAME)
    except InputError:
        return None


def _read(where: Path) -> Original:
    facts = read_json(where, _SHAPE, PREPARE_AGAIN, _OPTIONAL)
    if "reference" not in facts:
        raise InputError(f"{where} does not say where the reference is from; {PREPARE_AGAIN}")
    start_s, files = facts["clip_start_s"], (facts, facts["reference"])
    if not 0 <= (start_s or 0) <= _LONGEST_S or any("\0" in file["file"] for file in files):
        raise InputError(f"{where} is not what was written there; {PREPARE_AGAIN}")
    mixture, reference = (OriginalFile(Path(file["file"]), file["sha256"]) for file in files)
    return Original(mixture, reference, start_s, facts["gain"], facts.get("song", ""))


def _facts_of(file: OriginalFile) -> dict[str, str]:
    return {"file": str(file.path), "sha256": file.sha256}


def _own(told: OriginalFile, where: Path, workspace: Path | None) -> OriginalFile:
    """Give a file that `original.json` names, if this program may read it."""
    # Where links lead is what counts.
    file = OriginalFile(Path(os.path.realpath(told.path)), told.sha256)
    is_own = workspace is not None and _lies_in(file.path, workspace)
    if not is_own and not was_given(file.path, file.sha256):
        raise InputError(
            f"{where} names {file.path}, which neither lies in the workspace nor was given to"
            f" preparing by you with these contents; {PREPARE_AGAIN}"
        )
    return file


def _lies_in(path: Path, workspace: Path) -> bool:
    return path.is_relative_to(os.path.realpath(workspace))
