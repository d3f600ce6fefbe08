"""Checking prepared songs: one of them, or a folder of them in processes or on a cluster.

In come `SongJob`s; out come the files of `output/`, and a `SongOutcome` for each song of a folder.
`one_song` does the work and raises what goes wrong; `attempt` wraps it for songs of many and tells
what went wrong; `processes` and `cluster` make attempts at many songs at a time; `folder` chooses
between the two and sums up.
"""

from vocal_separation_sanity_check.check.ablation_files import ablate_song, write_ablation
from vocal_separation_sanity_check.check.attempt import logged
from vocal_separation_sanity_check.check.folder import check_folder, tell_failures, told_earlier
from vocal_separation_sanity_check.check.kernels import compile_kernels
from vocal_separation_sanity_check.check.one_song import check_song
from vocal_separation_sanity_check.check.outcome import OnOutcome, SongOutcome, failed

__all__ = [
    "OnOutcome",
    "SongOutcome",
    "ablate_song",
    "check_folder",
    "check_song",
    "compile_kernels",
    "failed",
    "logged",
    "tell_failures",
    "told_earlier",
    "write_ablation",
]
