"""What a user is told of an alignment, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vocal_separation_sanity_check.alignment import Alignment, Rival, Segment
from vocal_separation_sanity_check.prepare.timeline_facts import (
    shows_above_hz,
    silent_s,
    uncertainty_ms,
)
from vocal_separation_sanity_check.prepare.wander_kind import told_wander
from vocal_separation_sanity_check.settings import Source
from vocal_separation_sanity_check.songs import PlacedBy
from vocal_separation_sanity_check.verdicts import NOUNS, WHAT_TO_TRY, removal_words

_SMALLEST_OFFSET_MS = 0.01
_SMALLEST_DRIFT_PPM = 0.5
_SMALLEST_GAIN_DB = 0.5
_SMALLEST_MOVE_S = 0.05
"""Of a stretch of another edit; a clock's drift and wander move it by less."""
_MOST_LINES = 8
"""Segments and places beyond these are to be read in the file."""


def sentences(
    alignment: Alignment, source: Source, sample_rate_hz: float, placed_by: PlacedBy
) -> list[str]:
    """Say what was found and what it brought, for people.

    Parameters
    ----------
    alignment : Alignment
    source : {"vocal", "music"}
        What the reference is a recording of.
    sample_rate_hz : float
    placed_by : {"found", "user", "none"}

    Returns
    -------
    list of str
        Lines.
    """
    noun = NOUNS[source]
    if placed_by == "none":
        return _refused(alignment, noun)
    lines = [_what_was_done(alignment, noun, sample_rate_hz, placed_by)]
    if alignment.timeline.is_edited:
        lines += _told_segments(alignment, noun, sample_rate_hz)
    lines.append(_told_depth(alignment, placed_by))
    uncertainty = uncertainty_ms(alignment.timeline, sample_rate_hz)
    above_hz = shows_above_hz(uncertainty, sample_rate_hz)
    if above_hz is not None:
        lines.append(
            f"Its place is known to {uncertainty:.2g} ms: above {_frequency(above_hz)} what is left"
            f" of the {source} may be audible."
        )
    if alignment.rivals and placed_by == "found":
        taken = Rival(alignment.offset_ms, alignment.drift_ppm)
        lines.append(
            f"{len(alignment.rivals) + 1} places explain the song as well. The first was taken;"
            " to choose another:"
        )
        lines += _told_rivals((taken, *alignment.rivals))
    return lines


def _refused(alignment: Alignment, noun: str) -> list[str]:
    told = f"The {noun} was not lined up (confidence {alignment.confidence:.2f})"
    if len(alignment.rivals) > 1:
        told += f": {len(alignment.rivals)} places explain the song equally well."
        return [f"{told} It was left as it came; to choose one:", *_told_rivals(alignment.rivals)]
    lines = [f"{told}:", alignment.reason, WHAT_TO_TRY]
    if alignment.rivals:
        return [*lines, "Another place explains the song as well:", *_told_rivals(alignment.rivals)]
    return lines


def _what_was_done(
    alignment: Alignment, noun: str, sample_rate_hz: float, placed_by: PlacedBy
) -> str:
    if placed_by == "user":
        return f"The {noun} was moved as you asked."
    faults = _faults(alignment, sample_rate_hz)
    if alignment.timeline.is_edited:
        segments = alignment.timeline.segments
        n_moved = sum(_is_moved(segment, sample_rate_hz) for segment in segments)
        moved = f": {n_moved} stretches were moved"
        if n_moved < len(segments):
            moved = f": {n_moved} of its {len(segments)} stretches {_were(n_moved)} moved"
        if n_moved == 0:
            moved = f", in {len(segments)} stretches"
        also = f" It {_joined(faults)}." if faults else ""
        return f"The {noun} is another edit{moved}.{also}"
    if not faults:
        return f"The {noun} lines up with the song as it is."
    return f"The {noun} {_joined(faults)}: {'corrected' if _helped(alignment) else 'changed'}."


