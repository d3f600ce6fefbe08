"""A matrix over bins and windows as a picture: rows by log frequency, columns by time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOWEST_HZ = 60.0
N_ROWS = 320
MOST_COLUMNS = 1400
FLOOR_DB = -80.0
TICKS_HZ = (100, 200, 500, 1000, 2000, 5000, 10000)


def picture(values: NDArray[np.floating], nyquist_hz: float) -> NDArray[np.floating]:
    """Resample a spectrogram for the eye.

    Columns narrower than a pixel would hide short sounds, so the loudest of each is kept.

    Parameters
    ----------
    values : floating, shape (n_bins, n_windows)
    nyquist_hz : float
        Frequency of the last bin.

    Returns
    -------
    floating, shape (320, at most 1400)
        The lowest frequency, 60 Hz, first; frequency grows by a factor from row to row.
    """
    n_bins, n_windows = values.shape
    rows_hz = np.geomspace(LOWEST_HZ, nyquist_hz, N_ROWS)
    rows = values[np.round(rows_hz / nyquist_hz * (n_bins - 1)).astype(int)]
    starts = np.arange(0, n_windows, -(-n_windows // MOST_COLUMNS))
    return np.maximum.reduceat(rows, starts, axis=1)


def decibels(magnitude: NDArray[np.floating], reference: float) -> NDArray[np.floating]:
    """``20 log10(magnitude / reference)``, at least -80.

    Parameters
    ----------
    magnitude : floating, any shape
    reference : float
        What has 0 dB.

    Returns
    -------
    floating, shape of `magnitude`
    """
    return 20 * np.log10(np.maximum(magnitude / reference, 10 ** (FLOOR_DB / 20)))


def tick_places(nyquist_hz: float) -> dict[str, float]:
    """Say where the frequencies of an axis lie.

    Parameters
    ----------
    nyquist_hz : float

    Returns
    -------
    dict of str to float
        Share of the height, from below, by label.
    """
    scale = np.log(nyquist_hz / LOWEST_HZ)
    return {
        f"{hz / 1000:g}k" if hz >= 1000 else str(hz): float(np.log(hz / LOWEST_HZ) / scale)
        for hz in TICKS_HZ
        if hz < nyquist_hz
    }
