"""From the files in `process/` to the aligned, trimmed mono pairs in `rtg/`."""

from __future__ import annotations

import argparse
from pathlib import Path

from tqdm import tqdm

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import (
    ERROR_LOG_NAME,
    log_error,
    replacing,
    sha256_of,
)
from vocal_separation_sanity_check.locks import held
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.prepare.alignment_file import alignment_text
from vocal_separation_sanity_check.prepare.alignment_sentences import sentences
from vocal_separation_sanity_check.prepare.lining_up import LiningUp, OpenedPair
from vocal_separation_sanity_check.prepare.pair_files import (
    MARKS,
    Found,
    PairFiles,
    find_pairs,
    given_pair,
)
from vocal_separation_sanity_check.prepare.prepared_pair import (
    PreparedPair,
    prepare_pair,
)
from vocal_separation_sanity_check.prepare.wishes import wishes_of
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.songs import (
    ALIGNMENT_NAMES,
    MIXTURE_NAME,
    REFERENCE_NAMES,
    Original,
    check_others_free,
    clear_folder,
    clear_others,
    told_original,
    write_conditions,
    write_original,
)
from vocal_separation_sanity_check.sound import Difference, write_wav


def prepare_pairs(options: argparse.Namespace) -> list[str]:
    """Prepare everything that the options name, and print what was done.

    What lay there of other songs goes when one of these has been prepared; what lay there of a
    song that cannot be prepared goes only if its files are no longer what it was prepared from.

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
    found_of = _asked_for(options)
    n_pairs = sum(len(found.pairs) for found in found_of.values())
    if options.timeline is not None and options.mixture is None and n_pairs > 1:
        raise InputError(
            f"--timeline is of one song, and process/ holds {n_pairs} pairs; give the two files "
            "with --mixture and --vocal, or leave one pair in process/"
        )
    lines_up = LiningUp(wishes_of(options))
    failed: dict[str, InputError] = {}
    for length, found in found_of.items():
        for song, error in _prepare_length(length, found, lines_up, options.workspace).items():
            failed.setdefault(song, error)
    if len(failed) == 1:
        raise next(iter(failed.values()))
    if failed:
        songs = {pair.song for found in found_of.values() for pair in found.pairs} | failed.keys()
        others = ", the others were" if len(failed) < len(songs) else ""
        raise InputError(
            f"{len(failed)} of {len(songs)} songs were not prepared{others}; the first:"
            f" {next(iter(failed.values()))}"
        )
    return [length for length, found in found_of.items() if found.pairs]


def _prepare_length(
    length: str, found: Found, lines_up: LiningUp, workspace: Path
) -> dict[str, InputError]:
    """Prepare the pairs of one length; what went wrong, by song."""
    failed = dict(found.problems)
    if not found.pairs:
        return failed
    rtg = workspace / "rtg" / length
    # A song that was prepared and whose files no longer make a pair keeps its place.
    left_alone = [rtg / song for song in failed if (rtg / song / MIXTURE_NAME).is_file()]
    is_single = len(found.pairs) == 1 and not left_alone
    folders = [rtg if is_single else rtg / pair.song for pair in found.pairs]
    check_others_free(rtg, [*folders, *left_alone])
    print(f"rtg/{length}")
    width = max(len(printable(pair.song)) for pair in found.pairs)
    jobs = zip(found.pairs, folders, strict=True)
    for pair, folder in tqdm(jobs, total=len(folders), unit="song", leave=False, disable=None):
        try:
            lines = _attempt(folder, pair, lines_up, workspace, length == "no-limit")
        except InputError as error:
            failed[pair.song] = error
            lines = [f"not prepared: {error}"]
            if (folder / MIXTURE_NAME).is_file():
                before = told_original(folder)
                name = (before and before.song) or "a song"
                lines.append(f"Still there, as it was prepared before: {name}")
        shown = map(printable, lines)
        tqdm.write(f"  {printable(pair.song):{width}}  " + f"\n  {'':{width}}  ".join(shown))
    if any(pair.song not in failed for pair in found.pairs):
        clear_others(rtg, [*folders, *left_alone])
    return failed


def _attempt(
    folder: Path, pair: PairFiles, lines_up: LiningUp, workspace: Path, full_length: bool
) -> list[str]:
    """Prepare one pair of many; whatever goes wrong is an `InputError`, so the others go on."""
    with held(folder):
        try:
            return _prepare_into(folder, pair, lines_up, workspace, full_length)
        except Exception as error:
            if _is_out_of_date(folder, pair):
                clear_folder(folder)
            if isinstance(error, InputError):
                raise
            log = folder / ERROR_LOG_NAME
            raise InputError(f"{pair.song}: {log_error(error, log, log)}") from error


def _is_out_of_date(folder: Path, pair: PairFiles) -> bool:
    """Whether what lies there was prepared from these files when they held something else."""
    before = told_original(folder)
    if before is None:
        return False
    named = ((before.mixture, pair.mixture), (before.reference, pair.reference))
    return any(
        was.path == path.resolve() and path.is_file() and sha256_of(path) != was.sha256
        for was, path in named
    )


def _prepare_into(
    folder: Path, pair: PairFiles, lines_up: LiningUp, workspace: Path, full_length: bool
) -> list[str]:
    """Prepare one pair, write its files, and return what to tell about it."""
    settings, wishes = Settings(), lines_up.wishes
    opened = lines_up(pair, settings, folder)
    ready = prepare_pair(opened.pair, settings, full_length=full_length, start_s=wishes.start_s)
    start_s = None if full_length else ready.start_s
    original = Original(opened.mixture, opened.reference, start_s, ready.gain, pair.song)
    clear_folder(folder)
    try:
        told = _write_pair(folder, ready, opened, lines_up, settings.sample_rate_hz)
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
    folder: Path, ready: PreparedPair, opened: OpenedPair, lines_up: LiningUp, rate: int
) -> list[str]:
    """Write reference, figures, picture and null test, and return what to tell of the alignment."""
    source = opened.pair.files.source
    write_wav(folder / REFERENCE_NAMES[source], ready.reference, rate)
    write_conditions(folder, ready.given)
    alignment = ready.alignment
    if alignment is None:
        return []
    placed_by = lines_up.placed_by(alignment)
    json_name, png_name, wav_name = ALIGNMENT_NAMES
    with replacing(folder / json_name) as temporary:
        temporary.write_text(alignment_text(alignment, rate, placed_by), encoding="utf-8")
    with replacing(folder / png_name) as temporary:
        temporary.write_bytes(opened.picture())
    write_wav(folder / wav_name, Difference(ready.mixture, ready.reference), rate)
    return sentences(alignment, source, rate, placed_by)


def _asked_for(options: argparse.Namespace) -> dict[str, Found]:
    """By length: the two files that were given, or what lies in `process/`."""
    given = options.vocal or options.instrumental
    if (options.mixture is None) != (given is None):
        raise InputError("--mixture needs --vocal or --instrumental, and they need --mixture")
    if given is not None:
        source: Source = "vocal" if options.vocal else "music"
        pair = given_pair(options.mixture, given, source)
        return dict.fromkeys(MARKS, Found((pair,), (), {}))
    process = options.workspace / "process"
    found_of = {length: find_pairs(process / length) for length in MARKS}
    problems = [error for found in found_of.values() for error in found.problems.values()]
    ignored = [name for found in found_of.values() for name in found.ignored]
    if not any(found.pairs for found in found_of.values()):
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
    return found_of
