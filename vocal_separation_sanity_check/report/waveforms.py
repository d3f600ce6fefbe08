"""Waveforms for the eye: the lowest and the highest sample of each column, as a shape."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

MOST_COLUMNS = 4096
"""Enough to look closer; a shape of so many takes some 30 kB."""
HEIGHT = 100
"""Of a sample at full scale, in the units of a shape."""


def peak_columns(chunks: Iterable[NDArray[np.floating]], n_samples: int) -> NDArray[np.float32]:
    """Find the extremes of a sound that comes in pieces.

    Parameters
    ----------
    chunks : iterable of floating, shape (n, n_channels)
    n_samples : int
        Of all chunks together.

    Returns
    -------
    float32, shape (2, n_columns)
        Lowest and highest sample of any channel, in at most `MOST_COLUMNS` columns.
    """
    n_columns = min(MOST_COLUMNS, n_samples)
    extremes = np.zeros((2, n_columns), np.float32)
    extremes[0], extremes[1] = np.inf, -np.inf
    n_seen = 0
    for chunk in chunks:
        chunk = chunk[: n_samples - n_seen]
        if not len(chunk):
            continue
        columns = (n_seen + np.arange(len(chunk))) * n_columns // n_samples
        starts = np.flatnonzero(np.diff(columns, prepend=-1))
        there = columns[starts]
        lowest = np.minimum.reduceat(chunk.min(axis=1), starts)
        highest = np.maximum.reduceat(chunk.max(axis=1), starts)
        extremes[0, there] = np.minimum(extremes[0, there], lowest)
        extremes[1, there] = np.maximum(extremes[1, there], highest)
        n_seen += len(chunk)
    return np.where(np.isfinite(extremes), extremes, 0)


def waveform_path(columns: NDArray[np.float32], highest: float) -> str:
    """Draw the extremes as the path of an SVG, one unit a column wide.

    Parameters
    ----------
    columns : float32, shape (2, n_columns)
        See `peak_columns`.
    highest : float
        What reaches from the middle, 0, to `HEIGHT`.

    Returns
    -------
    str
        Silence is a line one unit high.
    """
    lowest, above = np.round(columns / highest * HEIGHT).astype(int)
    above = np.maximum(above, lowest + 1)
    # Along the upper edge to the right, and back along the lower one; SVG counts downwards.
    edges = [-above, -lowest[::-1]]
    upper, lower = (
        "".join(f"l{step} {rise}" for rise in np.diff(edge))
        for step, edge in zip((1, -1), edges, strict=True)
    )
    return f"M0 {edges[0][0]}{upper}L{len(above) - 1} {edges[1][0]}{lower}z"
