"""Everything that a check found, in one plain record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vocal_separation_sanity_check.check.taking_apart import TakenApart
from vocal_separation_sanity_check.scoring import coverage_of
from vocal_separation_sanity_check.songs import SongJob, placed_by, read_conditions
from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.verdicts import Observed, PathHeard


def observed_of(
    job: SongJob,
    mixture: Signal,
    given: Signal,
    alignment: Mapping[str, Any] | None,
    apart: TakenApart,
) -> Observed:
    """Gather what was found of a song, before it is judged.

    Parameters
    ----------
    job : SongJob
    mixture, given : Signal
        As they were prepared.
    alignment : mapping or None
        See `songs.read_alignment`.
    apart : TakenApart

    Returns
    -------
    Observed

    Raises
    ------
    InputError
        If what preparing wrote of the files is damaged.
    """
    findings, coverage = apart.findings, coverage_of(mixture, given, job.settings.sample_rate_hz)
    files = read_conditions(job.prepared)
    return Observed(
        source=findings.source,
        placed_by=placed_by(alignment),
        coherence=findings.coherence,
        is_inverted=apart.is_inverted,
        turned_up_db=apart.gain_db + (alignment["gain_db"] if alignment is not None else 0.0),
        rest_db=findings.rest_db,
        reference_in_mixture_db=findings.reference_in_mixture_db,
        mixture_in_reference_db=findings.mixture_in_reference_db,
        duration_s=coverage.duration_s,
        sounding_s=coverage.sounding_s,
        gaps_s=coverage.gaps_s,
        n_steps=len(findings.fit.loss) - 1,
        most_steps=job.settings.n_iterations,
        wanted_target=job.settings.target,
        has_magnitude_bands="magnitude" in findings.target.values(),
        si_sdr_db=findings.si_sdr_db,
        subtraction=findings.subtraction,
        path=_path_of(apart),
        conditions=dict(files.conditions),
        mended=tuple(files.mended),
        offset_shares=dict(zip(("mixture", "reference"), coverage.offset_shares, strict=True)),
    )


def _path_of(apart: TakenApart) -> PathHeard | None:
    path = apart.reference_path
    if path is None or not path.is_used:
        return None
    times_s = sorted(time for time in path.reverberation_s().values() if time is not None)
    middle_s = times_s[len(times_s) // 2] if times_s else None
    return PathHeard(*path.level_range_db, path.has_echoes, middle_s)
