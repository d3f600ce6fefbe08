"""A song's original file and its reference's, channel beside channel, at the song's own rate.

The reference's own file is brought to the song's rate and laid out along the timeline of
`alignment.json`. In each channel of the song it then finds a level, the tone where the alignment
found one, and its path where the check used one (`rebuilding.Rebuilding`): a mono acapella gets a
place and a room in stereo. An exact stem stays as it is.

Where the song does not hold the reference, no channel can tell its level: it has the level that
the check gave it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from vocal_separation_sanity_check.alignment import (
    Clock,
    LaidOut,
    Segment,
    Timeline,
    in_tone,
    level_in,
)
from vocal_separation_sanity_check.blas_threads import one_blas_thread
from vocal_separation_sanity_check.check.original_channels import reference_channels, song_channels
from vocal_separation_sanity_check.check.original_files import OriginalStretch
from vocal_separation_sanity_check.prepare import read_timeline
from vocal_separation_sanity_check.rebuilding import Rebuilding
from vocal_separation_sanity_check.songs import CheckedSong, Original, read_original
from vocal_separation_sanity_check.sound import (
    Part,
    Scaled,
    Signal,
    Spool,
    spooled,
)

SAMPLES_AT_ONCE = 1 << 20
"""That are laid out, or written, together."""
_ROUNDED_S = 0.001
"""A timeline of the working rate may miss the end of the song's file by as much."""
_NEARLY_WHOLE = 0.05
"""Samples, within two standard errors: a delay that is so close to a whole one is taken for it."""


@dataclass(frozen=True)
class OriginalPair:
    """The stretch of a song that was checked, and the reference as it sounds there.

    Attributes
    ----------
    named : Original
        The two files.
    stretch : OriginalStretch
        Of the song's file.
    mixtures, references : tuple of Signal
        A signal a channel of the song, all of `stretch.n_samples`.
    is_one_signal : bool
        Whether the reference's file holds one signal for all channels.
    reference_rate_hz : int
        Of the reference's file: beyond half of it, `references` hold nothing.
    """

    named: Original
    stretch: OriginalStretch
    mixtures: tuple[Signal, ...]
    references: tuple[Signal, ...]
    is_one_signal: bool
    reference_rate_hz: int


@one_blas_thread()
def original_pair(song: CheckedSong) -> OriginalPair:
    """Lay the reference's own file beside the song's.

    Parameters
    ----------
    song : CheckedSong

    Returns
    -------
    OriginalPair

    Raises
    ------
    InputError
        If one of the two files has gone or changed since it was prepared, or the disk is full.
    """
    named = read_original(song.job.prepared, song.job.workspace)
    stretch = OriginalStretch.of(named, song.settings)
    folder = song.job.results
    with named.unchanged():
        given = reference_channels(named.reference.path, stretch.info, folder)
        mixtures = song_channels(stretch.path, stretch.info, folder)
        references = tuple(
            _rebuilt(mixture, reference, stretch, song)
            for mixture, reference in zip(mixtures, given.channels, strict=True)
        )
    return OriginalPair(
        named,
        stretch,
        tuple(_wanted(mixture, stretch) for mixture in mixtures),
        references,
        given.is_one_signal,
        given.sample_rate_hz,
    )


def _rebuilt(
    mixture: Signal, reference: Signal, stretch: OriginalStretch, song: CheckedSong
) -> Signal:
    """Give a channel of the reference as it sounds in that of the song, for the stretch wanted."""
    rate_hz, folder = stretch.info.sample_rate_hz, song.job.results
    timeline, expected = _place(song, len(mixture), rate_hz)
    laid = _kept(LaidOut(reference, timeline, len(mixture)), song)
    is_held = song.is_subtracted or song.is_rebuilt
    if is_held:
        level = level_in(mixture, laid, rate_hz, expected)
    else:
        level = _level_of_check(song) if expected is None else expected
    levelled: Signal = Scaled(laid, level)
    if is_held and song.alignment is not None and song.alignment.get("is_tone_matched"):
        levelled = in_tone(mixture, levelled, rate_hz)
    mixture, levelled = _wanted(mixture, stretch), _wanted(levelled, stretch)
    if not song.is_rebuilt:
        return levelled
    return spooled(Rebuilding(mixture, levelled, rate_hz, song.findings.source).parts(), folder)


def _wanted(signal: Signal, stretch: OriginalStretch) -> Part:
    return Part(signal, stretch.begin, stretch.begin + stretch.n_samples)


def _place(song: CheckedSong, n_samples: int, rate_hz: int) -> tuple[Timeline, float | None]:
    """Give where the reference belongs, and the level that the alignment found, with its sign."""
    if song.alignment is None or not song.is_placed:
        return Timeline((Segment(0, n_samples, Clock()),)), None
    given = read_timeline(song.inputs["alignment"], rate_hz)
    error = (song.alignment.get("uncertainty_ms") or 0.0) * 1e-3 * rate_hz
    *others, last = (
        replace(segment, clock=_whole(segment.clock, error)) for segment in given.timeline.segments
    )
    if abs(n_samples - last.end) <= _ROUNDED_S * rate_hz:
        last = replace(last, end=n_samples)
    level = given.polarity * 10 ** (song.alignment["gain_db"] / 20)
    return Timeline((*others, last)), float(level)


def _level_of_check(song: CheckedSong) -> float:
    """Give the level at which the check took a reference that nothing was known of."""
    level = 10 ** (song.findings.reference_gain_db / 20)
    return float(np.copysign(level, song.findings.coherence))


def _whole(clock: Clock, error_samples: float) -> Clock:
    """Give a clock the whole shift that it may as well be: half samples of the working rate are."""
    whole = float(round(clock.offset_samples))
    is_even = clock.drift_ppm == 0 and not clock.wander_samples.any()
    is_near = abs(clock.offset_samples - whole) <= min(2 * error_samples, _NEARLY_WHOLE)
    return replace(clock, offset_samples=whole) if is_even and is_near else clock


def _kept(signal: Signal, song: CheckedSong) -> Spool:
    return spooled((signal[part] for part in parts_of(len(signal))), song.job.results)


def parts_of(n_samples: int) -> Iterator[slice]:
    """Cut a signal into parts that are worked on one after the other.

    Parameters
    ----------
    n_samples : int

    Yields
    ------
    slice
    """
    for begin in range(0, n_samples, SAMPLES_AT_ONCE):
        yield slice(begin, min(begin + SAMPLES_AT_ONCE, n_samples))
