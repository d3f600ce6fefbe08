"""A pair at a low rate, to look at many places of the reference quickly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.windows import lags_along, line_through
from vocal_separation_sanity_check.sound import Signal, pieces

_ROUGH_RATE_HZ = 4000.0
"""Most of a voice's energy lies under half of it."""
_REACH_S = 0.025
"""The search is right to 25 ms."""
_TOLERANCES_S = (2e-3, 5e-4)
"""The first round finds the line, the second drops what is off it."""


@dataclass(frozen=True)
class Place:
    """A clock without wander, roughly, and how much of the windows' evidence lies on it.

    Attributes
    ----------
    clock : Clock
    polarity : int
        1 or -1.
    support : float
        Say of the windows on the line; comparable between places of one pair.
    """

    clock: Clock
    polarity: int
    support: float


class RoughPair:
    """Mixture and reference at a low rate, to look at many places quickly.

    `sample_rate_hz` and `n_samples` are the mixture's own, `rate_hz` is that of the signals held
    here, and `ratio` leads from the one to the other.

    Parameters
    ----------
    mixture, reference : Signal
    sample_rate_hz : float
    """

    def __init__(
        self,
        mixture: Signal,
        reference: Signal,
        sample_rate_hz: float,
    ) -> None:
        self.sample_rate_hz, self.n_samples = sample_rate_hz, len(mixture)
        self.rate_hz = min(_ROUGH_RATE_HZ, sample_rate_hz)
        self.ratio = self.rate_hz / sample_rate_hz
        self.mixture, self.reference = (
            _at_rate(signal, sample_rate_hz, self.rate_hz) for signal in (mixture, reference)
        )

    def place(self, start: Clock, at_least: float = 0.0) -> Place | None:
        """Put a line through the peaks of the windows along a first guess.

        Parameters
        ----------
        start : Clock
            Right to within about 25 ms wherever the reference sounds.
        at_least : float
            Support under which a place is not worth a second look.

        Returns
        -------
        Place or None
            None where fewer than two windows hold any of the reference, or hardly any agrees.
        """
        clock = start.at_rate(self.ratio)
        polarity, support = 1, 0.0
        for tolerance_s in _TOLERANCES_S:
            lags = lags_along(self.mixture, self.reference, self.rate_hz, clock, _REACH_S)
            if len(lags.times_s) < 2:
                return None
            polarity, line, support = line_through(lags, tolerance_s * self.rate_hz, self.rate_hz)
            if support < at_least:
                return None
            clock = clock.with_line(line.start, line.slope / self.rate_hz)
        return Place(clock.at_rate(1 / self.ratio), polarity, support)


def _at_rate(signal: Signal, from_hz: float, to_hz: float) -> NDArray[np.float32]:
    stream = soxr.ResampleStream(from_hz, to_hz, 1, "float32")
    parts = [stream.resample_chunk(piece) for piece in pieces(signal)]
    parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    return np.concatenate(parts)
