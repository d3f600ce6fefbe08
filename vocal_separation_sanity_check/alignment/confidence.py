"""How much a timeline is to be trusted, and in plain words why not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vocal_separation_sanity_check.alignment.evidence import Evidence
from vocal_separation_sanity_check.alignment.locating import Located
from vocal_separation_sanity_check.alignment.null_depth import BandNull

CONFIDENT = 0.5
"""Confidence from which a pair is lined up; below, it is left as it came."""

_EVEN_STANDOUT = 5.5
"""Stacked standout at which right and wrong are equally likely."""
_SPENT_WINDOWS = 2
"""A line goes through any two windows: these prove nothing."""
_STANDOUT_WIDTH = 0.6
"""By how much a standout must pass the even one for confidence to reach 0.73."""
_EVEN_SHARE = 0.75
"""Share of the reference, held by windows on the clock, at which both are equally likely."""
_SHARE_WIDTH = 0.03
"""By how much a share must pass that for confidence to reach 0.73."""
_FEWEST_WINDOWS = 2.5
"""Effective number of windows that must carry the timeline."""


def confidence_in(evidence: Evidence) -> float:
    """Probability that a place is right, in [0, 1].

    The product of two logistics. One is in the stacked standout: 0.5 where the windows'
    correlations, summed along the clock, reach 5.5 times their surroundings; a line goes through
    any two windows, so of n of them n - 2 count. The other is in the part of the reference that is
    held: 0.5 where windows that should hold three quarters of it have their peak on the clock; a
    place that is right for half of a reference is wrong for the other half. Where fewer than three
    windows carry the clock, it stays below the threshold.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    float
    """
    standout = _logistic((_counted(evidence) - _EVEN_STANDOUT) / _STANDOUT_WIDTH)
    held = _logistic((evidence.held - _EVEN_SHARE) / _SHARE_WIDTH)
    carried = 1.0 if _agreeing(evidence) >= _FEWEST_WINDOWS else 0.8 * CONFIDENT
    return min(standout * held, carried)


def stands_out(evidence: Evidence) -> bool:
    """Whether a place stands out of chance, whatever part of the reference it holds."""
    return _counted(evidence) >= _EVEN_STANDOUT and _agreeing(evidence) >= _FEWEST_WINDOWS


def doubt(located: Sequence[Located], sample_rate_hz: float) -> str:
    """Why a pair was left as it came, for people.

    Parameters
    ----------
    located : sequence of Located
        Empty where nothing was found at all.
    sample_rate_hz : float

    Returns
    -------
    str
        What was found, what was wanted, and the likely reason.
    """
    if not located:
        return "Nothing in the mixture resembles the reference; is it from another song?"
    clock, evidence = located[0].clock, located[0].evidence
    guess = (
        f"Left as it came: the best guess, "
        f"{clock.start_samples / sample_rate_hz * 1e3:+.1f} ms and {clock.drift_ppm:+.0f} ppm,"
    )
    if _counted(evidence) < _EVEN_STANDOUT:
        return (
            f"{guess} fits little better than chance would. Is it the same recording of the same "
            "song?"
        )
    return (
        f"{guess} holds for {100 * evidence.held:.0f} % of the reference only. "
        "Was one of the two edited?"
    )


def found_worse(located: Sequence[Located], null: BandNull, sample_rate_hz: float) -> str:
    """Why a place that convinced was not taken after all: subtraction removes less there."""
    start_ms = located[0].clock.start_samples / sample_rate_hz * 1e3
    return (
        f"Left as it came: at the best guess, {start_ms:+.1f} ms, subtracting it removes "
        f"{null.after_db:.1f} dB, where it was {null.before_db:.1f} dB. Is it the same take?"
    )


def _agreeing(evidence: Evidence) -> float:
    """Effective number of windows on the timeline (Kish 1965)."""
    weights = evidence.weights
    return float(weights.sum() ** 2 / max(float(np.sum(weights**2)), 1e-30))


def _logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def _counted(evidence: Evidence) -> float:
    n_windows = len(evidence.times_s)
    return evidence.standout * float(np.sqrt(max(0, n_windows - _SPENT_WINDOWS) / n_windows))
