"""Check one prepared song: load, separate, write what is heard and said of it, judge, complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

_ENDS = {"fit": 0.5, "save": 0.6, "page": 0.75, "judge": 0.95}
"""Share of a check's work that is done where a phase ends; drawing is the last."""


def check_song(
    job: SongJob,
    progress: Progress = lambda _phase, _share: None,
    draw: Draw = lambda drawing: drawing.draw,
    on_page: Callable[[CheckedSong], None] = lambda _song: None,
) -> tuple[CheckedSong, tuple[Score, ...]]:
    """Separate one prepared song and write its results, see `SongJob.held`.

    The page comes first, with the sounds and the verdict, which no score has a part in; scores and
    pictures are added when they are there.

    Parameters
    ----------
    job : SongJob
    progress : callable
        Told the phase and the share of all work that has been done.
    draw : callable
        Begins to draw, as in a second process, while the song is judged.
    on_page : callable
        Called with the song when there is a page to listen to, before the song is judged.

    Returns
    -------
    (CheckedSong, tuple of Score)
        No scores where the song is not judged, see `CheckedSong.is_judged`.

    Raises
    ------
    InputError
        If a file cannot be used, a result cannot be written, an input changes while the song is
        being checked, or somebody else is at the song.
    """
    with job.held():
        seconds: dict[str, float] = {}
        song = _taken_apart(job, progress, seconds)
        return _written(song, progress, draw, on_page, seconds)


def _taken_apart(job: SongJob, progress: Progress, seconds: dict[str, float]) -> CheckedSong:
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
        lambda phase, share: progress(phase, _ENDS["fit"] * share),
    )
    seconds |= apart.seconds
    with _timed(seconds, "judge"):
        observed = observed_of(job, mixture, given, alignment, apart)
    return CheckedSong(
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
        seconds=seconds,
    )


def _written(
    song: CheckedSong,
    progress: Progress,
    draw: Draw,
    on_page: Callable[[CheckedSong], None],
    seconds: dict[str, float],
) -> tuple[CheckedSong, tuple[Score, ...]]:
    """Write all files, and judge the song as soon as its page can be listened to.

    `results.json` says that a check is complete. It is removed before the first file is replaced
    and written after the last: without that, a process killed in between would leave some files of
    this check among those of the one before, with a `results.json` that vouches for them.
    """
    song.job.check_unchanged(song.depends_on)
    if song.job.is_full_quality:
        check_originals(song.job, song.inputs.get("alignment"))
    with _timed(seconds, "pictures"):
        pictures = draw(Drawing.of(song))
    song.job.facts_path.unlink(missing_ok=True)
    set_aside(song.job.results, song.job.suffix, [path.name for path in song.files])
    with _timed(seconds, "save"):
        progress("save", _ENDS["fit"])
        write_sounds(song)
        if song.job.is_full_quality:
            progress("full quality", _ENDS["fit"])
            _write_full_quality(song)
    with _timed(seconds, "page"):
        progress("page", _ENDS["save"])
        playable = player_of(song)
        write_page(song, playable, facts_of(song), None)
    on_page(song)
    scores: tuple[Score, ...] = ()
    with _timed(seconds, "judge"):
        if song.is_judged:
            scores = _scores(song, progress)
    with _timed(seconds, "page"):
        progress("draw", _ENDS["judge"])
        write_pictures(song, pictures())
        facts = facts_of(song, scores)
        write_page(song, playable, facts, scores)
    song.job.check_unchanged(song.depends_on)
    write_facts(song, facts | {"seconds": seconds})
    return song, scores


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
        on_group=lambda name: progress(name.lower(), _judged(name)),
    )


def _judged(group: str) -> float:
    share = list(GROUPS).index(group) / len(GROUPS)
    return _ENDS["page"] + share * (_ENDS["judge"] - _ENDS["page"])


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
