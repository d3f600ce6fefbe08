"""Two files to two signals that are ready for a check: lined up, trimmed, at one level."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment import Alignment, Timeline, align
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.pair_files import PairFiles
from vocal_separation_sanity_check.prepare.timeline_file import check_within
from vocal_separation_sanity_check.prepare.vocal_window import first_sung_window
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.songs import GivenFiles
from vocal_separation_sanity_check.sound import SILENCE_PEAK, read_mixdown
from vocal_separation_sanity_check.verdicts import NOUNS, condition_words, name_of

SHORTEST_OVERLAP_S = 1.0
"""A pair with less in common is refused."""

_WORTH_TELLING_S = 0.01
_LOUDEST = 1 - 1e-6


@dataclass(frozen=True)
class PreparedPair:
    """Two signals that are ready for a check, and how they came about.

    Attributes
    ----------
    mixture, reference : float32, shape (n_samples,)
        At the working rate; neither beyond 1.
    start_s : float
        Where on the mixture's timeline they begin.
    gain : float
        What both were multiplied by, at most 1.
    notices : tuple of str
        What a user should know, in plain words.
    alignment : Alignment or None
        Of the whole files; None where the user wanted none.
    given : GivenFiles
        In what condition the files came.
    """

    mixture: NDArray[np.float32]
    reference: NDArray[np.float32]
    start_s: float
    gain: float
    notices: tuple[str, ...]
    alignment: Alignment | None
    given: GivenFiles


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


def prepare_pair(
    files: PairFiles, settings: Settings, *, full_length: bool, wishes: Wishes | None = None
) -> PreparedPair:
    """Read a pair and make it ready for a check.

    Parameters
    ----------
    files : PairFiles
    settings : Settings
        Its sampling rate and clip length are used.
    full_length : bool
        Keep everything that both files have, not only a clip.
    wishes : Wishes, optional
        Without a start, the clip begins at the song's, or where the voice is.

    Returns
    -------
    PreparedPair

    Raises
    ------
    InputError
        If a file cannot be used, both share less than a second, the clip is silent, one file is so
        much louder that the other would be silent beside it, or a timeline goes on beyond the song.
    """
    rate = settings.sample_rate_hz
    wishes = wishes or Wishes()
    song, given = read_mixdown(files.mixture, rate), read_mixdown(files.reference, rate)
    mixture, reference = song.samples, given.samples
    faults = [f"The song's {fault}." for fault in song.faults]
    faults += [f"The {NOUNS[files.source]}'s {fault}." for fault in given.faults]
    conditions = {"mixture": song.condition, "reference": given.condition}
    came = GivenFiles({role: c for role, c in conditions.items() if c is not None}, tuple(faults))
    for role, condition in came.conditions.items():
        faults += condition_words(condition, name_of(role, files.source))
    reference, alignment = _lined_up(mixture, reference, rate, wishes)
    n_common = min(len(mixture), len(reference))
    notices = faults + _told_lengths(len(mixture) / rate, len(reference) / rate, files.source)
    if n_common < SHORTEST_OVERLAP_S * rate:
        raise InputError(
            f"{files.mixture.name} and {files.reference.name} have only {n_common / rate:.2f} s"
            f" in common, wanted at least {SHORTEST_OVERLAP_S:g} s; are both files whole?"
        )
    mixture, reference = mixture[:n_common], reference[:n_common]
    begin = 0
    if not full_length:
        n_clip = round(settings.clip_s * rate)
        voice = reference if files.source == "vocal" else mixture - reference
        begin, moved = _clip_start(voice, n_clip, rate, wishes.start_s)
        notices += moved
        n_short = n_clip - (n_common - begin)
        if n_short > 0:
            notices += [f"The last {n_short / rate:.2f} s of the clip are silence: the song ends."]
        mixture, reference = (
            _fixed_length(signal[begin : begin + n_clip], n_clip) for signal in (mixture, reference)
        )
        _check_sounding(mixture, files.mixture, begin / rate)
        _check_sounding(reference, files.reference, begin / rate)
    sounds = (
        [mixture, reference] if alignment is None else [mixture, reference, mixture - reference]
    )
    peak = max(float(np.abs(sound).max()) for sound in sounds)
    # Only down, never up: what fits is passed on bit for bit.
    gain = _LOUDEST / peak if peak > 1 else 1.0
    if gain < 1:
        notices += [f"Both files turned down by {-20 * np.log10(gain):.2f} dB, so nothing clips."]
        mixture, reference = (signal * np.float32(gain) for signal in (mixture, reference))
        _check_still_heard((mixture, reference), (files.mixture, files.reference), gain)
    return PreparedPair(mixture, reference, begin / rate, gain, tuple(notices), alignment, came)


def _lined_up(
    mixture: NDArray[np.float32], reference: NDArray[np.float32], rate: int, wishes: Wishes
) -> tuple[NDArray[np.float32], Alignment | None]:
    """Reference on the mixture's timeline where that could be told, else as it came."""
    # What is too short to be used at all is refused where lengths are compared.
    if not wishes.is_aligned or min(len(mixture), len(reference)) < SHORTEST_OVERLAP_S * rate:
        return reference, None
    if wishes.timeline is not None:
        check_within(wishes.timeline, len(mixture), rate)
    alignment = align(
        mixture,
        reference,
        rate,
        offset_ms=wishes.offset_ms,
        drift_ppm=wishes.drift_ppm,
        polarity=wishes.polarity,
        timeline=wishes.timeline,
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
    voice: NDArray[np.float32], n_clip: int, rate: int, start_s: float | None
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


def _check_sounding(signal: NDArray[np.float32], path: Path, start_s: float) -> None:
    if float(np.abs(signal).max()) < SILENCE_PEAK:
        raise InputError(f"{path.name} is silent from {start_s:.2f} s on; choose another --start")


def _check_still_heard(
    signals: tuple[NDArray[np.float32], NDArray[np.float32]], paths: tuple[Path, Path], gain: float
) -> None:
    """Refuse a pair of which one file falls silent where both are turned down for the other."""
    peaks = [float(np.abs(signal).max()) for signal in signals]
    if min(peaks) < SILENCE_PEAK:
        loud, quiet = paths if peaks[1] < peaks[0] else paths[::-1]
        raise InputError(
            f"{loud.name} goes {-20 * np.log10(gain):.0f} dB beyond full scale; turned down until"
            f" it fits, {quiet.name} is silent. Is {loud.name} damaged? If not, export it again at"
            " the level of the other"
        )