def _faults(alignment: Alignment, sample_rate_hz: float) -> list[str]:
    """What was wrong with the reference; of another edit what holds for all of it."""
    segments = alignment.timeline.segments
    faults = []
    if not alignment.timeline.is_edited:
        if abs(alignment.offset_ms) >= _SMALLEST_OFFSET_MS:
            when = "early" if alignment.offset_ms > 0 else "late"
            faults.append(f"started {_time(abs(alignment.offset_ms))} {when}")
        if abs(alignment.drift_ppm) >= _SMALLEST_DRIFT_PPM:
            pace = "fast" if alignment.drift_ppm > 0 else "slow"
            faults.append(f"ran {abs(alignment.drift_ppm):.0f} ppm {pace}")
    wandering = [segment for segment in segments if segment.clock.wander_samples.any()]
    if wandering:
        longest = max(wandering, key=lambda segment: segment.end - segment.begin)
        faults.append(told_wander(longest, sample_rate_hz))
    if alignment.polarity < 0:
        faults.append("was inverted")
    if abs(alignment.gain_db) >= _SMALLEST_GAIN_DB:
        level = "quiet" if alignment.gain_db > 0 else "loud"
        faults.append(f"was {abs(alignment.gain_db):.1f} dB too {level}")
    return faults


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _is_moved(segment: Segment, sample_rate_hz: float) -> bool:
    return abs(_delay_s(segment, sample_rate_hz)) >= _SMALLEST_MOVE_S


def _delay_s(segment: Segment, sample_rate_hz: float) -> float:
    """Where a segment begins in the song, less where it begins in the reference."""
    return float(segment.clock.delay(np.array([float(segment.begin)]))[0]) / sample_rate_hz


def _told_segments(alignment: Alignment, noun: str, sample_rate_hz: float) -> list[str]:
    segments = alignment.timeline.segments
    lines = []
    if len(segments) > _MOST_LINES:
        lines.append(f"All {len(segments)} stretches are in alignment.json.")
    else:
        for segment in segments:
            begin_s, end_s = segment.begin / sample_rate_hz, segment.end / sample_rate_hz
            from_s = max(0.0, begin_s - _delay_s(segment, sample_rate_hz))
            lines.append(
                f"{begin_s:9.2f} to {end_s:8.2f} s of the song:{from_s:9.2f} s of the {noun} on"
            )
    silent = silent_s(alignment.timeline, len(alignment.aligned), sample_rate_hz)
    if silent:
        lines.append(f"The song has none of it {_stretches(silent)}.")
    if alignment.left_out_s:
        lines.append(f"Left out of the {noun}: what sounds {_stretches(alignment.left_out_s)}.")
    return lines


def _stretches(stretches: Sequence[tuple[float, float]]) -> str:
    shown = [f"from {begin:.2f} to {end:.2f} s" for begin, end in stretches[:_MOST_LINES]]
    if len(stretches) > _MOST_LINES:
        shown.append(f"in {len(stretches) - _MOST_LINES} more stretches (alignment.json)")
    return _joined(shown)


def _told_depth(alignment: Alignment, placed_by: PlacedBy) -> str:
    overall = alignment.null.overall
    sure = f"; confidence {alignment.confidence:.2f}" if placed_by == "found" else ""
    removed = removal_words(overall.after_db, overall.before_db, sure)
    if _helped(alignment):
        return f"Subtracting it now {removed}."
    return f"Subtracting it helps less than before: it {removed}. --no-align leaves it as it came."


def _helped(alignment: Alignment) -> bool:
    overall = alignment.null.overall
    return round(overall.after_db, 1) >= round(overall.before_db, 1)


def _told_rivals(rivals: Sequence[Rival]) -> list[str]:
    lines = [
        f"  --offset-ms {rival.offset_ms:.3f} --drift-ppm {rival.drift_ppm:.1f}"
        for rival in rivals[:_MOST_LINES]
    ]
    n_more = len(rivals) - _MOST_LINES
    return [*lines, f"  and {n_more} more in alignment.json"] if n_more > 0 else lines


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _time(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.3f} s"
    return f"{milliseconds:.1f} ms" if milliseconds >= 1 else f"{milliseconds:.2f} ms"


def _frequency(hertz: float) -> str:
    rounded = float(f"{hertz:.2g}")
    return f"{rounded / 1000:g} kHz" if rounded >= 1000 else f"{rounded:g} Hz"
