"""Two files to two signals that are ready for a check: lined up, trimmed, at one level."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment import Alignment, Timeline, align_signals
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.pair_files import PairFiles
from vocal_separation_sanity_check.prepare.timeline_file import check_within
from vocal_separation_sanity_check.prepare.vocal_window import first_sung_window
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.sound import (
    SILENCE_PEAK,
    Difference,
    Part,
    Scaled,
    Signal,
    Spool,
    peak_of,
    pieces,
    spooled_mixdown,
)

SHORTEST_OVERLAP_S = 1.0
"""A pair with less in common is refused."""

NOUNS: dict[Source, str] = {"vocal": "acapella", "music": "instrumental"}
"""What a user calls a reference."""

_WORTH_TELLING_S = 0.01
_LOUDEST = 1 - 1e-6


@dataclass(frozen=True)
class PreparedPair:
    """Two signals that are ready for a check, and how they came about.

    Attributes
    ----------
    mixture, reference : Signal
        At the working rate, of one length, on the disk; neither beyond 1.
    start_s : float
        Where on the mixture's timeline they begin.
    gain : float
        What both were multiplied by, at most 1.
    notices : tuple of str
        What a user should know, in plain words.
    alignment : Alignment or None
        Of the whole files; None where the user wanted none.
    """

    mixture: Signal
    reference: Signal
    start_s: float
    gain: float
    notices: tuple[str, ...]
    alignment: Alignment | None


@dataclass(frozen=True)
class Wishes:
    """What a user asked for in place of what would be found.

    Attributes
    ----------
    start_s : float or None
        Where the clip begins.
    is_aligned : bool
        Whether to line the reference up at all.
    offset_ms, drift_ppm, polarity, timeline : float, float, int, Timeline or None
        See `alignment.align`; the timeline is of the whole song.
    """

    start_s: float | None = None
    is_aligned: bool = True
    offset_ms: float | None = None
    drift_ppm: float | None = None
    polarity: int | None = None
    timeline: Timeline | None = None

    @property
    def places_reference(self) -> bool:
        """Whether the user said where the reference belongs."""
        given = (self.offset_ms, self.drift_ppm, self.polarity, self.timeline)
        return any(wish is not None for wish in given)


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
    """

    files: PairFiles
    mixture: Signal
    reference: Signal
    notices: tuple[str, ...]
    alignment: Alignment | None


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
    reference, alignment = _lined_up(mixture, reference, rate, wishes or Wishes(), folder)
    n_common = min(len(mixture), len(reference))
    notices = faults + _told_lengths(len(mixture) / rate, len(reference) / rate, files.source)
    if n_common < SHORTEST_OVERLAP_S * rate:
        raise InputError(
            f"{files.mixture.name} and {files.reference.name} have only {n_common / rate:.2f} s"
            f" in common, wanted at least {SHORTEST_OVERLAP_S:g} s; are both files whole?"
        )
    common = Part(mixture, 0, n_common), Part(reference, 0, n_common)
    return LinedUpPair(files, *common, tuple(notices), alignment)


