"""Which songs a network learns from, which choose its best epoch, and which are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from unet.songs.song_folders import Song
from vocal_separation_sanity_check.errors import InputError


@cache
def musdb_validation_names() -> frozenset[str]:
    """The 14 songs that `musdb` sets aside for validation."""
    import yaml

    musdb = find_spec("musdb")  # not imported: it does not load without ffmpeg
    if musdb is None or musdb.origin is None:
        raise ModuleNotFoundError("No module named 'musdb'", name="musdb")
    text = (Path(musdb.origin).parent / "configs" / "mus.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text)["validation_tracks"])


def split_songs(songs: Sequence[Song]) -> tuple[list[Song], list[Song]]:
    """Split into training and validation songs.

    Where some of MUSDB's own validation songs are there, they are the validation songs; otherwise
    all songs of every tenth artist are. MUSDB's test songs (in a folder named ``test``) are left
    out.

    Parameters
    ----------
    songs : sequence of Song

    Returns
    -------
    training, validation : list of Song

    Raises
    ------
    InputError
        If no songs are left to train on.
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
    """Whether a song is one of MUSDB's test songs, which its folder says."""
    path = song.files[0][1]
    place = path.parent if song.layout == "stem.mp4" else path.parent.parent
    return song.layout in ("stem.mp4", "folder") and place.name == "test"


def check_stems(songs: Sequence[Song], sources: Sequence[str]) -> None:
    """Check that some song has all the stems that are to be learnt.

    Parameters
    ----------
    songs : sequence of Song
    sources : sequence of str

    Raises
    ------
    InputError
        If none has.
    """
    if not any(song.has(sources) for song in songs):
        raise InputError(
            f"no song has stems for {', '.join(sources)}; give folders with songs that have them"
        )
