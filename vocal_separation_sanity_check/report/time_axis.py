"""The time axis of a picture: seconds, and minutes from a minute on."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, MultipleLocator

from vocal_separation_sanity_check.sound import HOUR_S, MINUTE_S, step_s, time_label


def draw_time_axis(axes: Axes, duration_s: float, name: str = "time") -> None:
    """Label the horizontal axis of a picture of a whole song.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    duration_s : float
    name : str
        What stands beside the axis, before the unit.
    """
    _label(axes.xaxis, duration_s)
    axes.set_xlabel(_named(name, duration_s))


def draw_upright_time_axis(axes: Axes, duration_s: float, name: str) -> None:
    """Label the vertical axis as `draw_time_axis` does the horizontal one.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    duration_s : float
    name : str
    """
    _label(axes.yaxis, duration_s)
    axes.set_ylabel(_named(name, duration_s))


def _label(axis: Axis, duration_s: float) -> None:
    axis.set_major_locator(MultipleLocator(step_s(duration_s)))
    axis.set_major_formatter(
        FuncFormatter(lambda moment_s, _: time_label(moment_s, duration_s).removesuffix(" s"))
    )


def _named(name: str, duration_s: float) -> str:
    unit = "s" if duration_s < MINUTE_S else "min:s" if duration_s < HOUR_S else "h:min:s"
    return f"{name} ({unit})"
