"""Where in a song the voice is."""

from __future__ import annotations

import numpy as np

from vocal_separation_sanity_check.sound import Signal, energies

_FRAME_S = 0.05
_SILENT_BELOW_DB = -30.0
_ENOUGH_S = 0.5


def first_sung_window(voice: Signal, n_window: int, sample_rate_hz: int) -> int:
    """Choose the song's beginning, or where the voice is silent there, the most sung window.

    A frame of 50 ms counts as sung within 30 dB of the loudest one, which leaves out what bleeds
    into an acapella. The beginning is kept if half a second of it is sung.

    Parameters
    ----------
    voice : Signal
    n_window : int
        Length of the window, in samples.
    sample_rate_hz : int

    Returns
    -------
    int
        The window's first sample; the earliest where several are sung as much.
    """
    n_frame = round(_FRAME_S * sample_rate_hz)
    per_window = n_window // n_frame
    power = energies(voice, n_frame)
    if len(power) <= per_window:
        return 0
    sung = power > power.max() * 10 ** (_SILENT_BELOW_DB / 10)
    running = np.concatenate([[0], np.cumsum(sung)])
    in_window = running[per_window:] - running[:-per_window]
    if in_window[0] * _FRAME_S >= _ENOUGH_S:
        return 0
    return int(np.argmax(in_window)) * n_frame
