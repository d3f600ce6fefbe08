"""Which files belong together: the naming rule of `process/`.

A song is ``NAME_100-full.EXT`` (or ``NAME_nl-full.EXT`` for full length) and lies beside its
reference, ``NAME_100-stem.EXT`` (the vocal) or ``NAME_100-inst.EXT`` (the music).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import refuse_special
from vocal_separation_sanity_check.settings import Source
from vocal_separation_sanity_check.songs import check_name

MARKS: Mapping[str, str] = {"100-window": "_100-", "no-limit": "_nl-"}
"""The two lengths, by the folder that holds them, and the mark in the names of their files."""

_REFERENCES: Mapping[str, Source] = {"stem": "vocal", "inst": "music"}
_UNFINISHED = (".part", ".crdownload", ".download", ".tmp")
_RULE = re.compile(r"(?P<song>.+)(?P<mark>_100-|_nl-)(?P<role>full|stem|inst)", re.I | re.S)


@dataclass(frozen=True)
class PairFiles:
    """A song and the file to look for in it.

    Attributes
    ----------
    song : str
        Its name: the part of the files' names before the mark.
    mixture, reference : Path
    source : {"vocal", "music"}
        What `reference` is a recording of.
    """

    song: str
    mixture: Path
    reference: Path
    source: Source


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    Attributes
    ----------
    pairs : tuple of PairFiles
        By name.
    ignored : tuple of str
        Names of files that do not follow the rule.
    problems : mapping of str to InputError
        By song: files without a partner, and files that want one place.
    """

    pairs: tuple[PairFiles, ...]
    ignored: tuple[str, ...]
    problems: Mapping[str, InputError]


def find_pairs(folder: Path) -> Found:
    """Pair up the files of `process/100-window` or `process/no-limit`.

    Hidden files, READMEs, folders and unfinished downloads are passed over.

    Parameters
    ----------
    folder : Path
        Named as in `MARKS`; where it does not exist, nothing is found.

    Returns
    -------
    Found
    """
    mark = MARKS[folder.name]
    songs: defaultdict[str, defaultdict[str, list[Path]]]
    songs = defaultdict(lambda: defaultdict(list))
    ignored = []
    for path in _candidates(folder):
        match = _RULE.fullmatch(path.stem)
        if match is None or match["mark"].lower() != mark:
            ignored.append(path.name)
        else:
            # One name can be spelled in two ways in Unicode; a Mac writes the other one.
            song = unicodedata.normalize("NFC", match["song"])
            songs[song][match["role"].lower()].append(path)
    pairs, problems = [], {}
    for song in sorted(songs):
        try:
            pairs.append(_paired(song, mark, songs))
        except InputError as error:
            problems[song] = error
    return Found(tuple(pairs), tuple(ignored), problems)


def given_pair(mixture: Path, reference: Path, source: Source) -> PairFiles:
    """Pair any two files, whatever they are called.

    Parameters
    ----------
    mixture, reference : Path
    source : {"vocal", "music"}

    Returns
    -------
    PairFiles

    Raises
    ------
    InputError
        If a file is missing, both are the same, or a song cannot have that name.
    """
    for path in (mixture, reference):
        refuse_special(path)
        if not path.is_file():
            raise InputError(f"{path} does not exist")
    if mixture.samefile(reference):
        raise InputError(
            f"{mixture} was given as the mixture and as its {source}; wanted two files"
        )
    match = _RULE.fullmatch(mixture.stem)
    song = unicodedata.normalize("NFC", match["song"] if match else mixture.stem)
    check_name(song)
    return PairFiles(song, mixture, reference, source)


def _candidates(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file()
        and not path.name.startswith(".")
        and path.stem.lower() != "readme"
        and path.suffix.lower() not in _UNFINISHED
    ]


def _paired(song: str, mark: str, songs: Mapping[str, Mapping[str, Sequence[Path]]]) -> PairFiles:
    """Check that a song has one mixture and one reference, and a name that it may have."""
    roles = songs[song]
    mixtures = roles.get("full", ())
    references = [(path, role) for role in _REFERENCES for path in roles.get(role, ())]
    for paths in (mixtures, [path for path, _ in references]):
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            raise InputError(
                f"{names} in {paths[0].parent.name} want the same place; keep one of them"
            )
    if not mixtures:
        missing = f"{song}{mark}full.EXT (the song)"
        lonely = [name for name, other in songs.items() if set(other) == {"full"}]
        raise InputError(_missing(references[0][0], missing, lonely))
    if not references:
        missing = f"{song}{mark}stem.EXT (its vocal)"
        lonely = [name for name, other in songs.items() if "full" not in other]
        raise InputError(_missing(mixtures[0], missing, lonely))
    check_name(song)
    path, role = references[0]
    return PairFiles(song, mixtures[0], path, _REFERENCES[role])


def _missing(path: Path, missing: str, lonely: Sequence[str]) -> str:
    """Say which file is missing, and which partnerless name may be a misspelling of it."""
    message = f"{path.parent.name}/{path.name} has no partner: wanted {missing} beside it"
    if lonely:
        message += f"; if {lonely[0]!r} is the same song, give both files the same name"
    return message
