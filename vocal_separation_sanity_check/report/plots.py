"""Figures: the loss by step, the spectrograms, what each part of the fingerprint does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.report.time_axis import draw_time_axis
from vocal_separation_sanity_check.separation import (
    ALL,
    ALONE,
    FAMILY_ADDED,
    FAMILY_ALONE,
    LEFT_OUT,
    NOTHING,
    AblationRow,
    Findings,
)
from vocal_separation_sanity_check.songs import CheckedSong
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
        figure.savefig(temporary, dpi=DPI, format="png")


def loss_figure(findings: Findings) -> Figure:
    """Draw the loss by step, beside the loss of the ideal masks.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(7, 4.4))
    axes = figure.subplots()
    figure.subplots_adjust(left=0.15, right=0.98, bottom=0.12, top=0.92)
    loss = findings.fit.loss
    axes.semilogy(np.arange(len(loss)), loss, "o-", color=BLUE, label="fitted mask")
    for name, label, colour, style in (
        ("irm1", "ideal ratio mask, magnitudes (IRM1)", ORANGE, ":"),
        ("irm2", "ideal ratio mask, powers (IRM2)", GREEN, "--"),
        ("psm", "ideal phase-sensitive mask (PSM)", PURPLE, "-."),
    ):
        level = findings.loss_of_ideal[name]
        if level > 0:
            axes.axhline(level, color=colour, linestyle=style, label=label)
        else:  # which no logarithmic axis has a place for
            axes.plot([], [], color=colour, linestyle=style, label=f"{label}: 0")
    axes.set_xlabel("step")
    axes.set_ylabel("distance of the fingerprints\n(squared, relative to the target)")
    axes.set_title(f"The {findings.source}'s fingerprint, approached by the masked mix")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize=9, loc="upper right")
    return figure


def spectrogram_figure(song: CheckedSong) -> Figure:
    """Draw mixture, target, extraction, the rest, and the mask.

    Parameters
    ----------
    song : CheckedSong

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(8, 13))
    panels = figure.subplots(5, 1, sharex=True)
    # Fixed margins: an automatic layout draws everything twice, a second of a run's four.
    figure.subplots_adjust(left=0.1, right=1.0, bottom=0.04, top=0.98, hspace=0.18)
    source = song.findings.source
    titles = {
        "Mixture": "Original mixture",
        f"Target {source}": f"Target {source} (given)",
        "Extracted vocal": "Extracted vocal",
        "Extracted music": "Music",
    }
    loudest = float(song.pictures["Mixture"].max())
    for axes, (lane, title) in zip(panels, titles.items(), strict=False):
        shown = decibels(song.pictures[lane], loudest)
        _draw(axes, shown, song, title, "dB re mixture's peak", FLOOR_DB, 0, "magma")
    _draw(panels[4], song.mask_picture, song, "Mask", "share kept", 0, 1, "cividis")
    draw_time_axis(panels[4], song.duration_s)
    return figure


def ablation_figure(rows: Sequence[AblationRow]) -> Figure:
    """Draw what each part of the fingerprint reaches, beside the whole.

    Parameters
    ----------
    rows : sequence of AblationRow
        See `ablation.ablate`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    groups = {
        kind: [row for row in rows if row.kind == kind]
        for kind in (ALONE, LEFT_OUT, FAMILY_ALONE, FAMILY_ADDED)
    }
    (whole,) = (row.si_sdr_db for row in rows if row.kind == ALL)
    (nothing,) = (row.si_sdr_db for row in rows if row.kind == NOTHING)
    figure = Figure(figsize=(7, 11.5), layout="constrained")
    panels = figure.subplots(
        len(groups), 1, sharex=True, height_ratios=[len(group) + 1.5 for group in groups.values()]
    )
    colours = (BLUE, GREEN, ORANGE, PURPLE)
    for axes, (kind, group), colour in zip(panels, groups.items(), colours, strict=True):
        places = np.arange(len(group))[::-1]
        axes.hlines(places, whole, [row.si_sdr_db for row in group], color=colour)
        axes.plot([row.si_sdr_db for row in group], places, "o", color=colour)
        axes.axvline(whole, color="black", linewidth=1, linestyle="--")
        axes.axvline(nothing, color="black", linewidth=1, linestyle=":")
        axes.set_yticks(places, [row.name for row in group], fontsize=9)
        axes.set_ylim(-0.8, len(group) - 0.2)
        axes.set_title(kind.capitalize(), fontsize=11)
        axes.grid(axis="x", alpha=0.3)
    panels[-1].set_xlabel(
        "SI-SDR of the extraction (dB); dashed: all linear slices, dotted: the mixture"
    )
    return figure


def _draw(
    axes: Axes,
    picture: NDArray[np.floating],
    song: CheckedSong,
    title: str,
    unit: str,
    lowest: float,
    highest: float,
    colours: str,
) -> None:
    """Show a picture over seconds and, on a logarithmic scale, Hz."""
    settings, n_windows = song.settings, len(song.mask)
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
    bar: Any = axes.figure
    bar.colorbar(image, ax=axes, label=unit, pad=0.02)
