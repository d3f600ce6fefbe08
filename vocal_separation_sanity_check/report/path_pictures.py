"""The reference's path into the song, drawn: echoes by band and delay, level over time."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vocal_separation_sanity_check.report.drawing import DrawnPath
from vocal_separation_sanity_check.report.plots import BLUE
from vocal_separation_sanity_check.report.time_axis import draw_time_axis
from vocal_separation_sanity_check.settings import Source

_FLOOR_DB = -50.0
_LEAST_RANGE_DB = 3.0
_HIDDEN_PERCENT = 0.5
"""Of the moments, at either end: in a pause the level may be anything."""


def path_figure(path: DrawnPath, source: Source) -> Figure:
    """Draw a path.

    Parameters
    ----------
    path : DrawnPath
    source : {"vocal", "music"}
        What the reference is of.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if path.echo_powers is not None:
        figure = Figure(figsize=(7, 6.4))
        above, below = figure.subplots(2, 1, height_ratios=[1.7, 1])
        figure.subplots_adjust(left=0.22, right=0.98, bottom=0.09, top=0.94, hspace=0.42)
        _draw_echoes(above, path.echo_powers, path, source)
    else:
        figure = Figure(figsize=(7, 3))
        below = figure.subplots()
        figure.subplots_adjust(left=0.22, right=0.98, bottom=0.2, top=0.88)
    _draw_level(below, path, source)
    return figure


def _draw_echoes(axes: Axes, powers: NDArray[np.float64], path: DrawnPath, source: Source) -> None:
    levels_db = 10 * np.log10(np.maximum(powers, 1e-12))
    delays_s = path.delays_s
    half_s = (delays_s[1] - delays_s[0]) / 2
    image = axes.imshow(
        levels_db,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(delays_s[0] - half_s, delays_s[-1] + half_s, -0.5, len(levels_db) - 0.5),
        cmap="cividis",
        vmin=_FLOOR_DB,
        vmax=max(float(np.nanmax(levels_db)), _FLOOR_DB + 10),
    )
    names = []
    for edge_hz, time_s in path.reverberation_s.items():
        told = "–" if time_s is None else f"{time_s:.1f} s"
        names.append(f"{f'from {edge_hz:g}' if edge_hz else 'below 150'}: {told}")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("delay (s); white: no echoes found")
    axes.set_title(f"Echoes of the {source} in the song, by band (Hz: RT60)")
    bar: Any = axes.figure
    bar.colorbar(image, ax=axes, label=f"dB of the {source}", pad=0.02)


def _draw_level(axes: Axes, path: DrawnPath, source: Source) -> None:
    for begin_s, end_s, level_db in path.levels:
        times_s = np.linspace(begin_s, end_s, len(level_db))
        axes.plot(times_s, level_db, color=BLUE, linewidth=1.2)
    levels_db = np.concatenate([level_db for _, _, level_db in path.levels])
    duration_s = path.levels[-1][1]
    lowest_db, highest_db = np.percentile(levels_db, [_HIDDEN_PERCENT, 100 - _HIDDEN_PERCENT])
    spare_db = max(0.0, _LEAST_RANGE_DB - (highest_db - lowest_db)) / 2 + 0.5
    axes.set_ylim(lowest_db - spare_db, highest_db + spare_db)
    axes.set_xlim(0, duration_s)
    draw_time_axis(axes, duration_s)
    axes.set_ylabel(f"level (dB of\nthe given {source})")
    axes.set_title(f"Level of the {source} in the song, over time")
    axes.grid(alpha=0.3)
