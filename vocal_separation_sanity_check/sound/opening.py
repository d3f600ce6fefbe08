"""Opening a sound file of a user's: the one way, whatever it is read for.

Its own first bytes say what it is. libsndfile comes first; what it does not know goes through
ffmpeg. A file is read once through, in chunks, never by seeking: positions in an MP3 are guesses,
and ffmpeg writes to a pipe.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import refuse_special
from vocal_separation_sanity_check.sound.encodings import wav_subtype
from vocal_separation_sanity_check.sound.ffmpeg import decoded
from vocal_separation_sanity_check.sound.kinds import kind_of
from vocal_separation_sanity_check.sound.libsndfile import (
    UNKNOWN_FRAMES,
    PlainFile,
    open_with_libsndfile,
    sound_of,
)
from vocal_separation_sanity_check.sound.matroska import check_matroska
from vocal_separation_sanity_check.sound.ogg_pages import check_ogg
from vocal_separation_sanity_check.sound.open_sound import AS_WAV, OpenSound, not_sound

SAMPLE_RATES_HZ = (1000, 1_000_000)
"""Anything outside comes from a damaged header."""
_EXACT_IN_FLOAT = ("PCM_U8", "PCM_16", "PCM_24")
"""Encodings that the 32-bit floats of ffmpeg hold exactly."""
_WHOLE = {"ogg": check_ogg, "matroska": check_matroska}
"""Kinds that are short in silence where they were cut off."""


@contextmanager
def opened(path: Path) -> Iterator[OpenSound]:
    """Open a sound file of any format.

    Parameters
    ----------
    path : Path

    Yields
    ------
    OpenSound

    Raises
    ------
    InputError
        If it is missing, no file, empty, not sound or cut off, or its header is damaged.
    """
    subtype = "FLOAT"
    # The file is opened here so that a name like "-", or bytes that are not UTF-8, are only names.
    with _file(path) as file:
        kind = kind_of(file)
        if kind in _WHOLE:
            _WHOLE[kind](file, path.name)
        sound = open_with_libsndfile(file, path.name)
        if sound is not None:
            with sound:
                if sound.frames < UNKNOWN_FRAMES:
                    yield _checked(path, sound_of(sound, path.name))
                    return
                subtype = wav_subtype(sound.subtype)
    if kind is None:
        raise not_sound(path.name)
    with decoded(path, kind, subtype if subtype in _EXACT_IN_FLOAT else "FLOAT") as decoder:
        yield _checked(path, decoder)


@contextmanager
def _file(path: Path) -> Iterator[PlainFile]:
    refuse_special(path)
    try:
        file = PlainFile(path)
        n_bytes = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    with file:
        if n_bytes == 0:
            raise InputError(f"{path.name} is empty (0 bytes); was the download interrupted?")
        yield file


def _checked(path: Path, sound: OpenSound) -> OpenSound:
    low, high = SAMPLE_RATES_HZ
    if not low <= sound.sample_rate_hz <= high:
        raise InputError(
            f"{path.name} claims {sound.sample_rate_hz} samples a second, wanted {low} to {high};"
            f" its header is damaged: {AS_WAV}"
        )
    return sound
