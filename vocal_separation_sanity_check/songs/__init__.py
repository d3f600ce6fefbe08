"""Songs on their way through the program: what was prepared, what to check, what was checked.

Nouns only: a `SongJob` says what is to be done and where, a `CheckedSong` holds what came of it,
`library_versions` names what it was made with, and the rest are the names of files in `rtg/`.
`check` and `report` both work on these.
"""

from vocal_separation_sanity_check.songs.checked_song import FULL_QUALITY_NAMES, CheckedSong
from vocal_separation_sanity_check.songs.job import SongJob
from vocal_separation_sanity_check.songs.prepared_files import (
    ALIGNMENT_NAMES,
    HOW_TO_PREPARE,
    MIXTURE_NAME,
    ORIGINAL_NAME,
    PREPARE_AGAIN,
    REFERENCE_NAMES,
    clear_folder,
    clear_others,
)
from vocal_separation_sanity_check.songs.program import library_versions

__all__ = [
    "ALIGNMENT_NAMES",
    "FULL_QUALITY_NAMES",
    "HOW_TO_PREPARE",
    "MIXTURE_NAME",
    "ORIGINAL_NAME",
    "PREPARE_AGAIN",
    "REFERENCE_NAMES",
    "CheckedSong",
    "SongJob",
    "clear_folder",
    "clear_others",
    "library_versions",
]
