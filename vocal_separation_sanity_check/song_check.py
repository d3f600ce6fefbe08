"""One prepared song: load, separate, judge, save, tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from tqdm import tqdm

from vocal_separation_sanity_check.audio import read_mono
from vocal_separation_sanity_check.checked_song import CheckedSong
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.evaluation import GROUPS, evaluate_separation
from vocal_separation_sanity_check.listening_page import write_page
from vocal_separation_sanity_check.prepared_files import MIXTURE_NAME, REFERENCE_NAMES
from vocal_separation_sanity_check.report_card import report_card
from vocal_separation_sanity_check.result_files import (
    facts_of,
    write_facts,
    write_plots,
    write_sounds,
)
from vocal_separation_sanity_check.separation import separate
from vocal_separation_sanity_check.settings import Settings, Source


def check_song(
    song: str,
    prepared: Path,
    results: Path,
    suffix: str,
    settings: Settings,
    *,
    is_quick: bool = False,
) -> CheckedSong:
    """Separate one prepared song, write its results, and print its report card.

    Parameters
    ----------
    song : str
        Its name, empty for a single one.
    prepared, results : Path
        Folders.
    suffix : str
        Of the results' names.
    settings : Settings
    is_quick : bool
        Leave out the figures that take long.

    Returns
    -------
    CheckedSong

    Raises
    ------
    InputError
        If a file cannot be used or a result cannot be written.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "load"):
        source, reference_path = _reference(prepared)
        inputs = {"mixture": prepared / MIXTURE_NAME, "reference": reference_path}
        mixture, reference = (read_mono(path, settings.sample_rate_hz) for path in inputs.values())
    with _bar(song or "Fitting", settings.n_iterations) as bar:
        separation = separate(mixture, reference, settings, source, lambda step: _show(bar, step))
    seconds |= separation.seconds
    with _timed(seconds, "judge"), _bar("Judging", len(GROUPS)) as bar:
        scores = evaluate_separation(
            separation.reference,
            separation.vocal if source == "vocal" else separation.music,
            mixture,
            settings.sample_rate_hz,
            source=source,
            settings=settings,
            is_quick=is_quick,
            on_group=lambda group: _show_group(bar, group),
        )
    checked = CheckedSong(
        song, results, suffix, prepared, inputs, mixture, separation, scores, settings, seconds
    )
    with _timed(seconds, "save"):
        write_sounds(checked)
        write_plots(checked)
        facts = facts_of(checked)
    with _timed(seconds, "page"):
        page = write_page(checked, facts)
    write_facts(checked, facts | {"seconds": seconds})
    print(report_card(checked, page))
    return checked


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[phase] = perf_counter() - start


def _bar(what: str, total: int) -> tqdm[Any]:
    return tqdm(total=total, desc=what, unit="step", leave=False, disable=None)


def _show(bar: tqdm[Any], step: int) -> None:
    bar.update(step - bar.n)


def _show_group(bar: tqdm[Any], group: str) -> None:
    bar.set_description(group)
    bar.update()


def _reference(prepared: Path) -> tuple[Source, Path]:
    for source, name in REFERENCE_NAMES.items():
        if (prepared / name).is_file():
            return source, prepared / name
    raise InputError(
        f"{prepared} holds a mixture and nothing to look for; run python prepare_audio_files.py"
    )
