"""Which of the files to take, and what the reference's path into the song is like, in words."""

from __future__ import annotations

from vocal_separation_sanity_check.separation import AS_GIVEN
from vocal_separation_sanity_check.songs import CheckedSong

_STILL_DB = 0.5
"""A level that moves by less is told as steady."""


def advice(song: CheckedSong) -> str:
    """Say which of the two ways gave the better result.

    Parameters
    ----------
    song : CheckedSong

    Returns
    -------
    str
        Empty where the reference was not lined up: both suppose its place.
    """
    found, source, rest = song.findings.subtraction, song.findings.source, song.rest
    if found is None:
        return ""
    if not found.is_present:
        return (
            f"Nothing was subtracted: the song does not hold this {source} as a waveform. "
            f"Take extracted_{rest}."
        )
    left, by_mask = _decibels(found.left_db), _decibels(found.left_by_mask_db)
    if not found.is_better:
        return (
            f"For the {rest} take extracted_{rest}: subtraction leaves {left} of the {source}, and "
            "a mask does better than that."
        )
    return (
        f"For the {rest} take subtracted_{rest}: {left} of the {source} is left in it. In "
        f"extracted_{rest} it is {by_mask}, and what the mask took wrongly of both is "
        f"{_decibels(found.lost_by_mask_db)} of the {rest}."
    )


def path_in_words(song: CheckedSong) -> str:
    """Say what stands between the reference and what of it is in the song.

    Parameters
    ----------
    song : CheckedSong

    Returns
    -------
    str
        Empty where the reference is in the song as it was lined up.
    """
    path, found = song.reference_path, song.findings.subtraction
    if path is None or found is None or not (path.is_used and found.is_present):
        return ""
    parts = []
    lowest_db, highest_db = path.level_range_db
    if highest_db - lowest_db > _STILL_DB:
        parts.append(f"its level moves from {lowest_db:+.1f} to {highest_db:+.1f} dB")
    times_s = sorted(time for time in path.reverberation_s().values() if time is not None)
    if times_s:
        middle_s = times_s[len(times_s) // 2]
        parts.append(f"it has echoes that die away in about {middle_s:.1f} s (RT60)")
    elif path.has_echoes:
        parts.append("it has echoes")
    if not parts:
        parts.append("its tone is another")
    told = f"In the song the {song.findings.source} is not as it was given: {' and '.join(parts)}."
    if found.left_as_given_db is not None:
        told += (
            f" Rebuilt so, subtracting it leaves {_decibels(found.left_db)} of it; as it was "
            f"given, {_decibels(found.left_as_given_db)}."
        )
    scores = song.findings.si_sdr_db
    if AS_GIVEN in scores:
        told += (
            f" The mask was fitted to the rebuilt one, which it resembles to "
            f"{scores['extraction']:.1f} dB SI-SDR; one for the {song.findings.source} as given, "
            f"to {scores[AS_GIVEN]:.1f} dB."
        )
    return told


def _decibels(value: float) -> str:
    return f"{value:.0f} dB".replace("-", "−")
