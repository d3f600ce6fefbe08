"""Songs that nothing right can be learnt from: why not."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from unet.songs.song_folders import Song
from unet.songs.stems import VOCALS, Stems
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import read_results
from vocal_separation_sanity_check.sound import read_mono
from vocal_separation_sanity_check.spectral import stft

SILENT_DB = -60.0
"""Beside the mixture: what is fainter is silent."""
MOST_ELSEWHERE = 0.15
"""Share of a vocal that may be where its mixture has less than half as much: where music cancels
it. Of 94 songs of MUSDB18 and 255 clips of MIR-1K it is 0.06 at most, and 0.27 at least with song
and vocal swapped."""


def fault_of_check(song: Song) -> str:
    """Say why results of the engine are not to be learnt from; empty where they are.

    Parameters
    ----------
    song : Song

    Returns
    -------
    str
    """
    if song.layout != "engine":
        return ""
    files = dict(song.files)
    if "results" not in files:
        return "its check was not finished"
    try:
        facts = read_results(files["results"])
    except InputError:
        return "its results.json is damaged; check it again"
    return "" if facts["is_placed"] else "its reference was not lined up with it"


def fault_of_sound(song: Song, stems: Stems) -> str:
    """Say why the stems of a song are not to be learnt from; empty where they are.

    Parameters
    ----------
    song : Song
    stems : Stems
        What it was read as.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    vocals, mixture = stems.sources[VOCALS].mean(axis=1), stems.mixture.mean(axis=1)
    if not mixture.any():
        return "it is silent"
    if _level_db(vocals, mixture) < SILENT_DB:
        return "its vocal is silent"
    if _level_db(mixture - vocals, mixture) < SILENT_DB:
        return "its vocal is all of it: are both the same file?"
    given = dict(song.files).get("reference")
    reference = vocals if given is None else read_mono(given, stems.sample_rate_hz)
    if share_elsewhere(reference, mixture, stems.sample_rate_hz) > MOST_ELSEWHERE:
        return "its vocal holds what the song does not: are the two swapped?"
    return ""


def share_elsewhere(
    vocal: NDArray[np.float32], mixture: NDArray[np.float32], sample_rate_hz: int
) -> float:
    """Share of a vocal's power that lies where its mixture has less than half its magnitude.

    Parameters
    ----------
    vocal, mixture : float32, shape (n_samples,)
    sample_rate_hz : int

    Returns
    -------
    float
        0 to 1; a vocal that sounds in its mixture is missing only where music cancels it.
    """
    settings = Settings(sample_rate_hz=sample_rate_hz)
    n_samples = min(len(vocal), len(mixture))
    own, whole = (np.abs(stft(sound[:n_samples], settings)) for sound in (vocal, mixture))
    power = own**2
    return float(power[own > 2 * whole].sum() / max(power.sum(), np.finfo(np.float32).tiny))


def _level_db(sound: NDArray[np.float32], beside: NDArray[np.float32]) -> float:
    power, other = (float(np.mean(np.square(each, dtype=np.float64))) for each in (sound, beside))
    tiny = float(np.finfo(float).tiny)
    return 10 * math.log10(max(power, tiny) / max(other, tiny))
