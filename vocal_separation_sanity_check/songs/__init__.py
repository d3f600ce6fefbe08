"""Songs on their way through the program: what was prepared, what to check, what was checked.

A `SongJob` says what is to be done and where, and whether it has been done; a `CheckedSong` holds
what came of it. `read_alignment`, `read_original` and `read_results` read the JSON files in `rtg/`
and `output/`, which anybody may have changed; the rest are the names of files there, and which of
them no song may have. `prepare`, `check` and `report` all work on these.
"""

from vocal_separation_sanity_check.songs.checked_song import (
    FULL_QUALITY_NAMES,
    SUBTRACTION_NAMES,
    CheckedSong,
)
from vocal_separation_sanity_check.songs.conditions_file import (
    GivenFiles,
    read_conditions,
    write_conditions,
)
from vocal_separation_sanity_check.songs.job import SongJob
from vocal_separation_sanity_check.songs.original_file import (
    Original,
    OriginalFile,
    read_original,
    write_original,
)
from vocal_separation_sanity_check.songs.placement import (
    PlacedBy,
    is_placed,
    placed_by,
    read_alignment,
)
from vocal_separation_sanity_check.songs.prepared_files import (
    ALIGNMENT_NAMES,
    HOW_TO_PREPARE,
    MIXTURE_NAME,
    PREPARE_AGAIN,
    REFERENCE_NAMES,
    clear_folder,
    clear_others,
)
from vocal_separation_sanity_check.songs.program import library_versions
from vocal_separation_sanity_check.songs.results_file import read_results, write_results
from vocal_separation_sanity_check.songs.song_names import check_name

__all__ = [
    "ALIGNMENT_NAMES",
    "FULL_QUALITY_NAMES",
    "HOW_TO_PREPARE",
    "MIXTURE_NAME",
    "PREPARE_AGAIN",
    "REFERENCE_NAMES",
    "SUBTRACTION_NAMES",
    "CheckedSong",
    "GivenFiles",
    "Original",
    "OriginalFile",
    "PlacedBy",
    "SongJob",
    "check_name",
    "clear_folder",
    "clear_others",
    "is_placed",
    "library_versions",
    "placed_by",
    "read_alignment",
    "read_conditions",
    "read_original",
    "read_results",
    "write_conditions",
    "write_original",
    "write_results",
]
