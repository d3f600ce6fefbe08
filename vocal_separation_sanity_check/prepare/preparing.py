"""From the files in `process/` to the aligned, trimmed mono pairs in `rtg/`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import (
    ERROR_LOG_NAME,
    log_error,
    replacing,
)
from vocal_separation_sanity_check.locks import held
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.prepare.alignment_file import alignment_text
from vocal_separation_sanity_check.prepare.alignment_sentences import sentences
from vocal_separation_sanity_check.prepare.pair_files import (
    MARKS,
    PairFiles,
    find_pairs,
    given_pair,
)
from vocal_separation_sanity_check.prepare.prepared_pair import (
    PreparedPair,
    Wishes,
    prepare_pair,
)
from vocal_separation_sanity_check.prepare.timeline_file import read_timeline
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.songs import (
    ALIGNMENT_NAMES,
    MIXTURE_NAME,
    REFERENCE_NAMES,
    Original,
    OriginalFile,
    PlacedBy,
    clear_folder,
    clear_others,
    write_conditions,
    write_original,
)
from vocal_separation_sanity_check.sound import write_wav


def prepare_pairs(options: argparse.Namespace) -> list[str]:
    """Prepare everything that the options name, and print what was done.

    Parameters
    ----------
    options : argparse.Namespace
        ``workspace``, ``mixture``, ``vocal``, ``instrumental`` (paths or None), ``start``
        (seconds or None), ``no_align`` (bool), ``offset_ms``, ``drift_ppm``, ``polarity``,
        ``timeline`` (path or None).

    Returns
    -------
    list of str
        The lengths, keys of `MARKS`, that there are pairs of.

    Raises
    ------
    InputError
        If nothing is found, or a pair cannot be prepared, for whatever reason; the other pairs are
        then ready. The traceback of what is no `InputError` is in `error.log` in the pair's folder.
    """
    pairs_of, failures = _asked_for(options)
    n_pairs = sum(len(pairs) for pairs in pairs_of.values())
    if options.timeline is not None and options.mixture is None and n_pairs > 1:
        raise InputError(
            f"--timeline is of one song, and process/ holds {n_pairs} pairs; give the two files "
            "with --mixture and --vocal, or leave one pair in process/"
        )
    wishes = _wishes(options)
    for length, pairs in pairs_of.items():
        rtg = options.workspace / "rtg" / length
        folders = [rtg / pair.song if len(pairs) > 1 else rtg for pair in pairs]
        clear_others(rtg, folders)
        print(f"rtg/{length}")
        width = max(len(printable(pair.song)) for pair in pairs)
        jobs = zip(pairs, folders, strict=True)
        for pair, folder in tqdm(jobs, total=len(pairs), unit="song", leave=False, disable=None):
            try:
                lines = _attempt(folder, pair, wishes, options.workspace, length == "no-limit")
            except InputError as error:
                failures.append(error)
                lines = [f"not prepared: {error}"]
            shown = map(printable, lines)
            tqdm.write(f"  {printable(pair.song):{width}}  " + f"\n  {'':{width}}  ".join(shown))
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise InputError(
            f"{len(failures)} songs were not prepared, the others were; the first: {failures[0]}"
        )
    return list(pairs_of)


def _wishes(options: argparse.Namespace) -> Wishes:
    """What the flags ask for, where they do not contradict each other."""
    places = (options.offset_ms, options.drift_ppm, options.polarity, options.timeline)
    if options.no_align and any(place is not None for place in places):
        raise InputError(
            "--no-align contradicts --offset-ms, --drift-ppm, --polarity and --timeline"
        )
    timeline, polarity = None, options.polarity
    if options.timeline is not None:
        if options.offset_ms is not None or options.drift_ppm is not None:
            raise InputError(
                "--timeline contradicts --offset-ms and --drift-ppm: it has them for each segment"
            )
        rtg = options.workspace / "rtg"
        if options.timeline.resolve().is_relative_to(rtg.resolve()):
            raise InputError(
                f"{options.timeline} lies in {rtg}, where preparing replaces everything; copy it to"
                " another folder, so that what you edited cannot get lost"
            )
        given = read_timeline(options.timeline, Settings().sample_rate_hz)
        timeline = given.timeline
        polarity = given.polarity if polarity is None else polarity
    return Wishes(
        start_s=options.start,
        is_aligned=not options.no_align,
        offset_ms=options.offset_ms,
        drift_ppm=options.drift_ppm,
        polarity=polarity,
        timeline=timeline,
    )


def _attempt(
    folder: Path, pair: PairFiles, wishes: Wishes, workspace: Path, full_length: bool
) -> list[str]:
    """Prepare one pair of many; whatever goes wrong is an `InputError`, so the others go on.

    Nothing but a traceback is then left there; what somebody else is at stays.
    """
    with held(folder):
        try:
            return _prepare_into(folder, pair, wishes, workspace, full_length)
        except Exception as error:
            clear_folder(folder)
            if isinstance(error, InputError):
                raise
            log = folder / ERROR_LOG_NAME
            raise InputError(f"{pair.song}: {log_error(error, log, log)}") from error


def _prepare_into(
    folder: Path, pair: PairFiles, wishes: Wishes, workspace: Path, full_length: bool
) -> list[str]:
    """Prepare one pair, write its files, and return what to tell about it."""
    settings = Settings()
    mixture, reference = OriginalFile.of(pair.mixture), OriginalFile.of(pair.reference)
    with mixture.unchanged(), reference.unchanged():
        ready = prepare_pair(pair, settings, full_length=full_length, wishes=wishes)
    start_s = None if full_length else ready.start_s
    original = Original(mixture, reference, start_s, ready.gain)
    clear_folder(folder)
    try:
        told = _write_pair(folder, ready, pair.source, wishes, settings.sample_rate_hz)
        write_original(folder, original, workspace)
        # The last file: without it nothing there counts as prepared.
        write_wav(folder / MIXTURE_NAME, ready.mixture, settings.sample_rate_hz)
    except BaseException:
        clear_folder(folder)
        raise
    length_s = len(ready.mixture) / settings.sample_rate_hz
    clip = f"{length_s:.2f} s from {ready.start_s:.2f} s, with its {pair.source}"
    return [clip, *told, *ready.notices]


def _write_pair(
    folder: Path, ready: PreparedPair, source: Source, wishes: Wishes, rate: int
) -> list[str]:
    """Write reference, figures, picture and null test, and return what to tell of the alignment."""
    write_wav(folder / REFERENCE_NAMES[source], ready.reference, rate)
    write_conditions(folder, ready.given)
    alignment = ready.alignment
    if alignment is None:
        return []
    # matplotlib is loaded only where something is drawn.
    from vocal_separation_sanity_check.prepare.alignment_figure import alignment_figure

    placed_by: PlacedBy = "found" if alignment.is_confident else "none"
    if wishes.places_reference:
        placed_by = "user"
    json_name, png_name, wav_name = ALIGNMENT_NAMES
    with replacing(folder / json_name) as temporary:
        temporary.write_text(alignment_text(alignment, rate, placed_by), encoding="utf-8")
    with replacing(folder / png_name) as temporary:
        figure = alignment_figure(alignment, rate, is_placed=placed_by != "none")
        figure.savefig(temporary, dpi=110)
    write_wav(folder / wav_name, ready.mixture - ready.reference, rate)
    return sentences(alignment, source, rate, placed_by)


def _asked_for(
    options: argparse.Namespace,
) -> tuple[dict[str, Sequence[PairFiles]], list[InputError]]:
    """Pairs by length, the two files that were given or what lies in `process/`; and problems."""
    given = options.vocal or options.instrumental
    if (options.mixture is None) != (given is None):
        raise InputError("--mixture needs --vocal or --instrumental, and they need --mixture")
    if given is not None:
        source: Source = "vocal" if options.vocal else "music"
        pair = given_pair(options.mixture, given, source)
        return {length: [pair] for length in MARKS}, []
    process = options.workspace / "process"
    found = {length: find_pairs(process / length) for length in MARKS}
    problems = [error for result in found.values() for error in result.problems]
    ignored = [name for result in found.values() for name in result.ignored]
    if not any(result.pairs for result in found.values()):
        if problems:
            raise problems[0]
        seen = f" ({', '.join(ignored[:3])} there is named otherwise)" if ignored else ""
        raise InputError(
            f"no pair in {process}: put NAME_100-full.EXT and NAME_100-stem.EXT into"
            f" 100-window/, or _nl- into no-limit/{seen}; --demo makes a pair to try"
        )
    for name in map(printable, ignored):
        print(f"Left alone: {name} (not NAME_100-full, -stem or -inst; in no-limit NAME_nl-...)")
    for error in problems:
        print(f"Not a pair: {printable(str(error))}")
    return {length: result.pairs for length, result in found.items() if result.pairs}, problems
