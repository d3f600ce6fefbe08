"""One prepared song: load, separate, judge, save, tell."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from vocal_separation_sanity_check.audio import read_mono
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepared_files import MIXTURE_NAME, REFERENCE_NAMES
from vocal_separation_sanity_check.progress import phase_bar
from vocal_separation_sanity_check.report_card import report_card
from vocal_separation_sanity_check.result_files import write_facts, write_plots, write_sounds
from vocal_separation_sanity_check.separation import Separation, separate
from vocal_separation_sanity_check.settings import Settings, Source


def check_song(
    song: str, prepared: Path, results: Path, suffix: str, settings: Settings
) -> Separation:
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

    Returns
    -------
    Separation

    Raises
    ------
    InputError
        If a file cannot be used or a result cannot be written.
    """
    start = perf_counter()
    source, reference_path = _reference(prepared)
    mixture = read_mono(prepared / MIXTURE_NAME, settings.sample_rate_hz)
    reference = read_mono(reference_path, settings.sample_rate_hz)
    loaded_s = perf_counter() - start
    with phase_bar(song) as progress:
        separation = separate(mixture, reference, settings, source, progress)
    start = perf_counter()
    inputs = {"mixture": prepared / MIXTURE_NAME, "reference": reference_path}
    gain = write_sounds(results, suffix, mixture, separation, settings)
    write_plots(results, suffix, mixture, separation, settings)
    seconds = {"load": loaded_s, **separation.seconds, "save": perf_counter() - start}
    write_facts(results, suffix, inputs, separation, settings, seconds, gain)
    print(report_card(song, len(mixture) / settings.sample_rate_hz, separation, seconds, results))
    return separation


def _reference(prepared: Path) -> tuple[Source, Path]:
    for source, name in REFERENCE_NAMES.items():
        if (prepared / name).is_file():
            return source, prepared / name
    raise InputError(
        f"{prepared} holds a mixture and nothing to look for; run python prepare_audio_files.py"
    )
