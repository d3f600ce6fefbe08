"""What full quality reads of a pair's own files; they must be what was prepared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import PREPARE_AGAIN, Original, SongJob, read_original
from vocal_separation_sanity_check.sound import SoundInfo, sound_info


def check_originals(job: SongJob, alignment: Path | None) -> None:
    """Refuse, before the work, what full quality could not be made of after it.

    Parameters
    ----------
    job : SongJob
    alignment : Path or None
        Where preparing wrote where the reference belongs, if it did.

    Raises
    ------
    InputError
        If one of the two files has gone or changed since it was prepared or may not be read, or
        what tells of them is damaged.
    """
    read_original(job.prepared, job.workspace).check_unchanged()
    if alignment is None:
        return
    # Preparing loads much that no other check needs.
    from vocal_separation_sanity_check.prepare import read_timeline

    try:
        read_timeline(alignment, job.settings.sample_rate_hz)
    except InputError as error:
        raise InputError(f"{error}; or {PREPARE_AGAIN}") from error


@dataclass(frozen=True)
class OriginalStretch:
    """The stretch of a file that a prepared mixture came from.

    Attributes
    ----------
    path : Path
    info : SoundInfo
        Of the whole file.
    begin, n_samples : int
        The stretch, in samples of the file.
    """

    path: Path
    info: SoundInfo
    begin: int
    n_samples: int

    @classmethod
    def of(cls, original: Original, settings: Settings) -> OriginalStretch:
        """Find where a mixture came from.

        Parameters
        ----------
        original : Original
        settings : Settings

        Returns
        -------
        OriginalStretch

        Raises
        ------
        InputError
            If the file cannot be read or is too short.
        """
        path = original.mixture.path
        info = sound_info(path)
        begin, n_samples = 0, info.n_samples
        if original.clip_start_s is not None:
            begin = round(original.clip_start_s * info.sample_rate_hz)
            n_samples = min(round(settings.clip_s * info.sample_rate_hz), info.n_samples - begin)
        if n_samples <= 0:
            raise InputError(f"{path} is over before the clip begins; {PREPARE_AGAIN}")
        return cls(path, info, begin, n_samples)