def prepare_pair(
    pair: LinedUpPair, settings: Settings, *, full_length: bool, start_s: float | None = None
) -> PreparedPair:
    """Make a pair ready for a check.

    Parameters
    ----------
    pair : LinedUpPair
    settings : Settings
        Its sampling rate and clip length are used.
    full_length : bool
        Keep everything that both files have, not only a clip.
    start_s : float, optional
        Where the clip begins; else at the song's beginning, or where the voice is.

    Returns
    -------
    PreparedPair

    Raises
    ------
    InputError
        If the clip is silent, or one file is so much louder that the other would be silent beside
        it.
    """
    rate, files, alignment = settings.sample_rate_hz, pair.files, pair.alignment
    mixture, reference, notices = pair.mixture, pair.reference, [*pair.notices]
    n_common = len(mixture)
    begin = 0
    if not full_length:
        n_clip = round(settings.clip_s * rate)
        voice = reference if files.source == "vocal" else Difference(mixture, reference)
        begin, moved = _clip_start(voice, n_clip, rate, start_s)
        notices += moved
        n_short = n_clip - (n_common - begin)
        if n_short > 0:
            notices += [f"The last {n_short / rate:.2f} s of the clip are silence: the song ends."]
        mixture, reference = (
            _fixed_length(signal[begin : begin + n_clip], n_clip) for signal in (mixture, reference)
        )
        _check_sounding(mixture, files.mixture, begin / rate)
        _check_sounding(reference, files.reference, begin / rate)
    rest = [] if alignment is None else [Difference(mixture, reference)]
    peak = max(peak_of(sound) for sound in (mixture, reference, *rest))
    # Only down, never up: what fits is passed on bit for bit.
    gain = _LOUDEST / peak if peak > 1 else 1.0
    if gain < 1:
        notices += [f"Both files turned down by {-20 * np.log10(gain):.2f} dB, so nothing clips."]
        mixture, reference = Scaled(mixture, gain), Scaled(reference, gain)
        _check_still_heard((mixture, reference), (files.mixture, files.reference), gain)
    return PreparedPair(mixture, reference, begin / rate, gain, tuple(notices), alignment)


def _lined_up(
    mixture: Signal, reference: Signal, rate: int, wishes: Wishes, folder: Path
) -> tuple[Signal, Alignment | None]:
    """Reference on the mixture's timeline where that could be told, else as it came."""
    # What is too short to be used at all is refused where lengths are compared.
    if not wishes.is_aligned or min(len(mixture), len(reference)) < SHORTEST_OVERLAP_S * rate:
        return reference, None
    if wishes.timeline is not None:
        check_within(wishes.timeline, len(mixture), rate)

    def keep(signal: Signal) -> Signal:
        spool = Spool(folder, 1)
        for piece in pieces(signal):
            spool.append(piece)
        return spool

    alignment = align_signals(
        mixture,
        reference,
        rate,
        offset_ms=wishes.offset_ms,
        drift_ppm=wishes.drift_ppm,
        polarity=wishes.polarity,
        timeline=wishes.timeline,
        keep=keep,
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


def _clip_start(
    voice: Signal, n_clip: int, rate: int, start_s: float | None
) -> tuple[int, list[str]]:
    """First sample of the clip, and what to tell about the choice."""
    if start_s is None:
        begin = first_sung_window(voice, n_clip, rate)
        told = f"The vocal is silent at first: the clip is taken from {begin / rate:.2f} s on."
        return begin, [told] if begin else []
    latest_s = len(voice) / rate - SHORTEST_OVERLAP_S
    if not 0 <= start_s <= latest_s:
        raise InputError(f"--start is {start_s:g} s, wanted 0 to {latest_s:.2f} s for this song")
    return round(start_s * rate), []


def _fixed_length(signal: NDArray[np.float32], n_samples: int) -> NDArray[np.float32]:
    return np.pad(signal, (0, n_samples - len(signal)))


def _check_sounding(signal: Signal, path: Path, start_s: float) -> None:
    if peak_of(signal) < SILENCE_PEAK:
        raise InputError(f"{path.name} is silent from {start_s:.2f} s on; choose another --start")


def _check_still_heard(
    signals: tuple[Signal, Signal], paths: tuple[Path, Path], gain: float
) -> None:
    """Refuse a pair of which one file falls silent where both are turned down for the other."""
    peaks = [peak_of(signal) for signal in signals]
    if min(peaks) < SILENCE_PEAK:
        loud, quiet = paths if peaks[1] < peaks[0] else paths[::-1]
        raise InputError(
            f"{loud.name} goes {-20 * np.log10(gain):.0f} dB beyond full scale; turned down until"
            f" it fits, {quiet.name} is silent. Is {loud.name} damaged? If not, export it again at"
            " the level of the other"
        )
