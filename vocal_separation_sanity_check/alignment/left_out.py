"""What of a reference an edited song has no place for."""

from __future__ import annotations

import numpy as np

from vocal_separation_sanity_check.alignment.sounding import sounding_hops
from vocal_separation_sanity_check.alignment.timeline import Timeline
from vocal_separation_sanity_check.sound import Signal

_HOP_S = 0.1
_SOUNDING = 1e-4
"""Energy, relative to the loudest, from which a tenth of a second of the reference sounds."""
_SHORTEST_S = 0.3
"""Shorter stretches are not told: a cut is known to some hundredths of a second."""


def left_out_s(
    reference: Signal, sample_rate_hz: float, timeline: Timeline, n_samples: int
) -> tuple[tuple[float, float], ...]:
    """Sounding stretches of the reference between those that a timeline uses.

    Parameters
    ----------
    reference : Signal
    sample_rate_hz : float
    timeline : Timeline
    n_samples : int
        Length of the mixture.

    Returns
    -------
    tuple of (float, float)
        Begin and end in seconds of the reference. Empty where the timeline is one segment that
        covers the mixture: what lies before or behind a song is not left out of it.
    """
    only = timeline.segments[0]
    if not timeline.is_edited and only.begin == 0 and only.end == n_samples:
        return ()
    hop = max(1, round(_HOP_S * sample_rate_hz))
    is_open = sounding_hops(reference, hop, _SOUNDING)
    for segment in timeline.segments:
        edges = segment.clock.positions(np.array([segment.begin, segment.end], np.float64)) / hop
        first, last = (int(np.clip(np.floor(edge), 0, len(is_open))) for edge in edges)
        is_open[first : last + 1] = False
    changes = np.flatnonzero(np.diff(np.concatenate([[False], is_open, [False]])))
    stretches = [(begin * _HOP_S, end * _HOP_S) for begin, end in changes.reshape(-1, 2)]
    return tuple(
        (float(begin), float(end)) for begin, end in stretches if end - begin >= _SHORTEST_S
    )
