"""How much a timeline is to be trusted, and in plain words why not."""

from __future__ import annotations

import numpy as np

from vocal_separation_sanity_check.alignment.tracking import Track

CONFIDENT = 0.5
"""Confidence from which a pair is lined up; below, it is left as it came."""

_EVEN_STANDOUT = 7.0
"""Stacked standout at which right and wrong are equally likely."""
_SPENT_WINDOWS = 2
"""A line goes through any two windows: these prove nothing."""
_STANDOUT_WIDTH = 1.0
"""By how much a standout must pass the even one for confidence to reach 0.73."""
_LARGEST_ERROR_SAMPLES = 0.5
"""Standard error of the timeline from which on a pair is left as it came."""
_SMALLEST_AGREEMENT = 0.7
"""Share of the evidence that must lie on the timeline."""
_FEWEST_WINDOWS = 2.5
"""Effective number of windows that must carry the timeline."""


def confidence_in(evidence: Track) -> float:
    """Confidence that the timeline is right, in [0, 1].

    Logistic in the stacked standout, 0.5 where the windows' correlations, summed along the
    timeline, reach 7 times their surroundings; a line goes through any two windows, so of n of
    them n - 2 count. With 102 songs of 6.8 s each, 15 dB under the music, right voices reach 9.5
    and more (one reaches 7.6); voices and instrumentals of other songs reach 4.9 at most, after
    the best of thousands of places and clocks was taken. Where more than 30 % of the evidence
    contradicts the timeline, fewer than three windows carry it, or its standard error exceeds
    half a sample, confidence stays below the threshold.

    Parameters
    ----------
    evidence : Track

    Returns
    -------
    float
    """
    confidence = 1 / (1 + np.exp((_EVEN_STANDOUT - _counted(evidence)) / _STANDOUT_WIDTH))
    agreed = evidence.agreement >= _SMALLEST_AGREEMENT and _agreeing(evidence) >= _FEWEST_WINDOWS
    if not (agreed and evidence.error_samples < _LARGEST_ERROR_SAMPLES):
        confidence = min(confidence, 0.8 * CONFIDENT)
    return float(confidence)


def doubt(evidence: Track | None, sample_rate_hz: float) -> str:
    """Why a pair was left as it came, for people.

    Parameters
    ----------
    evidence : Track or None
        None where nothing was found at all.
    sample_rate_hz : float

    Returns
    -------
    str
        What was found, what was wanted, and the likely reason.
    """
    if evidence is None:
        return "Nothing in the mixture resembles the reference; is it from another song?"
    guess = (
        f"Left as it came: the best guess, "
        f"{evidence.timeline.offset_samples / sample_rate_hz * 1e3:+.1f} ms and "
        f"{evidence.timeline.drift_ppm:+.0f} ppm,"
    )
    if _counted(evidence) < _EVEN_STANDOUT:
        return (
            f"{guess} stands out of chance by {_counted(evidence):.1f}, wanted "
            f"{_EVEN_STANDOUT:.0f}. Is it the same recording of the same song?"
        )
    if evidence.agreement < _SMALLEST_AGREEMENT:
        return (
            f"{guess} holds for {100 * evidence.agreement:.0f} % of the evidence only. "
            "Was one of the two edited?"
        )
    return (
        f"{guess} is uncertain by {evidence.error_samples:.1f} samples. "
        "Is there too little of the reference in the mixture?"
    )


def _agreeing(evidence: Track) -> float:
    """Effective number of windows on the timeline (Kish 1965)."""
    weights = evidence.weights
    return float(weights.sum() ** 2 / max(float(np.sum(weights**2)), 1e-30))


def _counted(evidence: Track) -> float:
    n_windows = len(evidence.times_s)
    return evidence.standout * float(np.sqrt(max(0, n_windows - _SPENT_WINDOWS) / n_windows))
