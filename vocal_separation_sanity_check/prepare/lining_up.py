"""Two files to two signals on one timeline: read, mixed down, lined up, as long as each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vocal_separation_sanity_check.alignment import Alignment, align_signals
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.pair_files import PairFiles
from vocal_separation_sanity_check.prepare.timeline_file import check_within
from vocal_separation_sanity_check.prepare.wishes import Wishes
from vocal_separation_sanity_check.report import load_drawing
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.songs import GivenFiles, OriginalFile, PlacedBy
from vocal_separation_sanity_check.sound import Part, Signal, pieces, spooled, spooled_mixdown
from vocal_separation_sanity_check.verdicts import NOUNS, condition_words, name_of

SHORTEST_OVERLAP_S = 1.0
"""A pair with less in common is refused."""

_WORTH_TELLING_S = 0.01


@dataclass(frozen=True)
class LinedUpPair:
    """Both files whole, lined up; every length that is prepared of them is cut out of these.

    Attributes
    ----------
    files : PairFiles
    mixture, reference : Signal
        At the working rate, of one length, on the disk.
    notices : tuple of str
        What a user should know, in plain words.
    alignment : Alignment or None
        None where the user wanted none.
    given : GivenFiles
        In what condition the files came.
    """

    files: PairFiles
    mixture: Signal
    reference: Signal
    notices: tuple[str, ...]
    alignment: Alignment | None
    given: GivenFiles


def line_up_pair(
    files: PairFiles, settings: Settings, folder: Path, wishes: Wishes | None = None
) -> LinedUpPair:
    """Read a pair and line it up.

    Parameters
    ----------
    files : PairFiles
    settings : Settings
        Its sampling rate is used.
    folder : Path
        On the disk that has room for the signals, in files without names.
    wishes : Wishes, optional

    Returns
    -------
    LinedUpPair

    Raises
    ------
    InputError
        If a file cannot be used, both share less than a second, or a timeline goes on beyond the
        song.
    """
    rate = settings.sample_rate_hz
    song = spooled_mixdown(files.mixture, rate, folder)
    given = spooled_mixdown(files.reference, rate, folder)
    mixture, reference = song.samples, given.samples
    faults = [f"The song's {fault}." for fault in song.faults]
    faults += [f"The {NOUNS[files.source]}'s {fault}." for fault in given.faults]
    conditions = {"mixture": song.condition, "reference": given.condition}
    came = GivenFiles({role: c for role, c in conditions.items() if c is not None}, tuple(faults))
    for role, condition in came.conditions.items():
        faults += condition_words(condition, name_of(role, files.source))
    reference, alignment = _lined_up(mixture, reference, rate, wishes or Wishes(), folder)
    n_common = min(len(mixture), len(reference))
    notices = faults + _told_lengths(len(mixture) / rate, len(reference) / rate, files.source)
    if n_common < SHORTEST_OVERLAP_S * rate:
        raise InputError(
            f"{files.mixture.name} and {files.reference.name} have only {n_common / rate:.2f} s"
            f" in common, wanted at least {SHORTEST_OVERLAP_S:g} s; are both files whole?"
        )
    common = Part(mixture, 0, n_common), Part(reference, 0, n_common)
    return LinedUpPair(files, *common, tuple(notices), alignment, came)


@dataclass(frozen=True)
class OpenedPair:
    """A pair that is lined up, and its files as they were when they were opened.

    Attributes
    ----------
    pair : LinedUpPair
    mixture, reference : OriginalFile
    picture : callable
        Draws the alignment, once: a PNG file; there is one where there is an alignment.
    """

    pair: LinedUpPair
    mixture: OriginalFile
    reference: OriginalFile
    picture: Callable[[], bytes]


class LiningUp:
    """Lines pairs up; one that is wanted in both lengths, only once.

    Parameters
    ----------
    wishes : Wishes
    """

    def __init__(self, wishes: Wishes) -> None:
        self.wishes = wishes
        self._last: OpenedPair | None = None

    def __call__(self, files: PairFiles, settings: Settings, folder: Path) -> OpenedPair:
        """Do as `line_up_pair` does.

        Raises
        ------
        InputError
            As `line_up_pair`; also if a file changes meanwhile.
        """
        if self._last is None or self._last.pair.files != files:
            self._last = None
            mixture, reference = OriginalFile.of(files.mixture), OriginalFile.of(files.reference)
            with mixture.unchanged(), reference.unchanged(), ThreadPoolExecutor(1) as beside:
                if self.wishes.is_aligned:
                    beside.submit(load_drawing)
                pair = line_up_pair(files, settings, folder, self.wishes)
            picture = cache(lambda: self._drawn(pair, settings))
            self._last = OpenedPair(pair, mixture, reference, picture)
        return self._last

    def placed_by(self, alignment: Alignment) -> PlacedBy:
        """Tell who placed a reference."""
        if self.wishes.places_reference:
            return "user"
        return "found" if alignment.is_confident else "none"

    def _drawn(self, pair: LinedUpPair, settings: Settings) -> bytes:
        # matplotlib is loaded only where something is drawn.
        from vocal_separation_sanity_check.prepare.alignment_figure import alignment_figure
        from vocal_separation_sanity_check.report import png_of

        alignment, rate = pair.alignment, settings.sample_rate_hz
        assert alignment is not None
        is_placed = self.placed_by(alignment) != "none"
        return png_of(alignment_figure(alignment, rate, is_placed=is_placed))


def _lined_up(
    mixture: Signal, reference: Signal, rate: int, wishes: Wishes, folder: Path
) -> tuple[Signal, Alignment | None]:
    """Reference on the mixture's timeline where that could be told, else as it came."""
    # What is too short to be used at all is refused where lengths are compared.
    if not wishes.is_aligned or min(len(mixture), len(reference)) < SHORTEST_OVERLAP_S * rate:
        return reference, None
    if wishes.timeline is not None:
        check_within(wishes.timeline, len(mixture), rate)
    alignment = align_signals(
        mixture,
        reference,
        rate,
        offset_ms=wishes.offset_ms,
        drift_ppm=wishes.drift_ppm,
        polarity=wishes.polarity,
        timeline=wishes.timeline,
        keep=lambda signal: spooled(pieces(signal), folder),
    )
    is_moved = alignment.is_confident or wishes.places_reference
    return (alignment.aligned if is_moved else reference), alignment


def _told_lengths(mixture_s: float, reference_s: float, source: Source) -> list[str]:
    if abs(mixture_s - reference_s) < _WORTH_TELLING_S:
        return []
    longer = "longer" if reference_s > mixture_s else "shorter"
    return [
        f"The {source} is {abs(mixture_s - reference_s):.2f} s {longer} than the song:"
        f" only their common {min(mixture_s, reference_s):.2f} s are used."
    ]
