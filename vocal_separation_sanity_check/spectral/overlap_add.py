"""Frames of a sound added up where they lie, and the window that they are cut out with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST_WEIGHT = 1e-6
"""Squared windows that sum to less than this say nothing; dividing by it would blow up rounding."""


def hann(n_samples: int) -> NDArray[np.float64]:
    """Periodic Hann window, so that shifted copies sum to a constant.

    Parameters
    ----------
    n_samples : int

    Returns
    -------
    float64, shape (n_samples,)
        ``(1 - cos(2 pi k / n_samples)) / 2``.
    """
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_samples) / n_samples)


class OverlapAdd:
    """The sound whose windowed frames are nearest to given ones (Griffin & Lim 1984, eq. 6).

    Frames y_t that begin at samples b_t were cut out with the window w. The sound is::

        x[n] = sum_t w[n - b_t] y_t[n - b_t] / sum_t w[n - b_t]^2

    Frames come in parts, from the first to the last, and samples are given as soon as no frame to
    come can change them.

    Parameters
    ----------
    n_samples : int
        Of the whole sound, which begins with sample 0. What frames have outside is left out.
    window : float32, shape (n_fft,)
    n_channels : int, optional
        None for a sound of shape (n_samples,), else it is (n_channels, n_samples).
    """

    def __init__(
        self, n_samples: int, window: NDArray[np.float32], n_channels: int | None = None
    ) -> None:
        self._n_samples = n_samples
        self._window, self._square = window, window**2
        channels = () if n_channels is None else (n_channels,)
        self._begin: int | None = None
        self._total: NDArray[np.float32] = np.zeros((*channels, 0), np.float32)
        self._weight: NDArray[np.float32] = np.zeros(0, np.float32)

    def add(
        self, frames: NDArray[np.float32], starts: NDArray[np.int64], next_start: int | None
    ) -> NDArray[np.float32]:
        """Take the next frames, and give the samples that they finish.

        Parameters
        ----------
        frames : float32, shape (n_windows, n_fft) or (n_windows, n_channels, n_fft)
            Not windowed yet.
        starts : int64, shape (n_windows,)
            First sample of each, rising; may be negative.
        next_start : int or None
            First sample of the frame that will come next; None after the last.

        Returns
        -------
        float32, shape (n_finished,) or (n_channels, n_finished)
        """
        begin = int(starts[0]) if self._begin is None else self._begin
        n_open, n_held = int(starts[-1]) - begin + len(self._window), len(self._weight)
        total = np.zeros((*self._total.shape[:-1], n_open), np.float32)
        weight = np.zeros(n_open, np.float32)
        total[..., :n_held], weight[:n_held] = self._total, self._weight
        for frame, start in zip(frames, starts - begin, strict=True):
            place = slice(start, start + len(self._window))
            total[..., place] += frame * self._window
            weight[place] += self._square
        n_done = n_open if next_start is None else min(next_start - begin, n_open)
        self._begin = begin + n_done
        self._total, self._weight = total[..., n_done:].copy(), weight[n_done:].copy()
        inside = slice(max(0, -begin), max(0, min(n_done, self._n_samples - begin)))
        return np.asarray(total[..., inside] / np.maximum(weight[inside], _LEAST_WEIGHT))
