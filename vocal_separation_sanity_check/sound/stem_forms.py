"""Formats of stems: what each can hold, and how a song's samples are brought into it."""

from __future__ import annotations

from dataclasses import dataclass

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.chunk_streams import SoundInfo
from vocal_separation_sanity_check.sound.encodings import BITS, SAMPLE_BYTES

FORMATS = ("wav", "flac", "mp3")
_MOST_CHANNELS = {"flac": 8, "mp3": 2}
_FLAC_MOST_HZ = 655_350
_MP3_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_MP3_MOST_BYTES_A_SECOND = 40_000
_FULL_SCALE = 1 - 2.0**-23
"""Highest sample of 24 bits."""


@dataclass(frozen=True)
class StemForm:
    """How the stems of a song are written.

    Attributes
    ----------
    format : {"wav", "flac", "mp3"}
        And the extension of their names.
    subtype : str
        Encoding of the files, by libsndfile's name.
    steps : str
        Encoding to whose steps samples are rounded, see `split_samples`.
    gain : float
        What the song is multiplied by so that it fits; 1 but for a song beyond full scale in a
        format that ends there.
    n_bytes_most : int
        What a file may take.
    """

    format: str
    subtype: str
    steps: str
    gain: float
    n_bytes_most: int


def stem_form(info: SoundInfo, wanted: str) -> StemForm:
    """Choose how the stems of a song are written.

    WAV holds what the song held. FLAC does up to 24 bits: 32 bits and floating point are rounded
    to that. MP3 has the best of LAME's variable bit rates (V0).

    Parameters
    ----------
    info : SoundInfo
        Of the song.
    wanted : {"wav", "flac", "mp3"}

    Returns
    -------
    StemForm

    Raises
    ------
    InputError
        If the format has no such sampling rate, or not as many channels.
    """
    n_values = info.n_samples * info.n_channels
    if wanted == "wav":
        n_bytes = n_values * SAMPLE_BYTES[info.subtype]
        return StemForm("wav", info.subtype, info.subtype, 1.0, n_bytes)
    if info.n_channels > _MOST_CHANNELS[wanted]:
        raise InputError(
            f"the song has {info.n_channels} channels, and {wanted.upper()} holds"
            f" {_MOST_CHANNELS[wanted]} at most; take --format wav"
        )
    is_mp3 = wanted == "mp3"
    rate_hz = info.sample_rate_hz
    if rate_hz not in _MP3_RATES_HZ if is_mp3 else rate_hz > _FLAC_MOST_HZ:
        others = "flac or wav" if is_mp3 else "wav"
        raise InputError(
            f"the song has {rate_hz} samples a second, which {wanted.upper()} cannot hold; take"
            f" --format {others}"
        )
    gain = 1.0 if info.subtype in BITS else min(1.0, _FULL_SCALE / max(info.peak, _FULL_SCALE))
    if is_mp3:
        n_bytes = round(info.duration_s * _MP3_MOST_BYTES_A_SECOND)
        return StemForm("mp3", "MPEG_LAYER_III", "PCM_24", gain, n_bytes)
    steps = "PCM_16" if BITS.get(info.subtype, 24) <= 16 else "PCM_24"
    return StemForm("flac", steps, steps, gain, n_values * SAMPLE_BYTES[steps])
