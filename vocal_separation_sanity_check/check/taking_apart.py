"""A prepared song taken apart: the reference rebuilt as it sounds there, a mask fitted to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from vocal_separation_sanity_check.rebuilding import Rebuilding, ReferencePath
from vocal_separation_sanity_check.separation import (
    BlockSeparation,
    Findings,
    Progress,
    findings_of,
)
from vocal_separation_sanity_check.settings import Source
from vocal_separation_sanity_check.songs import SongJob, is_placed
from vocal_separation_sanity_check.sound import (
    Scaled,
    Signal,
    Spool,
    spooled,
)

_LEVEL_SHARE, _PATH_SHARE = 0.05, 0.5
"""Of this work's time: until the level is known, and until the path is."""


@dataclass(frozen=True)
class TakenApart:
    """What came of it.

    Attributes
    ----------
    reference, rebuilt : Signal
        At its level in the mixture, and as it sounds there.
    reference_path : ReferencePath or None
        None where the reference was not lined up.
    extracted : Signal
        What the mask takes out of the mixture.
    mask : Spool
        A row of n_bins for each window, in [0, 1].
    findings : Findings
    gain_db : float
        What the reference was turned up by.
    is_inverted : bool
        Whether it was turned over.
    seconds : dict of str to float
    """

    reference: Signal
    rebuilt: Signal
    reference_path: ReferencePath | None
    extracted: Signal
    mask: Spool
    findings: Findings
    gain_db: float
    is_inverted: bool
    seconds: dict[str, float]


def take_apart(
    job: SongJob,
    source: Source,
    mixture: Signal,
    given: Signal,
    alignment: Mapping[str, Any] | None,
    progress: Progress,
) -> TakenApart:
    """Find what of a mixture is the reference's source.

    Parameters
    ----------
    job : SongJob
    source : {"vocal", "music"}
        What the reference is of.
    mixture, given : Signal
        As they were prepared.
    alignment : mapping or None
        See `songs.read_alignment`.
    progress : callable
        Told the phase and the share of this work that has been done.

    Returns
    -------
    TakenApart

    Raises
    ------
    InputError
        If the disk is full.
    """
    settings, seconds = job.settings, dict[str, float]()
    reference: Signal = given
    gain = 1.0
    is_levelled = alignment is not None and is_placed(alignment)
    song = None
    if not is_levelled:
        song = BlockSeparation(
            mixture, given, settings, source, _within(progress, 0.0, _LEVEL_SHARE)
        )
        gain = song.level.gain
        reference = Scaled(given, gain)
    rebuilt, path = reference, None
    if is_placed(alignment):
        rebuilt, path = _rebuilt(job, mixture, reference, source, progress, seconds)
    fit_progress = _within(progress, _PATH_SHARE, 1.0)
    if song is None or rebuilt is not reference:
        as_given = reference if rebuilt is not reference else None
        song = BlockSeparation(
            mixture, rebuilt, settings, source, fit_progress, gain=1.0, as_given=as_given
        )
    else:
        song.report_to(fit_progress)
    extracted, mask = Spool(job.results, 1), Spool(job.results, settings.n_fft // 2 + 1)
    for part in song.parts():
        extracted.append(part.extracted)
        mask.append(part.mask.T)
    findings = findings_of(song, source)
    seconds |= song.seconds
    gain_db = float(20 * np.log10(abs(gain)))
    return TakenApart(
        reference, rebuilt, path, extracted, mask, findings, gain_db, bool(gain < 0), seconds
    )


def _rebuilt(
    job: SongJob,
    mixture: Signal,
    reference: Signal,
    source: Source,
    progress: Progress,
    seconds: dict[str, float],
) -> tuple[Signal, ReferencePath]:
    """The reference as it sounds in the mixture; the same object where it is in there as it is."""
    start = perf_counter()
    told = _within(progress, _LEVEL_SHARE, _PATH_SHARE)
    rate = job.settings.sample_rate_hz
    rebuilding = Rebuilding(mixture, reference, rate, source, lambda share: told("path", share))
    rebuilt = spooled(rebuilding.parts(), job.results)
    seconds["path"] = perf_counter() - start
    path = rebuilding.path
    return (rebuilt if path.is_used else reference), path


def _within(progress: Progress, begin: float, end: float) -> Progress:
    return lambda phase, share: progress(phase, begin + (end - begin) * share)
