"""What a user is told of an alignment: two sentences, a JSON file, a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from vocal_separation_sanity_check.alignment import Alignment
from vocal_separation_sanity_check.settings import Source

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#999999"
_NOUNS: dict[Source, str] = {"vocal": "acapella", "music": "instrumental"}
_SMALLEST_OFFSET_MS = 0.01
_SMALLEST_DRIFT_PPM = 0.5
_SMALLEST_GAIN_DB = 0.5


def sentences(alignment: Alignment, source: Source, *, was_given: bool) -> list[str]:
    """Say what was found and what it brought, for people.

    Parameters
    ----------
    alignment : Alignment
    source : {"vocal", "music"}
        What the reference is a recording of.
    was_given : bool
        Whether the user gave offset, drift or polarity.

    Returns
    -------
    list of str
        Two lines.
    """
    noun, overall = _NOUNS[source], alignment.null.overall
    if not alignment.is_confident and not was_given:
        return [
            f"The {noun} was not lined up (confidence {alignment.confidence:.2f}):",
            alignment.reason,
        ]
    if was_given:
        first = f"The {noun} was moved as you asked."
    elif faults := _faults(alignment):
        first = f"The {noun} {_joined(faults)}: corrected."
    else:
        first = f"The {noun} lines up with the song as it is."
    return [
        first,
        f"Subtracting it now removes {overall.after_db:.1f} dB of the vocal band "
        f"(before: {overall.before_db:.1f} dB; confidence {alignment.confidence:.2f}).",
    ]


def _faults(alignment: Alignment) -> list[str]:
    faults = []
    if abs(alignment.offset_ms) >= _SMALLEST_OFFSET_MS:
        when = "early" if alignment.offset_ms > 0 else "late"
        faults.append(f"started {_time(abs(alignment.offset_ms))} {when}")
    if abs(alignment.drift_ppm) >= _SMALLEST_DRIFT_PPM:
        pace = "fast" if alignment.drift_ppm > 0 else "slow"
        faults.append(f"ran {abs(alignment.drift_ppm):.0f} ppm {pace}")
    if len(alignment.timeline.wander_samples):
        faults.append("wandered like tape")
    if alignment.polarity < 0:
        faults.append("was inverted")
    if abs(alignment.gain_db) >= _SMALLEST_GAIN_DB:
        level = "quiet" if alignment.gain_db > 0 else "loud"
        faults.append(f"was {abs(alignment.gain_db):.1f} dB too {level}")
    return faults


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _time(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.3f} s"
    return f"{milliseconds:.1f} ms" if milliseconds >= 1 else f"{milliseconds:.2f} ms"


def facts(alignment: Alignment) -> dict[str, Any]:
    """Give what `alignment.json` holds.

    Parameters
    ----------
    alignment : Alignment

    Returns
    -------
    dict
    """
    null = alignment.null
    return {
        "offset_samples": alignment.offset_samples,
        "offset_ms": alignment.offset_ms,
        "drift_ppm": alignment.drift_ppm,
        "polarity": alignment.polarity,
        "gain_db": alignment.gain_db,
        "confidence": alignment.confidence,
        "is_confident": alignment.is_confident,
        "reason": alignment.reason,
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


def figure(alignment: Alignment, duration_s: float, sample_rate_hz: float) -> Figure:
    """Draw local offsets with the fitted line, null depth by band, and the channel's response.

    Parameters
    ----------
    alignment : Alignment
    duration_s : float
        Of the mixture.
    sample_rate_hz : float

    Returns
    -------
    matplotlib.figure.Figure
    """
    drawn = Figure(figsize=(7, 9), layout="constrained")
    offsets, depths, response = drawn.subplots(3, 1)
    times_s = np.linspace(0, duration_s, 400)
    applied_ms = alignment.timeline.delay(times_s * sample_rate_hz) / sample_rate_hz * 1e3
    offsets.plot(times_s, applied_ms, color=ORANGE, label="applied")
    offsets.scatter(
        alignment.window_times_s,
        alignment.window_offsets_ms,
        s=8 + 40 * alignment.window_weights,
        color=BLUE,
        alpha=0.7,
        label="found in one window (larger: surer)",
    )
    offsets.set(xlabel="time (s)", ylabel="delay applied (ms)", title="Offset over time")
    offsets.ticklabel_format(useOffset=False)
    offsets.legend(fontsize=9)
    bands = alignment.null.bands
    places = np.arange(len(bands))
    depths.bar(places - 0.2, [b.before_db for b in bands], 0.4, color=GREY, label="as it came")
    depths.bar(places + 0.2, [b.after_db for b in bands], 0.4, color=BLUE, label="lined up")
    depths.set_xticks(places, [f"{b.low_hz:.0f}-\n{b.high_hz:.0f} Hz" for b in bands], fontsize=9)
    depths.set(ylabel="removed by subtraction (dB)", title="Null test by band")
    depths.axhline(0, color="black", linewidth=0.8)
    depths.legend(fontsize=9)
    frequencies_hz, gains_db = alignment.channel.response(sample_rate_hz)
    response.semilogx(frequencies_hz[1:], gains_db[:, 1:].T, color=BLUE, alpha=0.6)
    response.set(xlabel="frequency (Hz)", ylabel="gain (dB)", title="The channel's response")
    response.set_xlim(60, sample_rate_hz / 2)
    response.set_ylim(min(-6.0, gains_db[:, 2:].min() - 1), max(6.0, gains_db[:, 2:].max() + 1))
    for axes in (offsets, depths, response):
        axes.grid(alpha=0.3)
    return drawn
