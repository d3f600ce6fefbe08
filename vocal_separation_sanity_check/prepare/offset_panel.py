"""The delay over time: what was applied, how surely it is known, and what windows found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment import Alignment, Segment
from vocal_separation_sanity_check.report import draw_time_axis

Array = NDArray[np.float64]

DOTS = "#0072b2"
STROKES = (
    ("#d55e00", "-"),
    ("#009e73", "--"),
    ("#cc79a7", "-."),
    ("#000000", ":"),
    ("#e69f00", "-"),
    ("#56b4e9", "--"),
)
"""Of the segments in turn; told apart by colour-blind readers (Okabe & Ito 2008), and in grey."""
_POINTS_A_SECOND = 25
_POINTS = (400, 20_000)
"""Fewest and most of a curve."""
SMALLEST_SPAN_MS = 0.1
"""Of the delays that are shown: two samples of the working rate. What is less can neither be heard
nor surely be measured, so an even clock is to look even."""
_SHOWN_WEIGHT = 0.3
"""Windows that are surer than this are inside the picture, others where it happens."""


@dataclass(frozen=True)
class _Curve:
    """A segment's delay, less its `line` over seconds, with its standard error."""

    times_s: Array
    delays_ms: Array
    errors_ms: Array | None
    line: Polynomial

    @classmethod
    def of(cls, segment: Segment, sample_rate_hz: float, *, is_bent: bool) -> _Curve:
        duration_s = (segment.end - segment.begin) / sample_rate_hz
        n_points = int(np.clip(duration_s * _POINTS_A_SECOND, *_POINTS))
        at_samples = np.linspace(segment.begin, segment.end, n_points)
        times_s = at_samples / sample_rate_hz
        delays_ms = segment.clock.delay(at_samples) / sample_rate_hz * 1e3
        errors_ms = None
        if len(segment.uncertainty_samples):
            known = segment.uncertainty_at_samples, segment.uncertainty_samples
            errors_ms = np.interp(at_samples, *known) / sample_rate_hz * 1e3
        line = Polynomial.fit(times_s, delays_ms, 1) if is_bent else Polynomial([0.0])
        return cls(times_s, delays_ms - line(times_s), errors_ms, line)


def draw_offsets(axes: Axes, alignment: Alignment, sample_rate_hz: float) -> None:
    """Draw the delay over time.

    Of another edit, and of a clock that bends, each segment's straight line is taken off: where
    stretches lie seconds apart, or drift adds up, a wander of a millisecond would not show.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    alignment : Alignment
        Of a reference that was placed.
    sample_rate_hz : float
    """
    segments = alignment.timeline.segments
    is_bent = len(segments) > 1 or bool(segments[0].clock.wander_samples.any())
    window_samples = alignment.window_times_s * sample_rate_hz
    dots_ms = np.full(len(window_samples), np.nan)
    curves = []
    for segment in segments:
        curve = _Curve.of(segment, sample_rate_hz, is_bent=is_bent)
        inside = (window_samples >= segment.begin) & (window_samples < segment.end)
        line_ms = curve.line(alignment.window_times_s[inside])
        dots_ms[inside] = alignment.window_offsets_ms[inside] - line_ms
        curves.append(curve)
    draw_dots(axes, alignment.window_times_s, dots_ms, alignment.window_weights)
    for number, curve in enumerate(curves):
        _draw_curve(axes, curve, number)
    label = "delay beyond the line (ms)" if is_bent else "delay applied (ms)"
    axes.set(ylabel=label, title=_title(segments, curves, is_bent=is_bent))
    duration_s = len(alignment.aligned) / sample_rate_hz
    axes.set_xlim(0, duration_s)
    draw_time_axis(axes, duration_s, "song")
    axes.ticklabel_format(axis="y", useOffset=False)
    is_sure = (alignment.window_weights > _SHOWN_WEIGHT) & np.isfinite(dots_ms)
    show_delays(axes, np.concatenate([*(curve.delays_ms for curve in curves), dots_ms[is_sure]]))
    axes.legend(fontsize=9, ncols=3, loc="upper center")
    axes.grid(alpha=0.3)


def _title(segments: Sequence[Segment], curves: Sequence[_Curve], *, is_bent: bool) -> str:
    if not is_bent:
        return "Offset over time"
    if len(segments) > 1:
        return "Offset over time, less each stretch's straight line"
    start_ms, slope = float(curves[0].line(0.0)), float(curves[0].line.deriv()(0.0))
    return f"Offset over time, less {start_ms:.2f} ms and {1e3 * slope:.1f} ppm"


def draw_dots(axes: Axes, times_s: Array, offsets_ms: Array, weights: Array) -> None:
    """Draw what single windows found, the surer the larger.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    times_s, offsets_ms, weights : float64, shape (n_windows,)
    """
    axes.scatter(
        times_s,
        offsets_ms,
        s=8 + 30 * weights,
        color=DOTS,
        alpha=0.5,
        linewidth=0,
        label="found in one window (larger: surer)",
    )


def _draw_curve(axes: Axes, curve: _Curve, number: int) -> None:
    """One segment; the legend names the first one's stroke and band for all."""
    colour, style = STROKES[number % len(STROKES)]
    names = ("applied", "one standard error") if number == 0 else (None, None)
    axes.plot(
        curve.times_s, curve.delays_ms, color=colour, linestyle=style, linewidth=2, label=names[0]
    )
    if curve.errors_ms is not None:
        low_ms, high_ms = (curve.delays_ms + sign * curve.errors_ms for sign in (-1, 1))
        axes.fill_between(
            curve.times_s, low_ms, high_ms, color=colour, alpha=0.3, linewidth=0, label=names[1]
        )


def show_delays(axes: Axes, delays_ms: Array) -> None:
    """Show all of these, and no less than `SMALLEST_SPAN_MS`, with room for the legend above.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    delays_ms : float64, shape (n,)
    """
    low_ms, high_ms = float(delays_ms.min()), float(delays_ms.max())
    span_ms = max(high_ms - low_ms, SMALLEST_SPAN_MS)
    middle_ms = (low_ms + high_ms) / 2
    axes.set_ylim(middle_ms - 0.6 * span_ms, middle_ms + 0.85 * span_ms)
