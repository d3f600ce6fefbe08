"""Names that a song cannot have: its folder would lie where the program writes a file."""

from __future__ import annotations

import os
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.songs.prepared_files import OWN_NAMES

_SUBTRACTION = ("subtracted", "rebuilt")
_FULL_QUALITY = ("full_quality", *(f"full_quality_{what}" for what in _SUBTRACTION))
_SOUNDS = ("2_target", "extracted", *_SUBTRACTION, *_FULL_QUALITY)
_SOURCES = ("vocal", "music")
RESULT_NAMES = (
    *(f"{what}_{of}.wav" for what in _SOUNDS for of in _SOURCES),
    "1_original_mixture.wav",
    "mask.npz",
    "optimization_loss.png",
    "path.png",
    "spectrograms.png",
    "report.html",
    "ablation.csv",
    "ablation.png",
)
"""Of a song's files, without their suffix, but for the last, `results.json`."""
EARLIER = "earlier"
"""Folder in a song's, of what a later check did not renew."""
_OF_ALL = ("ablation_of_all.csv", "ablation_of_all.png")
_WITH_SUFFIX = ("results.json", *RESULT_NAMES, *_OF_ALL)
_TAKEN = {"index.html", "summary.csv", "readme.md", EARLIER, *OWN_NAMES, *_WITH_SUFFIX}
_TAKEN |= {name.replace(".", "_full.") for name in _WITH_SUFFIX}


def check_name(song: str) -> None:
    """Refuse a name that no folder beside the results can have.

    Parameters
    ----------
    song : str
        Empty for a song without a name.

    Raises
    ------
    InputError
        If it is a file's of the results, in capitals or not, or no name of a folder at all.
    """
    if song == ".." or "\0" in song or Path(song).name != song or not _is_encodable(song):
        raise InputError(f"a song cannot be called {song!r}; give its files another name")
    if song.lower() in _TAKEN:
        raise InputError(
            f"a song cannot be called {song}, as a file of the results is; give its files another"
            " name"
        )


def _is_encodable(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True
