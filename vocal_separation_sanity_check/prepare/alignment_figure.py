"""A picture of an alignment: where the reference lies in the song, and what that brought."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from vocal_separation_sanity_check.alignment import Alignment
from vocal_separation_sanity_check.prepare.offset_panel import (
    STROKES,
    draw_dots,
    draw_offsets,
    show_delays,
)
from vocal_separation_sanity_check.prepare.timeline_facts import silent_s
from vocal_separation_sanity_check.report import draw_time_axis, draw_upright_time_axis

_BLUE, _GREY = "#0072b2", "#999999"
_SAME_DB = 0.05
"""Null depths that differ by less in every band are those of one place."""
_LEAST_DEPTH_DB = 1.0
"""That the axis of the null depths shows, up and down: less can hardly be heard."""


def alignment_figure(alignment: Alignment, sample_rate_hz: float, *, is_placed: bool) -> Figure:
    """Draw local offsets with the applied curve, null depth by band, and the channel's response.

    Parameters
    ----------
    alignment : Alignment
        Above all that, of another edit: which part of the reference each part of the song has.
    sample_rate_hz : float
    is_placed : bool
        Where not, only what single windows found is drawn: the rest supposes a place.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not is_placed:
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        _draw_guess(figure.subplots(), alignment, sample_rate_hz)
        return figure
    is_edited = alignment.timeline.is_edited
    figure = Figure(figsize=(7, 12 if is_edited else 9), layout="constrained")
    panels = list(figure.subplots(4 if is_edited else 3, 1))
    if is_edited:
        _draw_edit(panels[0], alignment, sample_rate_hz)
    draw_offsets(panels[-3], alignment, sample_rate_hz)
    _draw_depths(panels[-2], alignment)
    _draw_response(panels[-1], alignment, sample_rate_hz)
    return figure


def _draw_guess(axes: Axes, alignment: Alignment, sample_rate_hz: float) -> None:
    draw_dots(axes, alignment.window_times_s, alignment.window_offsets_ms, alignment.window_weights)
    title = "Not lined up: where single windows would put it"
    axes.set(ylabel="delay found (ms)", title=title)
    duration_s = len(alignment.aligned) / sample_rate_hz
    axes.set_xlim(0, duration_s)
    draw_time_axis(axes, duration_s, "song")
    axes.ticklabel_format(axis="y", useOffset=False)
    if len(alignment.window_offsets_ms):
        show_delays(axes, alignment.window_offsets_ms)
    axes.legend(fontsize=9)
    axes.grid(alpha=0.3)


def _draw_edit(axes: Axes, alignment: Alignment, sample_rate_hz: float) -> None:
    """Reference over song, a thick line for each segment; hatched: what has no counterpart."""
    for number, segment in enumerate(alignment.timeline.segments):
        ends = np.array([segment.begin, segment.end], dtype=np.float64)
        axes.plot(
            ends / sample_rate_hz,
            segment.clock.positions(ends) / sample_rate_hz,
            color=STROKES[number % len(STROKES)][0],
            linewidth=5,
            solid_capstyle="butt",
        )
        for cut_s in ends / sample_rate_hz:
            axes.axvline(cut_s, color=_GREY, linewidth=0.8)
    unused: dict[str, Any] = {"facecolor": "none", "edgecolor": _GREY, "linewidth": 0}
    for begin_s, end_s in silent_s(alignment.timeline, len(alignment.aligned), sample_rate_hz):
        axes.axvspan(begin_s, end_s, hatch="//", **unused)
    for begin_s, end_s in alignment.left_out_s:
        axes.axhspan(begin_s, end_s, hatch="\\\\", **unused)
    title = "Which part of the reference each part of the song has (hatched: none)"
    duration_s = len(alignment.aligned) / sample_rate_hz
    axes.set(title=title)
    axes.set_xlim(0, duration_s)
    draw_time_axis(axes, duration_s, "song")
    ends_s = [end_s for _, end_s in alignment.left_out_s]
    ends_s += [float(axes.get_ylim()[1])]
    draw_upright_time_axis(axes, max(ends_s), "reference")
    axes.grid(alpha=0.3)


def _draw_depths(axes: Axes, alignment: Alignment) -> None:
    bands = alignment.null.bands
    places = np.arange(len(bands))
    came_db, lined_up_db = ([b.before_db for b in bands], [b.after_db for b in bands])
    if np.allclose(came_db, lined_up_db, rtol=0, atol=_SAME_DB):
        axes.bar(places, came_db, 0.6, color=_GREY, label="as it came: lining up changed nothing")
    else:
        axes.bar(places - 0.2, came_db, 0.4, color=_GREY, label="as it came")
        axes.bar(places + 0.2, lined_up_db, 0.4, color=_BLUE, label="lined up")
    low_db, high_db = min(0.0, *came_db, *lined_up_db), max(0.0, *came_db, *lined_up_db)
    axes.set_ylim(min(low_db, -_LEAST_DEPTH_DB) * 1.05, max(high_db, _LEAST_DEPTH_DB) * 1.25)
    axes.set_xticks(places, [f"{b.low_hz:.0f}-\n{b.high_hz:.0f} Hz" for b in bands], fontsize=9)
    axes.set(ylabel="removed by subtraction (dB)", title="Null test by band")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.legend(fontsize=9)
    axes.grid(alpha=0.3)


def _draw_response(axes: Axes, alignment: Alignment, sample_rate_hz: float) -> None:
    frequencies_hz, gains_db = alignment.channel.response(sample_rate_hz)
    axes.semilogx(frequencies_hz[1:], gains_db[:, 1:].T, color=_BLUE, alpha=0.6)
    axes.set(xlabel="frequency (Hz)", ylabel="gain (dB)", title="The channel's response")
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.set_xlim(60, sample_rate_hz / 2)
    axes.set_ylim(min(-6.0, gains_db[:, 2:].min() - 1), max(6.0, gains_db[:, 2:].max() + 1))
    axes.grid(alpha=0.3)
