"""Where exactly one stretch of an edited reference ends and the next begins.

In frames of 46 ms the log-likelihood of the mixture under a clock is, up to what all clocks share::

    L(t) = 2 g Re Σ_f C  -  g² Σ_f |R|² / S,      C = conj(R) M / S

and the cut between two clocks lies where the sum of the first one's before it and of the second
one's behind it is largest. Where the reference is silent on either clock the sum stays level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.slips import hop_of, likelihoods, spectra_of
from vocal_separation_sanity_check.alignment.warping import warp
from vocal_separation_sanity_check.sound import Signal

Array = NDArray[np.float64]

_LEVEL = 2.0
"""Nats within which two cuts are as good."""
_HUSH = 15.0
"""Nats that silence between two segments must explain better than either of them."""


def exact_cut(
    mixture: Signal,
    reference: Signal,
    sample_rate_hz: float,
    between: tuple[int, int],
    clocks: tuple[Clock | None, Clock | None],
    highest_hz: float,
) -> tuple[int, int]:
    """Find the end of one segment and the begin of the next.

    Parameters
    ----------
    mixture, reference : Signal
        Of one polarity and about one level.
    sample_rate_hz : float
    between : tuple of two int
        Samples of the mixture: the first belongs to one segment, the second to the other.
    clocks : tuple of two Clock or None
        Before and behind the cut; None where nothing of the reference is heard.
    highest_hz : float
        Where both clocks are right to within half a period of it, a higher one cuts more exactly.

    Returns
    -------
    end, begin : int
        Samples of the mixture; the same where one segment follows the other at once.
    """
    first, last = between
    spectra = spectra_of(mixture[first:last], sample_rate_hz)
    before, behind = (
        np.zeros(len(spectra))
        if clock is None
        else likelihoods(
            spectra,
            spectra_of(warp(reference, clock.seen_from(first), last - first), sample_rate_hz),
            sample_rate_hz,
            highest_hz,
        )
        for clock in clocks
    )
    # If the first clock has the frames before `end` and the second those from `begin` on, the
    # mixture's likelihood is the sum of both.
    until = np.concatenate([[0.0], np.cumsum(before)])
    from_on = np.concatenate([np.cumsum(behind[::-1])[::-1], [0.0]])
    best_from = np.maximum.accumulate(from_on[::-1])[::-1]
    at_once, apart = until + from_on, until + best_from
    if apart.max() - at_once.max() > _HUSH and None not in clocks:
        end = int(np.argmax(apart))
        begin = end + int(np.argmax(from_on[end:]))
        end = _last_level(until, end, begin)
        begin = (
            len(from_on)
            - 1
            - _last_level(from_on[::-1], len(from_on) - 1 - begin, len(from_on) - 1 - end)
        )
    else:
        end = begin = _middle_of_level(at_once)
    hop = hop_of(sample_rate_hz)
    # The frame t has its middle at t hops: a cut before it lies half a hop earlier.
    ends = np.clip(first + np.round((np.array([end, begin]) - 0.5) * hop), first, last)
    return int(ends[0]), int(ends[1])


def _last_level(sums: Array, start: int, limit: int) -> int:
    """Last cut from `start` on, up to `limit`, that is as good: ends of rooms and breaths stay."""
    cut = start
    while cut < limit and sums[cut + 1] >= sums[start] - _LEVEL:
        cut += 1
    return cut


def _middle_of_level(sums: Array) -> int:
    """Middle of the cuts around the best that are as good."""
    best = int(np.argmax(sums))
    low = len(sums) - 1 - _last_level(sums[::-1], len(sums) - 1 - best, len(sums) - 1)
    return (low + _last_level(sums, best, len(sums) - 1)) // 2
