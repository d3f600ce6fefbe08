"""The reference taken off the original file: its rate, its channels, its length, its bit depth.

The reference's own file is brought to the song's rate and laid out along the timeline of
`alignment.json`. In each channel of the song it then finds a level, the tone where the alignment
found one, and its path where the check used one (`rebuilding.Rebuilding`): a mono acapella gets a
place and a room in stereo. An exact stem is taken off as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

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
    HeldChunks,
    Scaled,
    Signal,
    Spool,
    opened,
    split_samples,
    writing_wav,
)

_AT_ONCE = 1 << 20
"""Samples that are laid out, or written, together."""
_ROUNDED_S = 0.001
"""A timeline of the working rate may miss the end of the song's file by as much."""
_NEARLY_WHOLE = 0.05
"""Samples, within two standard errors: a delay that is so close to a whole one is taken for it."""


@one_blas_thread()
def write_full_quality_subtraction(song: CheckedSong, *, is_path_used: bool) -> None:
    """Write the rebuilt reference, and what it leaves of the original file; they sum to it.

    Parameters
    ----------
    song : CheckedSong
        Whose reference is in its place, see `CheckedSong.is_placed`.
    is_path_used : bool
        Whether the check found a path that predicts what it has not seen. Without one the
        reference is only laid out, and brought to its level and tone.

    Raises
    ------
    InputError
        If one of the two original files has gone or changed since it was prepared, or a file cannot
        be written.
    """
    named = read_original(song.job.prepared, song.job.workspace)
    original = OriginalStretch.of(named, song.settings)
    info, source = original.info, song.findings.source
    with named.unchanged():
        rebuilt = [
            _rebuilt(mixture, reference, original, song, is_path_used=is_path_used)
            for mixture, reference in _channel_pairs(named, original, song)
        ]
    own_path, rest_path = (
        song.path(f"full_quality_{name}", ".wav")
        for name in (f"rebuilt_{source}", f"subtracted_{song.rest}")
    )
    form = (info.sample_rate_hz, info.n_channels, info.subtype, original.n_samples)
    with (
        opened(original.path) as sound,
        writing_wav(own_path, *form) as write_own,
        writing_wav(rest_path, *form) as write_rest,
        named.mixture.unchanged(),
    ):
        samples = HeldChunks(sound.chunks())
        samples.take(original.begin)
        for part in _parts(original.n_samples):
            given = samples.take(part.stop - part.start)
            taken = np.stack([channel[part] for channel in rebuilt], axis=1)
            own, left = split_samples(given, taken, info.subtype)
            write_own(own)
            write_rest(left)


def _channel_pairs(
    named: Original, original: OriginalStretch, song: CheckedSong
) -> Iterator[tuple[Signal, Signal]]:
    """Give each channel of the whole song, and what the reference has for it."""
    folder = song.job.results
    references = reference_channels(named.reference.path, original.info, folder)
    mixtures = song_channels(original.path, original.info, folder)
    yield from zip(mixtures, references, strict=True)


def _rebuilt(
    mixture: Signal,
    reference: Signal,
    original: OriginalStretch,
    song: CheckedSong,
    *,
    is_path_used: bool,
) -> Signal:
    """Give a channel of the reference as it sounds in that of the song, for the stretch wanted."""
    rate_hz, folder = original.info.sample_rate_hz, song.job.results
    timeline, expected = _place(song, len(mixture), rate_hz)
    laid = _kept(LaidOut(reference, timeline, len(mixture)), song)
    levelled: Signal = Scaled(laid, level_in(mixture, laid, rate_hz, expected))
    if song.alignment is not None and song.alignment.get("is_tone_matched"):
        levelled = in_tone(mixture, levelled, rate_hz)
    mixture, levelled = (
        _Stretch(signal, original.begin, original.n_samples) for signal in (mixture, levelled)
    )
    if not is_path_used:
        return levelled
    rebuilt = Spool(folder, 1)
    for part in Rebuilding(mixture, levelled, rate_hz, song.findings.source).parts():
        rebuilt.append(part[:, None])
    return rebuilt


def _place(song: CheckedSong, n_samples: int, rate_hz: int) -> tuple[Timeline, float | None]:
    """Give where the reference belongs, and the level that the alignment found, with its sign."""
    if song.alignment is None:
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


def _whole(clock: Clock, error_samples: float) -> Clock:
    """Give a clock the whole shift that it may as well be: half samples of the working rate are."""
    whole = float(round(clock.offset_samples))
    is_even = clock.drift_ppm == 0 and not clock.wander_samples.any()
    is_near = abs(clock.offset_samples - whole) <= min(2 * error_samples, _NEARLY_WHOLE)
    return replace(clock, offset_samples=whole) if is_even and is_near else clock


def _kept(signal: Signal, song: CheckedSong) -> Spool:
    spool = Spool(song.job.results, 1)
    for part in _parts(len(signal)):
        spool.append(signal[part][:, None])
    return spool


def _parts(n_samples: int) -> Iterator[slice]:
    for begin in range(0, n_samples, _AT_ONCE):
        yield slice(begin, min(begin + _AT_ONCE, n_samples))


@dataclass(frozen=True)
class _Stretch:
    """A stretch of a signal."""

    signal: Signal
    begin: int
    n_samples: int

    def __len__(self) -> int:
        return self.n_samples

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        first, last, _ = part.indices(self.n_samples)
        return self.signal[self.begin + first : self.begin + max(first, last)]
