"""Arrays to figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.separation import Separation
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectrogram import stft

BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""Told apart by colour-blind readers (Okabe & Ito 2008)."""
FLOOR_DB = -80.0
LOWEST_HZ = 60.0
N_ROWS = 320
MOST_COLUMNS = 1400
TICKS_HZ = (100, 200, 500, 1000, 2000, 5000, 10000)
DPI = 110

mpl.rcParams.update({"font.size": 11, "axes.titlesize": 12, "axes.titlelocation": "left"})


def save(figure: Figure, path: Path) -> None:
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


def loss_figure(separation: Separation) -> Figure:
    """Draw the loss by step, beside the loss of the ideal masks.

    Parameters
    ----------
    separation : Separation

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(7, 4.4))
    axes = figure.subplots()
    figure.subplots_adjust(left=0.15, right=0.98, bottom=0.12, top=0.92)
    loss = separation.fit.loss
    axes.semilogy(np.arange(len(loss)), loss, "o-", color=BLUE, label="fitted mask")
    lowest = loss[loss > 0].min() / 10
    for name, label, colour, style in (
        ("irm1", "ideal ratio mask, magnitudes (IRM1)", ORANGE, ":"),
        ("irm2", "ideal ratio mask, powers (IRM2)", GREEN, "--"),
        ("psm", "ideal phase-sensitive mask (PSM)", PURPLE, "-."),
    ):
        level = separation.loss_of_ideal[name]
        below = f" {level:.0e}, below the axis" if level < lowest else ""
        axes.axhline(max(level, lowest), color=colour, linestyle=style, label=label + below)
    axes.set_ylim(lowest / 2, None)
    axes.set_xlabel("step")
    axes.set_ylabel("distance of the fingerprints\n(squared, relative to the target)")
    axes.set_title(f"The {separation.source}'s fingerprint, approached by the masked mix")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize=9, loc="upper right")
    return figure


def spectrogram_figure(
    mixture: NDArray[np.float32], separation: Separation, settings: Settings
) -> Figure:
    """Draw mixture, target, extraction, the rest, and the mask.

    Parameters
    ----------
    mixture : float32, shape (n_samples,)
    separation : Separation
    settings : Settings

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(8, 13))
    panels = figure.subplots(5, 1, sharex=True)
    # Fixed margins: an automatic layout draws everything twice, a second of a run's four.
    figure.subplots_adjust(left=0.1, right=1.0, bottom=0.04, top=0.98, hspace=0.18)
    signals = {
        "Original mixture": mixture,
        f"Target {separation.source} (given)": separation.reference,
        "Extracted vocal": separation.vocal,
        "Music": separation.music,
    }
    reference = float(np.abs(stft(mixture, settings)).max())
    for axes, (title, signal) in zip(panels, signals.items(), strict=False):
        magnitude = np.abs(stft(signal, settings))
        decibels = 20 * np.log10(np.maximum(magnitude / reference, 10 ** (FLOOR_DB / 20)))
        _draw(axes, decibels, settings, title, "dB re mixture's peak", FLOOR_DB, 0, "magma")
    _draw(panels[4], separation.fit.mask, settings, "Mask", "share kept", 0, 1, "cividis")
    panels[4].set_xlabel("time (s)")
    return figure


def _draw(
    axes: Axes,
    values: NDArray[np.floating],
    settings: Settings,
    title: str,
    unit: str,
    lowest: float,
    highest: float,
    colours: str,
) -> None:
    """Show a matrix over seconds and, on a logarithmic scale, Hz."""
    n_bins, n_windows = values.shape
    nyquist_hz = settings.sample_rate_hz / 2
    rows_hz = np.geomspace(LOWEST_HZ, nyquist_hz, N_ROWS)
    rows = values[np.round(rows_hz / nyquist_hz * (n_bins - 1)).astype(int)]
    # Drawn columns narrower than a pixel would hide short sounds: keep the loudest of each.
    per_column = -(-n_windows // MOST_COLUMNS)
    starts = np.arange(0, n_windows, per_column)
    shown = np.maximum.reduceat(rows, starts, axis=1)
    half_window_s = settings.hop_length / settings.sample_rate_hz / 2
    end_s = n_windows * settings.hop_length / settings.sample_rate_hz - half_window_s
    image = axes.imshow(
        shown,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(-half_window_s, end_s, 0, N_ROWS),
        cmap=colours,
        vmin=lowest,
        vmax=highest,
    )
    ticks = [hz for hz in TICKS_HZ if hz < nyquist_hz]
    places = np.log(np.array(ticks) / LOWEST_HZ) / np.log(nyquist_hz / LOWEST_HZ) * N_ROWS
    axes.set_yticks(places, [f"{hz / 1000:g}k" if hz >= 1000 else str(hz) for hz in ticks])
    axes.set_ylabel("frequency (Hz)")
    axes.set_title(title)
    bar: Any = axes.figure
    bar.colorbar(image, ax=axes, label=unit, pad=0.02)
