"""Sounds and pictures in the form that a page can hold: data URIs and base64."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from vocal_separation_sanity_check.sound import Signal, peak_of

LOSSLESS_S = 45.0
"""Up to this length sounds are embedded without loss; five of them take 8 MB."""
MP3_COMPRESSION = 0.5
_BLOCK = 2205
"""Samples of 0.1 s at the working rate."""
_LOUD_FRAMES_DB = -40.0
_MOST_GAIN = 10 ** (24 / 20)


def embedded_sound(signal: NDArray[np.floating], sample_rate_hz: int) -> tuple[str, str]:
    """Encode a sound so that every browser plays it.

    FLAC with 16 bits up to 45 s, MP3 beyond that.

    Parameters
    ----------
    signal : floating, shape (n_samples,)
        In [-1, 1].
    sample_rate_hz : int

    Returns
    -------
    name : str
        Of the encoding, for people.
    data : str
        Base64.
    """
    is_short = len(signal) <= LOSSLESS_S * sample_rate_hz
    memory = BytesIO()
    if is_short:
        soundfile.write(memory, signal, sample_rate_hz, format="FLAC", subtype="PCM_16")
    else:
        with soundfile.SoundFile(
            memory,
            "w",
            sample_rate_hz,
            channels=1,
            format="MP3",
            subtype="MPEG_LAYER_III",
            compression_level=MP3_COMPRESSION,
            bitrate_mode="VARIABLE",
        ) as file:
            file.write(signal)
    return "FLAC" if is_short else "MP3", base64.b64encode(memory.getvalue()).decode("ascii")


def embedded_file(path: Path) -> str:
    """Make a data URI of a PNG file."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def embedded_picture(
    picture: NDArray[np.floating],
    lowest: float,
    highest: float,
    colours: str,
) -> str:
    """Draw a spectrogram without axes, as a PNG with a palette.

    Parameters
    ----------
    picture : floating, shape (n_rows, n_columns)
        The lowest frequency first.
    lowest, highest : float
        Values of the first and the last colour.
    colours : str
        Name of a colour map of matplotlib's.

    Returns
    -------
    str
        Data URI.
    """
    # Both come with matplotlib, which is loaded only where something is drawn.
    import matplotlib as mpl
    from PIL import Image

    levels = np.clip((picture[::-1] - lowest) / (highest - lowest), 0, 1)
    image = Image.fromarray(np.round(levels * 255).astype(np.uint8), mode="P")
    palette = mpl.colormaps[colours](np.arange(256), bytes=True)[:, :3]
    image.putpalette(palette.tobytes())
    memory = BytesIO()
    image.save(memory, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(memory.getvalue()).decode("ascii")


def matched_gains(signals: Sequence[Signal]) -> list[float]:
    """Gains that make all sounds equally loud without any of them clipping.

    Loudness is the RMS of the 0.1 s blocks within 40 dB of the loudest block. No sound is raised
    by more than 24 dB: a null test that worked stays quiet.

    Parameters
    ----------
    signals : sequence of Signal
        Or of float32, shape (n_samples,).

    Returns
    -------
    list of float
        Linear.
    """
    levels = np.array([_loud_rms(signal) for signal in signals])
    peaks = np.array([max(peak_of(signal), 1e-9) for signal in signals])
    heard = levels > levels.max() / _MOST_GAIN
    common = (levels[heard] / peaks[heard]).min()
    gains = np.minimum(common / levels, 1 / peaks)
    return np.minimum(gains, gains[heard].min() * _MOST_GAIN).tolist()


def _loud_rms(signal: Signal) -> float:
    found = []
    for begin in range(0, len(signal), 400 * _BLOCK):
        power = signal[begin : begin + 400 * _BLOCK].astype(np.float64) ** 2
        starts = np.arange(0, len(power), _BLOCK)
        found.append(np.add.reduceat(power, starts) / np.diff(starts, append=len(power)))
    energies = np.concatenate(found)
    loud = energies >= energies.max() * 10 ** (_LOUD_FRAMES_DB / 10)
    return max(float(np.sqrt(energies[loud].mean())), 1e-9)
