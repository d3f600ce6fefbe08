"""Which stretch of the song each stretch of the reference belongs to.

A reference from another edit has stretches missing, put in, repeated or in another order. Each
segment of the song then has a clock of its own, and between segments there may be nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.warping import warp
from vocal_separation_sanity_check.sound import Signal

_CROSSFADE_SAMPLES = 128
"""Around a cut: 6 ms at 22 050 Hz, too short to be heard as two voices, too long for a click."""
_FADE = np.sin(np.pi / 2 * (np.arange(_CROSSFADE_SAMPLES) + 0.5) / _CROSSFADE_SAMPLES) ** 2


@dataclass(frozen=True)
class Segment:
    """A stretch of the song in which the reference runs without a cut.

    Attributes
    ----------
    begin, end : int
        First sample of the mixture, and the one behind the last.
    clock : Clock
    confidence : float
        Probability that this is the place, in [0, 1].
    uncertainty_at_samples, uncertainty_samples : float64, shape (n_points,)
        One standard error of the delay, at these samples of the mixture. Both empty where the
        clock was given.
    """

    begin: int
    end: int
    clock: Clock
    confidence: float = 1.0
    uncertainty_at_samples: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    uncertainty_samples: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Timeline:
    """Segments in the order of the song; they do not overlap.

    Attributes
    ----------
    segments : tuple of Segment
        At least one.
    """

    segments: tuple[Segment, ...]

    @property
    def is_edited(self) -> bool:
        """Whether there is more than one segment."""
        return len(self.segments) > 1

    def positions(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions in the reference for these samples of the mixture.

        Parameters
        ----------
        samples : float64, shape (n_points,)

        Returns
        -------
        float64, shape (n_points,)
            In samples of the reference; NaN where no segment is.
        """
        found = np.full(len(samples), np.nan)
        for segment in self.segments:
            inside = (samples >= segment.begin) & (samples < segment.end)
            found[inside] = segment.clock.positions(samples[inside])
        return found

    def delay(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Delay of the reference against the mixture: what a plot of the local offset shows.

        Parameters
        ----------
        samples : float64, shape (n_points,)

        Returns
        -------
        float64, shape (n_points,)
            In samples; NaN where no segment is.
        """
        return samples - self.positions(samples)


@dataclass(frozen=True)
class LaidOut:
    """A reference along a timeline, as a signal that is read in pieces of any length.

    Attributes
    ----------
    reference : Signal
    timeline : Timeline
    n_samples : int
        Length wanted: the mixture's.
    """

    reference: Signal
    timeline: Timeline
    n_samples: int

    def __len__(self) -> int:
        return self.n_samples

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        first, last, _ = part.indices(self.n_samples)
        laid = np.zeros(max(0, last - first), np.float32)
        # Half of the fade lies on either side of the cut, so that neighbours sum to one.
        half = _CROSSFADE_SAMPLES // 2
        for segment in self.timeline.segments:
            is_first, is_last = segment.begin <= 0, segment.end >= self.n_samples
            segment_begin = 0 if is_first else max(0, segment.begin - half)
            segment_end = self.n_samples if is_last else min(segment.end + half, self.n_samples)
            begin, end = max(segment_begin, first), min(segment_end, last)
            if begin >= end:
                continue
            piece = warp(self.reference, segment.clock.seen_from(begin), end - begin)
            if not is_first:
                fading = _FADE[begin - segment_begin : end - segment_begin]
                piece[: len(fading)] *= fading
            if not is_last:
                fading = _FADE[segment_end - end : segment_end - begin][::-1]
                piece[len(piece) - len(fading) :] *= fading
            laid[begin - first : end - first] += piece
        return laid
