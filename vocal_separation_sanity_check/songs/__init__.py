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
    told_original,
    write_original,
)
from vocal_separation_sanity_check.songs.placement import (
    PlacedBy,
    is_placed,
    placed_by,
    read_alignment,
)
from vocal_separation_sanity_check.songs.places import (
    checked_songs,
    place_of_results,
    prepared_songs,
)
from vocal_separation_sanity_check.songs.prepared_files import (
    ALIGNMENT_NAMES,
    HOW_TO_PREPARE,
    MIXTURE_NAME,
    PREPARE_AGAIN,
    REFERENCE_NAMES,
    check_others_free,
    clear_folder,
    clear_others,
)
from vocal_separation_sanity_check.songs.program import library_versions
from vocal_separation_sanity_check.songs.results_file import read_results, write_results
from vocal_separation_sanity_check.songs.setting_aside import earlier_files, set_aside
from vocal_separation_sanity_check.songs.song_names import EARLIER, check_name

__all__ = [
    "ALIGNMENT_NAMES",
    "EARLIER",
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
    "check_others_free",
    "checked_songs",
    "clear_folder",
    "clear_others",
    "earlier_files",
    "is_placed",
    "library_versions",
    "place_of_results",
    "placed_by",
    "prepared_songs",
    "read_alignment",
    "read_conditions",
    "read_original",
    "read_results",
    "set_aside",
    "told_original",
    "write_conditions",
    "write_original",
    "write_results",
]
