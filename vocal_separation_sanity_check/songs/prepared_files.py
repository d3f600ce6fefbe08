"""What lies in `rtg/`: the names of prepared files, and clearing away those of earlier runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import ERROR_LOG_NAME, clear_unfinished
from vocal_separation_sanity_check.locks import held
from vocal_separation_sanity_check.settings import Source

MIXTURE_NAME = "stereo_mixture.wav"
REFERENCE_NAMES: Mapping[Source, str] = {
    "vocal": "isolated_vocal.wav",
    "music": "isolated_music.wav",
}
ORIGINAL_NAME = "original.json"
"""Which file the mixture came from."""
CONDITIONS_NAME = "conditions.json"
"""In what condition the files came."""
HOW_TO_PREPARE = "prepare_audio_files.py, or prepare-audio-files where installed"
PREPARE_AGAIN = f"prepare it again ({HOW_TO_PREPARE})"
"""What helps where a prepared file is missing or stale."""
ALIGNMENT_NAMES = ("alignment.json", "alignment.png", "null_test.wav")

OWN_NAMES = (
    *(MIXTURE_NAME, ORIGINAL_NAME, *REFERENCE_NAMES.values(), *ALIGNMENT_NAMES),
    *(CONDITIONS_NAME, ERROR_LOG_NAME),
)
"""All that preparing writes into a song's folder, the mixture first."""


def clear_folder(folder: Path) -> None:
    """Remove the files that preparing writes, the mixture first, and what killed runs left of them.

    Anything else stays.

    Parameters
    ----------
    folder : Path
        One pair's, which the caller holds.

    Raises
    ------
    InputError
        If the system refuses.
    """
    try:
        for name in OWN_NAMES:
            (folder / name).unlink(missing_ok=True)
            clear_unfinished(folder, name)
    except OSError as error:
        raise InputError(
            f"cannot clear {folder}: {error.strerror or error}; is a file there open elsewhere?"
        ) from error


def clear_others(rtg: Path, keep: Collection[Path]) -> None:
    """Remove the prepared pairs of earlier runs, so that they do not mix with this run's.

    Parameters
    ----------
    rtg : Path
        `rtg/100-window` or `rtg/no-limit`.
    keep : collection of Path
        Folders that this run prepares: these are left for it to replace.

    Raises
    ------
    InputError
        If somebody is at one of them, or the system refuses.
    """
    for folder in _others(rtg, keep):
        with held(folder):
            clear_folder(folder)


def check_others_free(rtg: Path, keep: Collection[Path]) -> None:
    """Refuse to begin what `clear_others` could not end.

    Parameters
    ----------
    rtg, keep : Path, collection of Path
        As in `clear_others`.

    Raises
    ------
    InputError
        If somebody is at one of the folders.
    """
    for folder in _others(rtg, keep):
        with held(folder):
            pass


def _others(rtg: Path, keep: Collection[Path]) -> Iterator[Path]:
    songs = [path for path in rtg.iterdir() if path.is_dir()] if rtg.is_dir() else []
    return (folder for folder in (*songs, rtg) if folder not in keep and folder.is_dir())
