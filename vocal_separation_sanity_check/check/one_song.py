"""Check one prepared song: load, separate, judge, save."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

from vocal_separation_sanity_check.check.observing import observed_of
from vocal_separation_sanity_check.check.original_files import check_originals
from vocal_separation_sanity_check.check.result_files import (
    facts_of,
    write_facts,
    write_pictures,
    write_sounds,
)
from vocal_separation_sanity_check.check.taking_apart import take_apart
from vocal_separation_sanity_check.files import clear_unfinished
from vocal_separation_sanity_check.report import Drawing, player_of, write_page
from vocal_separation_sanity_check.scoring import GROUPS, Score, evaluate_separation
from vocal_separation_sanity_check.separation import Progress
from vocal_separation_sanity_check.songs import (
    CheckedSong,
    SongJob,
    read_alignment,
    set_aside,
)
from vocal_separation_sanity_check.sound import open_mono

JUDGED_S = 300.0
"""Of a longer song the report card judges this much, from its start; SI-SDR is of all of it."""

Draw = Callable[[Drawing], Callable[[], dict[str, bytes]]]
"""Begins to draw pictures, and gives what waits for them."""

_SHARES = {"fit": 0.5, "judge": 0.25}
"""What the phases take of a check's time; saving takes the rest."""


def check_song(
    job: SongJob,
    progress: Progress = lambda _phase, _share: None,
    draw: Draw = lambda drawing: drawing.draw,
) -> CheckedSong:
    """Separate one prepared song and write its results, see `SongJob.held`.

    Parameters
    ----------
    job : SongJob
    progress : callable
        Told the phase and the share of all work that has been done.
    draw : callable
        Begins to draw, as in a second process, while the song is judged.

    Returns
    -------
    CheckedSong

    Raises
    ------
    InputError
        If a file cannot be used, a result cannot be written, an input changes while the song is
        being checked, or somebody else is at the song.
    """
    with job.held():
        return _check_held(job, progress, draw)


def _check_held(job: SongJob, progress: Progress, draw: Draw) -> CheckedSong:
    seconds: dict[str, float] = {}
    settings = job.settings
    if job.error_log_path.is_file():
        job.error_log_path.unlink()
    with _timed(seconds, "load"):
        source, inputs = job.inputs()
        depends_on = job.depends_on()
        alignment = read_alignment(job.prepared)
        if job.is_full_quality:
            check_originals(job, inputs.get("alignment"))
        mixture, given = (
            open_mono(inputs[role], settings.sample_rate_hz) for role in ("mixture", "reference")
        )
    clear_unfinished(job.results)
    apart = take_apart(
        job,
        source,
        mixture,
        given,
        alignment,
        lambda phase, share: progress(phase, _SHARES["fit"] * share),
    )
    seconds |= apart.seconds
    with _timed(seconds, "judge"):
        observed = observed_of(job, mixture, given, alignment, apart)
    checked = CheckedSong(
        job=job,
        inputs=inputs,
        depends_on=depends_on,
        alignment=alignment,
        mixture=mixture,
        reference=apart.reference,
        rebuilt=apart.rebuilt,
        extracted=apart.extracted,
        mask=apart.mask,
        reference_path=apart.reference_path,
        findings=apart.findings,
        observed=observed,
        scores=(),
        seconds=seconds,
    )
    with _timed(seconds, "pictures"):
        pictures = draw(Drawing.of(checked))
    with _timed(seconds, "judge"):
        if checked.is_judged:
            checked = replace(checked, scores=_scores(checked, progress))
    _save(checked, pictures, seconds, progress, sum(_SHARES.values()))
    return checked


def _scores(song: CheckedSong, progress: Progress) -> tuple[Score, ...]:
    settings = song.settings
    judged_s = min(JUDGED_S, song.observed.sounding_s)
    judged = slice(round(judged_s * settings.sample_rate_hz))
    return evaluate_separation(
        song.rebuilt[judged],
        song.extracted[judged],
        song.mixture[judged],
        settings.sample_rate_hz,
        source=song.findings.source,
        settings=settings,
        is_quick=song.job.is_quick,
        on_group=lambda name: progress(name.lower(), _SHARES["fit"] + _judged(name)),
    )


def _judged(group: str) -> float:
    return _SHARES["judge"] * list(GROUPS).index(group) / len(GROUPS)


def _save(
    song: CheckedSong,
    pictures: Callable[[], dict[str, bytes]],
    seconds: dict[str, float],
    progress: Progress,
    share_done: float,
) -> None:
    """Write all files.

    `results.json` says that a check is complete. It is removed before the first file is replaced
    and written after the last: without that, a process killed in between would leave some files of
    this check among those of the one before, with a `results.json` that vouches for them.
    """
    song.job.check_unchanged(song.depends_on)
    if song.job.is_full_quality:
        check_originals(song.job, song.inputs.get("alignment"))
    song.job.facts_path.unlink(missing_ok=True)
    set_aside(song.job.results, song.job.suffix, [path.name for path in song.files])
    left = 1 - share_done
    with _timed(seconds, "save"):
        progress("save", share_done)
        write_sounds(song)
        if song.job.is_full_quality:
            progress("full quality", share_done + left / 4)
            _write_full_quality(song)
    with _timed(seconds, "page"):
        progress("page", share_done + left / 2)
        playable = player_of(song)  # what draws may take until here
        progress("draw", share_done + 3 * left / 4)
        write_pictures(song, pictures())
        facts = facts_of(song)
        write_page(song, playable, facts)
    song.job.check_unchanged(song.depends_on)
    write_facts(song, facts | {"seconds": seconds})


def _write_full_quality(song: CheckedSong) -> None:
    # They load what lining up needs, which no other check does.
    from vocal_separation_sanity_check.check.full_quality import (
        write_full_quality,
        write_full_quality_subtraction,
    )
    from vocal_separation_sanity_check.check.original_pair import original_pair

    pair = original_pair(song)
    write_full_quality(song, pair)
    if song.is_subtracted:
        write_full_quality_subtraction(song, pair)


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[phase] = seconds.get(phase, 0.0) + perf_counter() - start
