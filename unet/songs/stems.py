"""Read the stems of a song, from whichever files hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import read_results
from vocal_separation_sanity_check.sound import (
    SAMPLE_RATES_HZ,
    kind_of_path,
    read_mono,
    read_sound,
)
from vocal_separation_sanity_check.spectral import istft, stft

VOCALS = "vocals"
ACCOMPANIMENT = "accompaniment"
_MP4_STREAMS = ("mixture", "drums", "bass", "other", VOCALS)


@dataclass(frozen=True)
class Stems:
    """The sounds of a song.

    Attributes
    ----------
    mixture : float32, shape (n_samples, n_channels)
    sources : mapping of name to float32, shape (n_samples, n_channels)
        The vocals first.
    sample_rate_hz : int
    """

    mixture: NDArray[np.float32]
    sources: dict[str, NDArray[np.float32]]
    sample_rate_hz: int


def read_stem_mp4(path: Path) -> Stems:
    """Read a song of MUSDB18: one file with five streams.

    Parameters
    ----------
    path : Path
        ``SONG.stem.mp4``.

    Returns
    -------
    Stems
        Of vocals, drums, bass and other.

    Raises
    ------
    InputError
        If it cannot be read, or has another number of streams.
    """
    # ffmpeg, which stempeg calls, would take a text for a playlist and read other files.
    if kind_of_path(path) != "mov":
        raise InputError(f"{path.name} is not an MP4 file; is it complete?")
    try:
        import stempeg

        streams, sample_rate_hz = stempeg.read_stems(str(path), dtype=np.float32)
    except ModuleNotFoundError:
        raise
    except Exception as error:  # ffmpeg-python and stempeg raise whatever comes
        raise InputError(
            f"{path.name} cannot be read as five streams (mix, drums, bass, other, vocals):"
            f" {type(error).__name__}; is it complete, and is ffmpeg installed?"
        ) from error
    if streams.ndim != 3 or len(streams) != len(_MP4_STREAMS):
        raise InputError(f"{path.name} holds {len(streams)} streams, wanted {len(_MP4_STREAMS)}")
    by_name = dict(zip(_MP4_STREAMS, np.asarray(streams, np.float32), strict=True))
    sources = {name: by_name[name] for name in (VOCALS, "drums", "bass", "other")}
    return Stems(by_name["mixture"], sources, int(sample_rate_hz))


def read_checked_song(files: Mapping[str, Path]) -> Stems:
    """Read what a check of the engine wrote, and take the fitted mask for the truth.

    Parameters
    ----------
    files : mapping of str to Path
        ``mask``, ``mixture``, and ``results``, which says whether the mask is the music's.

    Returns
    -------
    Stems
        Mono: as vocals what the mask takes out of the mixture, and as accompaniment the rest.

    Raises
    ------
    InputError
        If a file cannot be read, or the two do not belong together.
    """
    mask, settings = read_vocal_mask(files)
    mixture = read_mono(files["mixture"], settings.sample_rate_hz)
    spectrum = stft(mixture, settings)
    if spectrum.shape != mask.shape:
        raise InputError(
            f"{files['mask']} has shape {mask.shape}, its mixture {spectrum.shape};"
            " are they of the same run?"
        )
    vocals = istft(mask * spectrum, len(mixture), settings)
    sources = {VOCALS: vocals[:, None], ACCOMPANIMENT: (mixture - vocals)[:, None]}
    return Stems(mixture[:, None], sources, settings.sample_rate_hz)


def read_vocal_mask(files: Mapping[str, Path]) -> tuple[NDArray[np.float32], Settings]:
    """Read the mask of the vocals: with an instrumental the engine fits the music's.

    Parameters
    ----------
    files : mapping of str to Path
        As in `read_checked_song`.

    Returns
    -------
    mask, settings
        As of `read_mask`.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    mask, settings = read_mask(files["mask"])
    is_music = "results" in files and read_results(files["results"]).get("source") == "music"
    return (1 - mask if is_music else mask), settings


def read_mask(path: Path) -> tuple[NDArray[np.float32], Settings]:
    """Read a mask that the engine fitted.

    Parameters
    ----------
    path : Path
        ``mask.npz``.

    Returns
    -------
    mask : float32, shape (n_bins, n_windows)
    settings : Settings

    Raises
    ------
    InputError
        If it cannot be read, is damaged, or is something else.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            mask = held["mask"].astype(np.float32)
            numbers = [int(held[name]) for name in ("sample_rate_hz", "n_fft", "hop_length")]
            settings = Settings(numbers[0], numbers[1], numbers[2])
    except Exception as error:  # zipfile, zlib and NumPy raise whatever the damage leads to
        raise InputError(f"{path} is not a mask that the engine wrote: {error}") from error
    # A transform or a rate that is far too large would ask for more memory than there is.
    low, high = SAMPLE_RATES_HZ
    is_of_settings = mask.ndim == 2 and len(mask) == settings.n_fft // 2 + 1
    if not is_of_settings or not low <= settings.sample_rate_hz <= high:
        raise InputError(
            f"{path} holds shape {mask.shape} for a transform of {settings.n_fft} samples at"
            f" {settings.sample_rate_hz} Hz, wanted (n_fft // 2 + 1, n_windows) and {low} to {high}"
            " Hz; check the song again"
        )
    if not ((mask >= 0) & (mask <= 1)).all():
        raise InputError(
            f"{path} holds NaN, or is not from 0 to 1 throughout; check the song again"
        )
    return mask, settings


def read_sounds(name: str, files: Mapping[str, Path], wanted: Sequence[str]) -> Stems:
    """Read a song whose stems are files of their own.

    Parameters
    ----------
    name : str
        Of the song, for messages.
    files : mapping of str to Path
        By source; the mixture, where it is there, under ``mixture``.
    wanted : sequence of str
        Sources. The accompaniment, where it has no file, is the mixture without the vocals.

    Returns
    -------
    Stems
        As long as the shortest file.

    Raises
    ------
    InputError
        If a file cannot be read, or they differ in rate, channels, or by over 0.1 s in length.
    """
    sounds = {role: read_sound(path) for role, path in files.items()}
    rates = {sound.sample_rate_hz for sound in sounds.values()}
    shapes = {sound.samples.shape for sound in sounds.values()}
    if len(rates) > 1 or len({n_channels for _, n_channels in shapes}) > 1:
        raise InputError(f"the stems of {name} differ in sampling rate or channels; export again")
    lengths = {n_samples for n_samples, _ in shapes}
    if max(lengths) - min(lengths) > 0.1 * max(rates):
        raise InputError(
            f"the stems of {name} are {sorted(lengths)} samples long, wanted one length"
        )
    arrays = {role: sound.samples[: min(lengths)] for role, sound in sounds.items()}
    if tuple(wanted) == (VOCALS, ACCOMPANIMENT) and ACCOMPANIMENT not in arrays:
        arrays[ACCOMPANIMENT] = arrays["mixture"] - arrays[VOCALS]
    sources = {role: arrays[role] for role in wanted}
    mixture = arrays.get("mixture")
    if mixture is None:
        mixture = np.sum(list(sources.values()), axis=0, dtype=np.float32)
    return Stems(mixture, sources, rates.pop())
