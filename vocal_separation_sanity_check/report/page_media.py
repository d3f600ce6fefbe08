"""Sounds and pictures in the form that a page can hold: data URIs and base64."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from vocal_separation_sanity_check.sound import quiet_decoder, resampled

LOSSLESS_S = 45.0
"""Up to this length sounds are embedded without loss; five of them take 8 MB."""
MP3_COMPRESSION = 0.5
_COLOURS = Path(__file__).with_name("pages")
_AT_ONCE = 1 << 18
"""Samples that are read together."""
_MP3_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


def page_rate_hz(sample_rate_hz: int) -> int:
    """Sampling rate at which a page plays a sound: its own, or one that MP3 has."""
    if sample_rate_hz in _MP3_RATES_HZ:
        return sample_rate_hz
    return 48_000 if sample_rate_hz > 48_000 else 44_100


def embedded_sound(
    chunks: Iterable[NDArray[np.floating]], n_samples: int, n_channels: int, sample_rate_hz: int
) -> tuple[str, bytes]:
    """Encode a sound so that every browser plays it.

    FLAC with 16 bits up to 45 s, MP3 beyond that; more than two channels become one.

    Parameters
    ----------
    chunks : iterable of floating, shape (n, n_channels)
        In [-1, 1].
    n_samples, n_channels : int
    sample_rate_hz : int
        The page plays it at `page_rate_hz`.

    Returns
    -------
    name : str
        Of the encoding, for people.
    content : bytes
    """
    name = "FLAC" if n_samples <= LOSSLESS_S * sample_rate_hz else "MP3"
    form: dict[str, Any] = {"format": name, "subtype": "PCM_16"}
    if name == "MP3":
        form = {
            "format": name,
            "subtype": "MPEG_LAYER_III",
            "compression_level": MP3_COMPRESSION,
            "bitrate_mode": "VARIABLE",
        }
    if n_channels > 2:
        chunks, n_channels = (chunk.mean(axis=1, keepdims=True) for chunk in chunks), 1
    rate_hz = page_rate_hz(sample_rate_hz)
    n_there = -(-n_samples * rate_hz // sample_rate_hz)
    memory = BytesIO()
    with soundfile.SoundFile(memory, "w", rate_hz, n_channels, **form) as file:
        for chunk in resampled(chunks, sample_rate_hz, rate_hz, n_there):
            file.write(chunk)
    return name, memory.getvalue()


def decoded(content: bytes) -> Iterator[NDArray[np.float32]]:
    """Read what `embedded_sound` made, in chunks, float32, shape (n, n_channels)."""
    with quiet_decoder():
        sound = soundfile.SoundFile(BytesIO(content))
    with sound:
        while True:
            with quiet_decoder():
                chunk = sound.read(_AT_ONCE, dtype="float32", always_2d=True)
            if not len(chunk):
                break
            yield chunk


def in_base64(content: bytes) -> str:
    """Give bytes as text that a page can hold."""
    return base64.b64encode(content).decode("ascii")


def embedded_file(path: Path) -> str:
    """Make a data URI of a PNG file."""
    return "data:image/png;base64," + in_base64(path.read_bytes())


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
    colours : {"magma", "cividis"}
        A strip of 256 colours under this name lies beside the pages' templates: matplotlib's, which
        would take longer to load than the page takes to write.

    Returns
    -------
    str
        Data URI.
    """
    # It is loaded only where something is drawn.
    from PIL import Image

    levels = np.clip((picture[::-1] - lowest) / (highest - lowest), 0, 1)
    image = Image.fromarray(np.round(levels * 255).astype(np.uint8), mode="P")
    with Image.open(_COLOURS / f"{colours}.png") as strip:
        image.putpalette(strip.tobytes())
    memory = BytesIO()
    image.save(memory, "PNG", optimize=True)
    return "data:image/png;base64," + in_base64(memory.getvalue())
