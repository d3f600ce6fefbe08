"""Figures of a check: the loss by step, the spectrograms."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import LogFormatter, MaxNLocator
from numpy.typing import NDArray

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.report.drawing import Drawing
from vocal_separation_sanity_check.report.time_axis import draw_time_axis
from vocal_separation_sanity_check.spectral import (
    FLOOR_DB,
    N_ROWS,
    decibels,
    tick_places,
)

BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""Told apart by colour-blind readers (Okabe & Ito 2008)."""
DPI = 110

mpl.rcParams.update({"font.size": 11, "axes.titlesize": 12, "axes.titlelocation": "left"})
# Nothing lies between a title and its axes: looking for it lays out all ticks once more.
mpl.rcParams["axes.titley"] = 1.0


def png_of(figure: Figure) -> bytes:
    """Draw a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    bytes
        Of a PNG file.
    """
    memory = BytesIO()
    figure.savefig(memory, dpi=DPI, format="png")
    return memory.getvalue()


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(png_of(figure))


def loss_figure(drawing: Drawing) -> Figure:
    """Draw the loss by step, beside the loss of the ideal masks.

    Parameters
    ----------
    drawing : Drawing

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(7, 4.4))
    axes = figure.subplots()
    figure.subplots_adjust(left=0.15, right=0.98, bottom=0.12, top=0.92)
    loss = drawing.loss
    axes.semilogy(np.arange(len(loss)), loss, "o-", color=BLUE, label="fitted mask")
    for name, label, colour, style in (
        ("irm1", "ideal ratio mask, magnitudes (IRM1)", ORANGE, ":"),
        ("irm2", "ideal ratio mask, powers (IRM2)", GREEN, "--"),
        ("psm", "ideal phase-sensitive mask (PSM)", PURPLE, "-."),
    ):
        level = drawing.loss_of_ideal[name]
        if level > 0:
            axes.axhline(level, color=colour, linestyle=style, label=label)
        else:  # which no logarithmic axis has a place for
            axes.plot([], [], color=colour, linestyle=style, label=f"{label}: 0")
    axes.set_xlabel("step")
    axes.set_ylabel("distance of the fingerprints\n(squared, relative to the target)")
    axes.set_title(f"The {drawing.source}'s fingerprint, approached by the masked mix")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    # Plain numbers: what sets 10 to a power is loaded for nothing else.
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.4)))
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize=9, loc="upper right")
    return figure


def spectrogram_figure(drawing: Drawing) -> Figure:
    """Draw mixture, target, extraction, the rest, and the mask.

    Parameters
    ----------
    drawing : Drawing

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(8, 13))
    panels = figure.subplots(5, 1, sharex=True)
    # Fixed margins: an automatic layout draws everything twice, a second of a run's four.
    figure.subplots_adjust(left=0.1, right=1.0, bottom=0.04, top=0.98, hspace=0.18)
    source = drawing.source
    titles = {
        "Mixture": "Original mixture",
        f"Target {source}": f"Target {source} (given)",
        "Extracted vocal": "Extracted vocal",
        "Extracted music": "Music",
    }
    loudest = float(drawing.spectrograms["Mixture"].max())
    for axes, (lane, title) in zip(panels, titles.items(), strict=False):
        shown = decibels(drawing.spectrograms[lane], loudest)
        sounds = _draw(axes, shown, drawing, title, FLOOR_DB, 0, "magma")
    mask = _draw(panels[4], drawing.mask, drawing, "Mask", 0, 1, "cividis")
    figure.colorbar(sounds, ax=panels[:4], label="dB re mixture's peak", pad=0.02, aspect=60)
    figure.colorbar(mask, ax=panels[4], label="share kept", pad=0.02)
    draw_time_axis(panels[4], drawing.duration_s)
    return figure


def _draw(
    axes: Axes,
    picture: NDArray[np.floating],
    drawing: Drawing,
    title: str,
    lowest: float,
    highest: float,
    colours: str,
) -> AxesImage:
    """Show a picture over seconds and, on a logarithmic scale, Hz."""
    settings, n_windows = drawing.settings, drawing.n_windows
    nyquist_hz = settings.sample_rate_hz / 2
    half_window_s = settings.hop_length / settings.sample_rate_hz / 2
    end_s = n_windows * settings.hop_length / settings.sample_rate_hz - half_window_s
    image = axes.imshow(
        picture,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(-half_window_s, end_s, 0, N_ROWS),
        cmap=colours,
        vmin=lowest,
        vmax=highest,
    )
    ticks = tick_places(nyquist_hz)
    axes.set_yticks([N_ROWS * place for place in ticks.values()], list(ticks))
    axes.set_ylabel("frequency (Hz)")
    axes.set_title(title)
    return image
