"""What `alignment.json` holds: everything that was found of an alignment."""

from __future__ import annotations

import json
import re
from typing import Any

from vocal_separation_sanity_check.alignment import Alignment
from vocal_separation_sanity_check.prepare.segment_values import segment_facts
from vocal_separation_sanity_check.prepare.timeline_facts import (
    shows_above_hz,
    silent_s,
    uncertainty_ms,
)
from vocal_separation_sanity_check.songs import PlacedBy

_NUMBERS = re.compile(r"\[\n[\s\d.,eE+\-\[\]]*\]")
"""A list of numbers, or of such lists, over several lines; no string has line breaks in JSON."""


def alignment_text(alignment: Alignment, sample_rate_hz: float, placed_by: PlacedBy) -> str:
    """Give `alignment.json` as it is written.

    Parameters
    ----------
    alignment : Alignment
    sample_rate_hz : float
    placed_by : {"found", "user", "none"}

    Returns
    -------
    str
        JSON, with each list of numbers on one line: people edit the file.
    """
    facts = alignment_facts(alignment, sample_rate_hz, placed_by)
    text = json.dumps(facts, indent=2, allow_nan=False)
    return _NUMBERS.sub(lambda numbers: json.dumps(json.loads(numbers[0])), text) + "\n"


def alignment_facts(
    alignment: Alignment, sample_rate_hz: float, placed_by: PlacedBy
) -> dict[str, Any]:
    """Gather what `alignment.json` holds.

    Parameters
    ----------
    alignment : Alignment
    sample_rate_hz : float
    placed_by : {"found", "user", "none"}
        Where it says "none", everything is about the reference as it came.

    Returns
    -------
    dict
        Of values that JSON has.
    """
    null = alignment.null
    uncertainty = uncertainty_ms(alignment.timeline, sample_rate_hz)
    return {
        "placed_by": placed_by,
        "offset_samples": alignment.offset_samples,
        "offset_ms": alignment.offset_ms,
        "drift_ppm": alignment.drift_ppm,
        "polarity": alignment.polarity,
        "gain_db": alignment.gain_db,
        "is_tone_matched": not alignment.channel.is_impulse,
        "confidence": alignment.confidence,
        "is_confident": alignment.is_confident,
        "reason": alignment.reason,
        "uncertainty_ms": uncertainty,
        "shows_above_hz": shows_above_hz(uncertainty, sample_rate_hz),
        "segments": [
            segment_facts(segment, sample_rate_hz, is_found=placed_by == "found")
            for segment in alignment.timeline.segments
        ],
        "silent": silent_s(alignment.timeline, len(alignment.aligned), sample_rate_hz),
        "left_out": list(alignment.left_out_s),
        "rivals": [
            {"offset_ms": rival.offset_ms, "drift_ppm": rival.drift_ppm}
            for rival in alignment.rivals
        ],
        "null_depth_db": {
            "before": null.overall.before_db,
            "after": null.overall.after_db,
            "by_band": {
                band.name: {
                    "low_hz": band.low_hz,
                    "high_hz": band.high_hz,
                    "before": band.before_db,
                    "after": band.after_db,
                    "coherence": band.coherence,
                }
                for band in null.bands
            },
        },
    }
