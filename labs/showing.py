"""What the labs show: pictures of spectrograms, and sounds to play."""

from __future__ import annotations

from html import escape

import numpy as np
from IPython.display import HTML, Audio, display
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""Colours that everybody can tell apart (Okabe & Ito)."""
LONGEST_S = 8.0
FLOOR_DB = -70.0


def spectrogram(
    axes: Axes, magnitude: NDArray[np.floating], sample_rate_hz: int, hop_length: int, title: str
) -> AxesImage:
    """Draw a magnitude spectrogram in decibels under its peak.

    Parameters
    ----------
    axes : Axes
    magnitude : floating, shape (n_bins, n_windows)
    sample_rate_hz, hop_length : int
    title : str

    Returns
    -------
    AxesImage
        For a colour bar.
    """
    level_db = 20 * np.log10(np.maximum(magnitude / magnitude.max(), 10 ** (FLOOR_DB / 20)))
    duration_s = magnitude.shape[1] * hop_length / sample_rate_hz
    image = axes.imshow(
        level_db,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap="cividis",
        vmin=FLOOR_DB,
        vmax=0,
        extent=(0, duration_s, 0, sample_rate_hz / 2000),
    )
    axes.set(title=title, xlabel="time (s)", ylabel="frequency (kHz)")
    return image


def player(title: str, sound: NDArray[np.floating], sample_rate_hz: int) -> None:
    """Show a player of the first seconds of a sound, as loud as it is.

    Parameters
    ----------
    title : str
    sound : floating, shape (n_samples,) or (n_samples, n_channels)
        What is beyond full scale, 1, is cut off.
    sample_rate_hz : int
    """
    part = np.clip(sound[: round(LONGEST_S * sample_rate_hz)].T, -1, 1)
    display(HTML(f"<p>{escape(title)}</p>"))
    display(Audio(part, rate=sample_rate_hz, normalize=False))
