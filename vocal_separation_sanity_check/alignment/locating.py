"""From a rough place to an exact clock, straight or bent, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.evidence import Evidence, evidence_along
from vocal_separation_sanity_check.alignment.following import follow
from vocal_separation_sanity_check.alignment.straight_clock import straight_clock
from vocal_separation_sanity_check.sound import Signal


@dataclass(frozen=True)
class Located:
    """An exact clock.

    Attributes
    ----------
    clock : Clock
    polarity : int
    evidence : Evidence
    error_at_samples, error_samples : float64, shape (n_points,)
        Standard error of the delay at these samples of the mixture.
    """

    clock: Clock
    polarity: int
    evidence: Evidence
    error_at_samples: NDArray[np.float64]
    error_samples: NDArray[np.float64]

    def seen_from(self, begin: int, sample_rate_hz: float) -> Located:
        """Give the same for a mixture that is cut off before `begin`, or longer if negative."""
        evidence = replace(self.evidence, times_s=self.evidence.times_s - begin / sample_rate_hz)
        return replace(
            self,
            clock=self.clock.seen_from(begin),
            evidence=evidence,
            error_at_samples=self.error_at_samples - begin,
        )


def locate(
    mixture: Signal, reference: Signal, sample_rate_hz: float, start: Clock
) -> Located | None:
    """Find the exact clock near a rough one.

    Parameters
    ----------
    mixture, reference : Signal
    sample_rate_hz : float
    start : Clock
        Without wander, right to within about 10 ms.

    Returns
    -------
    Located or None
        None where fewer than two windows hold any of the reference.
    """
    line = straight_clock(mixture, reference, sample_rate_hz, start)
    if line is None:
        return None
    followed = follow(mixture, reference, sample_rate_hz, line)
    evidence = evidence_along(mixture, reference, sample_rate_hz, followed.clock, followed.polarity)
    if evidence is None:
        return None
    return Located(
        followed.clock, followed.polarity, evidence, followed.at_samples, followed.error_samples
    )
