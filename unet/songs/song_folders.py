"""Find songs with separate stems in a folder, whichever of the known layouts it has.

====================================  =======================================================
layout                                stems
====================================  =======================================================
``SONG.stem.mp4`` (MUSDB18, 7 s)      drums, bass, other, vocals, through `stempeg`
``SONG/{mixture,vocals,…}.wav``       vocals and whatever else lies there (MUSDB18-HQ is this)
``CLIP.vocals.*, CLIP.accompaniment`` vocals, accompaniment (MIR-1K)
``mask.npz, 1_original_mixture.wav``  what the engine's fitted mask takes out, and the rest
====================================  =======================================================
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from unet.songs.stems import (
    ACCOMPANIMENT,
    VOCALS,
    Stems,
    read_checked_song,
    read_sounds,
    read_stem_mp4,
)
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.songs import read_results

OTHER_STEMS = ("drums", "bass", "other", ACCOMPANIMENT)
SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aiff", ".aif")
_STEM_MP4 = ".stem.mp4"

Layout = Literal["stem.mp4", "folder", "clip", "engine"]


@dataclass(frozen=True)
class Song:
    """Where a song's stems are.

    Attributes
    ----------
    name : str
    artist : str
        All songs of an artist are for training, or all for validation; in training, artists are
        drawn equally often.
    layout : str
    files : mapping of role to Path
        A source's name or ``mixture``; for ``stem.mp4`` one file under ``all``; of the engine's
        results also ``mask``, and where they are there ``results`` and ``reference``.
    """

    name: str
    artist: str
    layout: Layout
    files: tuple[tuple[str, Path], ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the stems, the vocals first."""
        if self.layout == "stem.mp4":
            return (VOCALS, "drums", "bass", "other")
        roles = [role for role, _ in self.files]
        others = tuple(name for name in OTHER_STEMS if name in roles)
        return (VOCALS, *(others or (ACCOMPANIMENT,)))

    def has(self, sources: Collection[str]) -> bool:
        """Whether there is a stem for every one of some sources."""
        return set(sources) <= set(self.sources)

    def read(self) -> Stems:
        """Read the stems.

        Returns
        -------
        Stems

        Raises
        ------
        InputError
            If a file cannot be read, or the stems do not belong together.
        """
        if self.layout == "stem.mp4":
            return read_stem_mp4(dict(self.files)["all"])
        if self.layout == "engine":
            return read_checked_song(dict(self.files))
        return read_sounds(self.name, dict(self.files), self.sources)


def find_songs(folders: Sequence[Path]) -> list[Song]:
    """Look for songs in folders and all that is under them.

    Parameters
    ----------
    folders : sequence of Path

    Returns
    -------
    list of Song
        By name; hidden folders are left out.

    Raises
    ------
    InputError
        If a folder is missing or holds no song.
    """
    songs: list[Song] = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder; --data wants one that holds songs")
        found: list[Song] = []
        for place, inner, names in os.walk(folder):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            visible = sorted(name for name in names if not name.startswith("."))
            found += _songs_of(Path(place), visible)
        if not found:
            raise InputError(
                f"{folder} holds no songs; wanted SONG.stem.mp4 files (MUSDB18),"
                " SONG/{mixture,vocals,…}.wav, CLIP.vocals.* with CLIP.accompaniment.*, or the"
                " engine's results (mask.npz with 1_original_mixture.wav)"
            )
        songs += found
    return sorted(songs, key=lambda song: song.name)


def _songs_of(place: Path, names: list[str]) -> list[Song]:
    """Songs whose files lie directly in a folder."""
    songs = [
        Song(title, _artist(title), "stem.mp4", (("all", place / name),))
        for name in names
        if name.lower().endswith(_STEM_MP4)
        for title in [name[: -len(_STEM_MP4)]]
    ]
    songs += _engine_songs(place, names) + _clips(place, names)
    sounds = {
        Path(name).stem: place / name
        for name in names
        if Path(name).suffix.lower() in SOUND_SUFFIXES
    }
    roles = [role for role in (VOCALS, *OTHER_STEMS, "mixture") if role in sounds]
    if VOCALS in roles and len(roles) > 1:
        files = tuple((role, sounds[role]) for role in roles)
        songs.append(Song(place.name, _artist(place.name), "folder", files))
    return songs


def _engine_songs(place: Path, names: list[str]) -> list[Song]:
    """The results of a check: `mask.npz` or `mask_full.npz`."""
    songs = []
    for suffix in ("", "_full"):
        mask, mixture = f"mask{suffix}.npz", f"1_original_mixture{suffix}.wav"
        if mask in names and mixture in names:
            others = {
                "results": f"results{suffix}.json",
                "reference": f"2_target_vocal{suffix}.wav",
            }
            files = {"mask": mask, "mixture": mixture}
            files |= {role: name for role, name in others.items() if name in names}
            paths = tuple((role, place / name) for role, name in files.items())
            title = _checked_name(place / others["results"], place.name)
            songs.append(Song(title, _artist(title), "engine", paths))
    return songs


def _checked_name(results: Path, otherwise: str) -> str:
    """Name of a song as its check told it: its folder may be that of all results."""
    try:
        return str(read_results(results).get("song", otherwise))
    except InputError:
        return otherwise


def _clips(place: Path, names: list[str]) -> list[Song]:
    """`CLIP.vocals.opus` beside `CLIP.accompaniment.opus`."""
    by_clip: dict[str, dict[str, Path]] = {}
    for name in names:
        parts = name.rsplit(".", 2)
        if len(parts) == 3 and f".{parts[2].lower()}" in SOUND_SUFFIXES:
            by_clip.setdefault(parts[0], {})[parts[1]] = place / name
    return [
        Song(
            clip,
            clip.split("_")[0],
            "clip",
            ((VOCALS, f[VOCALS]), (ACCOMPANIMENT, f[ACCOMPANIMENT])),
        )
        for clip, f in by_clip.items()
        if VOCALS in f and ACCOMPANIMENT in f
    ]


def _artist(title: str) -> str:
    return title.split(" - ")[0]
