"""A matrix over bins and windows as a picture: rows by log frequency, columns by time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral.block import blocks
from vocal_separation_sanity_check.spectral.transform import n_windows_of, stft

LOWEST_HZ = 60.0
N_ROWS = 320
MOST_COLUMNS = 2800
FLOOR_DB = -80.0
TICKS_HZ = (100, 200, 500, 1000, 2000, 5000, 10000)


class SpectrogramPicture:
    """A spectrogram that comes in parts, resampled for the eye.

    Columns narrower than a pixel would hide short sounds, so the loudest of each is kept.

    Parameters
    ----------
    n_bins, n_windows : int
        Of the whole.
    nyquist_hz : float
        Frequency of the last bin.

    Attributes
    ----------
    values : float32, shape (320, at most 2800)
        The lowest frequency, 60 Hz, first; frequency grows by a factor from row to row.
    """

    def __init__(self, n_bins: int, n_windows: int, nyquist_hz: float) -> None:
        rows_hz = np.geomspace(LOWEST_HZ, nyquist_hz, N_ROWS)
        self._rows = np.round(rows_hz / nyquist_hz * (n_bins - 1)).astype(int)
        self._step = -(-n_windows // MOST_COLUMNS)
        self._n_seen = 0
        self.values: NDArray[np.float32] = np.zeros((N_ROWS, -(-n_windows // self._step)), "f4")

    def add(self, values: NDArray[np.floating]) -> None:
        """Add the next windows, floating, not negative, shape (n_bins, n_windows)."""
        columns = (self._n_seen + np.arange(values.shape[1])) // self._step
        starts = np.flatnonzero(np.diff(columns, prepend=-1))
        loudest = np.maximum.reduceat(values[self._rows], starts, axis=1)
        there = columns[starts]
        self.values[:, there] = np.maximum(self.values[:, there], loudest)
        self._n_seen += values.shape[1]


def sound_picture(signal: Signal, settings: Settings) -> NDArray[np.float32]:
    """Draw the magnitudes of a sound, see `SpectrogramPicture`.

    Parameters
    ----------
    signal : Signal or float32, shape (n_samples,)
    settings : Settings

    Returns
    -------
    float32, shape (320, at most 2800)
    """
    n_windows = n_windows_of(len(signal), settings.hop_length)
    picture = SpectrogramPicture(settings.n_fft // 2 + 1, n_windows, settings.sample_rate_hz / 2)
    for block in blocks(n_windows, 0):
        picture.add(np.abs(stft(signal, settings, block.first, block.last)))
    return picture.values


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
