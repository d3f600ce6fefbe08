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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.audio import read_mono, read_sound
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectrogram import istft, stft

VOCALS = "vocals"
ACCOMPANIMENT = "accompaniment"
OTHER_STEMS = ("drums", "bass", "other", ACCOMPANIMENT)
SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aiff", ".aif")
_STEM_MP4 = ".stem.mp4"
_MP4_STREAMS = ("mixture", "drums", "bass", "other", VOCALS)

Layout = Literal["stem.mp4", "folder", "clip", "engine"]


@dataclass(frozen=True)
class Stems:
    """The sounds of a song.

    Attributes
    ----------
    mixture : float32, shape (n_samples, n_channels)
    sources : mapping of name to float32, shape (n_samples, n_channels)
        The vocals first.
    sample_rate_hz : int
    """

    mixture: NDArray[np.float32]
    sources: dict[str, NDArray[np.float32]]
    sample_rate_hz: int


@dataclass(frozen=True)
class Song:
    """Where a song's stems are.

    Attributes
    ----------
    name : str
    artist : str
        Songs of one artist stay on one side of the split, and artists are drawn equally often.
    layout : str
    files : mapping of role to Path
        A source's name, ``mixture`` or ``mask``; for ``stem.mp4`` one file under ``all``.
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
            return _read_stem_mp4(dict(self.files)["all"])
        if self.layout == "engine":
            return _read_engine(dict(self.files))
        return _read_sounds(self.name, dict(self.files), self.sources)


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


@cache
def musdb_validation_names() -> frozenset[str]:
    """The 14 songs that `musdb` sets aside for validation."""
    import musdb
    import yaml

    text = (Path(musdb.__file__).parent / "configs" / "mus.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text)["validation_tracks"])


def split_songs(songs: Sequence[Song]) -> tuple[list[Song], list[Song]]:
    """Split into training and validation songs; no artist of an unlisted song is on both sides.

    MUSDB's own validation songs are the validation set where there are any; otherwise every
    tenth artist is. MUSDB's test songs (a folder named ``test``) belong to neither.

    Parameters
    ----------
    songs : sequence of Song

    Returns
    -------
    training, validation : list of Song

    Raises
    ------
    InputError
        If one side stays empty.
    """
    usable = [song for song in songs if not is_test(song)]
    validation = [song for song in usable if song.name in musdb_validation_names()]
    if not validation:
        artists = sorted({song.artist for song in usable})
        held_out = set(artists[::10])
        validation = [song for song in usable if song.artist in held_out]
    names = {song.name for song in validation}
    training = [song for song in usable if song.name not in names]
    if not training:
        raise InputError(
            f"{len(songs)} songs of {len({s.artist for s in songs})} artist(s) leave none to train"
            " on beside the validation songs; give more with --data"
        )
    return training, validation


def is_test(song: Song) -> bool:
    """Whether a song is one of MUSDB's test songs, by its folder."""
    path = song.files[0][1]
    place = path.parent if song.layout == "stem.mp4" else path.parent.parent
    return song.layout in ("stem.mp4", "folder") and place.name == "test"


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
            files = (("mask", place / mask), ("mixture", place / mixture))
            songs.append(Song(place.name, _artist(place.name), "engine", files))
    return songs


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


def _read_stem_mp4(path: Path) -> Stems:
    import stempeg

    try:
        streams, sample_rate_hz = stempeg.read_stems(str(path), dtype=np.float32)
    except Exception as error:  # ffmpeg-python and stempeg raise whatever comes
        raise InputError(
            f"{path.name} cannot be read as five streams (mix, drums, bass, other, vocals):"
            f" {type(error).__name__}; is it complete, and is ffmpeg installed?"
        ) from error
    if streams.ndim != 3 or len(streams) != len(_MP4_STREAMS):
        raise InputError(f"{path.name} holds {len(streams)} streams, wanted {len(_MP4_STREAMS)}")
    by_name = dict(zip(_MP4_STREAMS, np.asarray(streams, np.float32), strict=True))
    sources = {name: by_name[name] for name in (VOCALS, "drums", "bass", "other")}
    return Stems(by_name["mixture"], sources, int(sample_rate_hz))


def _read_engine(files: dict[str, Path]) -> Stems:
    """The fitted mask is the truth: its vocals are what it takes out of the mixture."""
    mask, settings = read_mask(files["mask"])
    mixture = read_mono(files["mixture"], settings.sample_rate_hz)
    spectrum = stft(mixture, settings)
    if spectrum.shape != mask.shape:
        raise InputError(
            f"{files['mask']} has shape {mask.shape}, its mixture {spectrum.shape};"
            " are they of the same run?"
        )
    vocals = istft(mask * spectrum, len(mixture), settings)
    sources = {VOCALS: vocals[:, None], ACCOMPANIMENT: (mixture - vocals)[:, None]}
    return Stems(mixture[:, None], sources, settings.sample_rate_hz)


def read_mask(path: Path) -> tuple[NDArray[np.float32], Settings]:
    """Read a mask that the engine fitted.

    Parameters
    ----------
    path : Path
        ``mask.npz``.

    Returns
    -------
    mask : float32, shape (n_bins, n_windows)
    settings : Settings

    Raises
    ------
    InputError
        If it is not one.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            mask = held["mask"].astype(np.float32)
            numbers = [int(held[k]) for k in ("sample_rate_hz", "n_fft", "hop_length")]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise InputError(f"{path} is not a mask that the engine wrote: {error}") from error
    if mask.ndim != 2 or not np.isfinite(mask).all():
        raise InputError(f"{path} holds shape {mask.shape} or NaN, wanted (n_bins, n_windows)")
    return mask, Settings(numbers[0], numbers[1], numbers[2])


def _read_sounds(name: str, files: dict[str, Path], wanted: tuple[str, ...]) -> Stems:
    sounds = {role: read_sound(path) for role, path in files.items()}
    rates = {sound.sample_rate_hz for sound in sounds.values()}
    shapes = {sound.samples.shape for sound in sounds.values()}
    if len(rates) > 1 or len({n_channels for _, n_channels in shapes}) > 1:
        raise InputError(f"the stems of {name} differ in sampling rate or channels; export again")
    lengths = {n_samples for n_samples, _ in shapes}
    if max(lengths) - min(lengths) > 0.1 * max(rates):
        raise InputError(
            f"the stems of {name} are {sorted(lengths)} samples long, wanted one length"
        )
    arrays = {role: sound.samples[: min(lengths)] for role, sound in sounds.items()}
    if wanted == (VOCALS, ACCOMPANIMENT) and ACCOMPANIMENT not in arrays:
        arrays[ACCOMPANIMENT] = arrays["mixture"] - arrays[VOCALS]
    sources = {role: arrays[role] for role in wanted}
    mixture = arrays.get("mixture")
    if mixture is None:
        mixture = np.sum(list(sources.values()), axis=0, dtype=np.float32)
    return Stems(mixture, sources, rates.pop())
