"""The report card: every score of an extraction, beside the mixture's and the ideal mask's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.scoring.bleed import bleed_db, why_no_bleed
from vocal_separation_sanity_check.scoring.bss_ratios import BssEval, BssReferences
from vocal_separation_sanity_check.scoring.distortion_ratios import MOST_DB, si_sdr_db
from vocal_separation_sanity_check.scoring.intelligibility import estoi
from vocal_separation_sanity_check.scoring.pitch_accuracy import raw_pitch_accuracy
from vocal_separation_sanity_check.scoring.pitch_tracking import track_pitch
from vocal_separation_sanity_check.scoring.score import NO_VALUES, Score
from vocal_separation_sanity_check.scoring.timbre import log_spectral_distances_db
from vocal_separation_sanity_check.scoring.transients import excess_fluxes_db
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.sound import checked_signal
from vocal_separation_sanity_check.spectral import ideal_extraction

_AT_ONE_TIME = 2
"""Groups that are measured; of more, the sounds and spectra they work on add up."""
QUICK = "left out by --quick"
BLEED = "Instrumental bleed"


@dataclass(frozen=True)
class _Sounds:
    """What is judged: three estimates of one source (the mixture, the extraction, the ideal)."""

    reference: NDArray[np.float32]
    mixture: NDArray[np.float32]
    estimates: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
    sample_rate_hz: int
    source: Source
    is_quick: bool


def evaluate_separation(
    reference: ArrayLike,
    estimate: ArrayLike,
    mixture: ArrayLike,
    sample_rate_hz: int,
    *,
    source: Source = "vocal",
    settings: Settings | None = None,
    is_quick: bool = False,
    on_group: Callable[[str], None] | None = None,
) -> tuple[Score, ...]:
    """Judge an extraction as listeners and as the field do.

    Parameters
    ----------
    reference : array_like, shape (n_samples,)
        The true source, at its level in the mix.
    estimate, mixture : array_like, shape (n_samples,)
    sample_rate_hz : int
    source : {"vocal", "music"}
        What the reference is; words and pitch are measured of a vocal only.
    settings : Settings, optional
        Its `n_fft` and `hop_length` are the ideal mask's.
    is_quick : bool
        Leave out BSSEval and pitch, which take a second a minute of sound and more.
    on_group : callable, optional
        Called with the name of each group of scores before it is waited for, for a progress bar.

    Returns
    -------
    tuple of Score
        In the order of `GROUPS`.

    Raises
    ------
    InputError
        If a signal is not mono, empty or not finite, the lengths differ, or the reference or the
        mixture is silent.
    """
    own = checked_signal(reference, f"the true {source}")
    mix = checked_signal(mixture, "the mixture")
    found = np.ascontiguousarray(estimate, np.float32)
    if not own.shape == mix.shape == found.shape:
        raise InputError(
            f"reference, estimate and mixture have shapes {own.shape}, {found.shape} and "
            f"{mix.shape}; cut them to one length"
        )
    if not np.isfinite(found).all():
        raise InputError("the estimate holds NaN or infinity")
    settings = replace(settings or Settings(), sample_rate_hz=sample_rate_hz)
    estimates = (mix, found, ideal_extraction(own, mix, settings))
    sounds = _Sounds(own, mix, estimates, sample_rate_hz, source, is_quick)
    scores: list[Score] = []
    # Groups at one time: NumPy leaves the interpreter free meanwhile.
    with ThreadPoolExecutor(_AT_ONE_TIME) as threads:
        measured = [threads.submit(list, rows(sounds)) for rows in GROUPS.values()]
        for group, rows_found in zip(GROUPS, measured, strict=True):
            if on_group is not None:
                on_group(group)
            scores += rows_found.result()
    # BSSEval measures for three groups at once; here its scores join the others of theirs.
    order = list(GROUPS)
    scores.sort(key=lambda score: order.index(score.group))
    return tuple(_told(score, source) for score in scores)


def _told(score: Score, source: Source) -> Score:
    """Name the bleed by what bleeds, and leave out what is not a number."""
    group = "Vocal bleed" if source == "music" and score.group == BLEED else score.group
    mixture, extraction, ideal = (
        value if value is not None and np.isfinite(value) else None
        for value in (score.mixture, score.extraction, score.ideal)
    )
    return replace(score, group=group, mixture=mixture, extraction=extraction, ideal=ideal)


def _overall(sounds: _Sounds) -> Iterator[Score]:
    mixture, extraction, ideal = (
        min(si_sdr_db(one, sounds.reference), MOST_DB) for one in sounds.estimates
    )
    group, how = "Overall", "scale-invariant SDR of the whole clip (Le Roux et al. 2019)"
    row = Score(group, "SI-SDR", "dB", how, "higher", mixture, extraction, ideal)
    yield row
    gains = (0.0, extraction - mixture, ideal - mixture)
    yield Score(group, "SI-SDR improvement", "dB", "SI-SDR over the mixture's", "higher", *gains)
    share = row.share_of_ceiling
    how = "(extraction - mixture) / (ideal PSM - mixture), of the SI-SDR; 100 at most"
    shares = NO_VALUES if share is None else (0.0, 100 * min(share, 1.0), 100.0)
    yield Score(
        group, "share of the ceiling", "%", how, "higher", *shares, "the ideal mask brings nothing"
    )


def _bss(sounds: _Sounds) -> Iterator[Score]:
    ratios: Iterable[BssEval] = (BssEval(None, None, None, None),) * 3
    reason = "no second in which both sources sound"
    if sounds.is_quick:
        reason = QUICK
    elif len(sounds.mixture) < sounds.sample_rate_hz:
        reason = "shorter than a second"
    else:
        references = BssReferences(
            (sounds.reference, sounds.mixture - sounds.reference), sounds.sample_rate_hz
        )
        # Who does nothing hands out the mixture as both sources.
        rests = (
            one if np.array_equal(one, sounds.mixture) else sounds.mixture - one
            for one in sounds.estimates
        )
        pairs = zip(sounds.estimates, rests, strict=True)
        ratios = [references.ratios(pair, 0) for pair in pairs]
    how = "BSSEval v4, both sources together, median of 1 s frames"
    for group, name, values in (
        ("BSSEval", "SDR", (r.sdr_db for r in ratios)),
        ("BSSEval", "ISR", (r.isr_db for r in ratios)),
        (BLEED, "SIR", (r.sir_db for r in ratios)),
        ("Transient artefacts", "SAR", (r.sar_db for r in ratios)),
    ):
        mixture, extraction, ideal = values
        yield Score(group, name, "dB", how, "higher", mixture, extraction, ideal, reason)


def _intelligibility(sounds: _Sounds) -> Iterator[Score]:
    mixture, extraction, ideal = NO_VALUES
    reason = "the reference is not a vocal"
    if sounds.source == "vocal":
        reason = "the vocal sounds for less than 0.4 s"
        mixture, extraction, ideal = estoi(
            sounds.estimates, sounds.reference, sounds.sample_rate_hz
        )
    how = "extended short-time objective intelligibility, 0 to 1 (Jensen & Taal 2016)"
    group, name = "Vocal intelligibility", "ESTOI"
    yield Score(group, name, "", how, "higher", mixture, extraction, ideal, reason)


def _pitch(sounds: _Sounds) -> Iterator[Score]:
    mixture, extraction, ideal = NO_VALUES
    reason = QUICK if sounds.is_quick else "the reference is not a vocal"
    if sounds.source == "vocal" and not sounds.is_quick:
        reason = "the vocal has no pitch"
        wanted = track_pitch(sounds.reference, sounds.sample_rate_hz)
        mixture, extraction, ideal = (
            _percent(raw_pitch_accuracy(track_pitch(one, sounds.sample_rate_hz), wanted))
            for one in sounds.estimates
        )
    how = "frames within 50 cents of the vocal's pitch (pYIN)"
    group, name = "Pitch accuracy", "raw pitch accuracy"
    yield Score(group, name, "%", how, "higher", mixture, extraction, ideal, reason)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _timbre(sounds: _Sounds) -> Iterator[Score]:
    mixture, extraction, ideal = log_spectral_distances_db(
        sounds.estimates, sounds.reference, sounds.sample_rate_hz
    )
    how = "log-spectral distance in frames with a pitch (Gray & Markel 1976)"
    group, name = "Timbre preservation", "spectral distance"
    reason = "nothing is pitched"
    yield Score(group, name, "dB", how, "lower", mixture, extraction, ideal, reason)


def _bleed(sounds: _Sounds) -> Iterator[Score]:
    mixture, extraction, ideal = (
        bleed_db(one, sounds.reference, sounds.mixture) for one in sounds.estimates
    )
    how = f"energy left where the {sounds.source} is silent, in dB of the mixture's there"
    values = (mixture, extraction, ideal)
    reason = "" if extraction is not None else why_no_bleed(sounds.reference, sounds.source)
    yield Score(BLEED, "left in silence", "dB", how, "lower", *values, reason)


def _transients(sounds: _Sounds) -> Iterator[Score]:
    mixture, extraction, ideal = excess_fluxes_db(
        sounds.estimates, sounds.reference, sounds.mixture, sounds.sample_rate_hz
    )
    how = "spectral flux beyond the reference's at the accompaniment's onsets"
    reason = "no onsets in the accompaniment"
    group, name = "Transient artefacts", "excess flux"
    yield Score(group, name, "dB", how, "lower", mixture, extraction, ideal, reason)


GROUPS: dict[str, Callable[[_Sounds], Iterator[Score]]] = {
    "Overall": _overall,
    "BSSEval": _bss,
    "Vocal intelligibility": _intelligibility,
    "Pitch accuracy": _pitch,
    "Timbre preservation": _timbre,
    BLEED: _bleed,
    "Transient artefacts": _transients,
}
"""What is measured, in order."""
