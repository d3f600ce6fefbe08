"""Spectrograms of stems, kept on disk so that training need not compute them in every epoch.

The Fourier transform is linear, so stems can be mixed, inverted and equalised as spectrograms. A
change of speed cannot be made of a spectrogram, so every song is kept at a few speeds.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from unet.front_end import FrontEnd, mid_side
from unet.songs.refusals import fault_of_check, fault_of_sound
from unet.songs.song_folders import Song
from unet.songs.stems import ACCOMPANIMENT, VOCALS, read_vocal_mask
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import printable

SPEEDS = (1.0, 0.82, 0.91, 1.1, 1.22)
"""Pitch and tempo change together, as a tape's do; the first is the original."""

MANY_SONGS = 10
"""An artist with more songs than this gives each at one speed only; there is variety enough."""

_FORMAT = 2


@dataclass(frozen=True)
class CachedSong:
    """The spectrograms of one song at one speed.

    Attributes
    ----------
    song : Song
    speed : float
    path : Path
        A ``.npy`` of float16, shape (n_sources, n_channels, n_windows, n_bins, 2): real and
        imaginary part, for a mixture of unit power and divided by `FrontEnd.norm`.
    n_windows : int
    n_bins_known : int
        The recording holds nothing above this bin, because of its sampling rate.
    """

    song: Song
    speed: float
    path: Path
    n_windows: int
    n_bins_known: int

    def read(self, first: int, n_windows: int, source: str) -> torch.Tensor:
        """Read a stretch of one source.

        Parameters
        ----------
        first, n_windows : int
            Beyond the song are zeros.
        source : str

        Returns
        -------
        complex64, shape (n_channels, n_bins, n_windows)
        """
        held = np.load(self.path, mmap_mode="r")
        part = held[self.song.sources.index(source), :, first : first + n_windows]
        spectrum = torch.view_as_complex(torch.from_numpy(np.array(part)).float())
        missing = n_windows - spectrum.shape[1]
        if missing:
            spectrum = torch.nn.functional.pad(spectrum, (0, 0, 0, missing))
        return spectrum.mT


def cache_songs(
    songs: Sequence[Song], front_end: FrontEnd, speeds: Sequence[float], folder: Path, label: str
) -> list[CachedSong]:
    """Transform songs that are not in the cache yet.

    Parameters
    ----------
    songs : sequence of Song
    front_end : FrontEnd
    speeds : sequence of float
    folder : Path
        Of the cache; it can be deleted at any time.
    label : str
        Of the progress bar.

    Returns
    -------
    list of CachedSong
        Without those that are not to be learnt from (`refusals.py`); a line names each.

    Raises
    ------
    InputError
        If a song cannot be read, or none is left.
    """
    return _some(_cached(songs, front_end, speeds, folder, label), songs)


def cache_training_songs(
    songs: Sequence[Song], front_end: FrontEnd, folder: Path
) -> list[CachedSong]:
    """Transform songs to learn from, at all `SPEEDS` where their artist has `MANY_SONGS` or fewer.

    Parameters
    ----------
    songs : sequence of Song
    front_end : FrontEnd
    folder : Path
        As in `cache_songs`.

    Returns
    -------
    list of CachedSong

    Raises
    ------
    InputError
        As `cache_songs`.
    """
    n_songs = Counter(song.artist for song in songs)
    few = [song for song in songs if n_songs[song.artist] <= MANY_SONGS]
    many = [song for song in songs if n_songs[song.artist] > MANY_SONGS]
    cached = _cached(few, front_end, SPEEDS, folder, "songs") if few else []
    cached += _cached(many, front_end, (1.0,), folder, "clips") if many else []
    return _some(cached, songs)


def _cached(
    songs: Sequence[Song], front_end: FrontEnd, speeds: Sequence[float], folder: Path, label: str
) -> list[CachedSong]:
    cached = []
    for song in tqdm(songs, label, unit="song", disable=None):
        missing = [s for s in speeds if not _facts_path(song, front_end, s, folder).exists()]
        if missing:
            _transform(song, front_end, missing, folder)
        for speed in speeds:
            path = _facts_path(song, front_end, speed, folder)
            facts = json.loads(path.read_text(encoding="utf-8"))
            fault = facts.pop("fault")
            if not fault:
                cached.append(CachedSong(song, speed, path.with_suffix(".npy"), **facts))
        if fault:
            _tell(f"left out: {song.name}: {fault}")
    return cached


def _some(cached: list[CachedSong], songs: Sequence[Song]) -> list[CachedSong]:
    if not cached:
        raise InputError(
            f"all {len(songs)} songs are left out, as told above; is it the right folder?"
        )
    return cached


def _tell(line: str) -> None:
    from unet.training import is_first_process  # which loads Lightning

    if is_first_process():
        tqdm.write(f"  {printable(line)}")


def _facts_path(song: Song, front_end: FrontEnd, speed: float, folder: Path) -> Path:
    """Name the file of a song's facts: a digest of all that its spectrograms depend on."""
    try:
        states = [(str(path), path.stat()) for _, path in song.files]
    except OSError as error:  # it was there when the folder was looked through
        raise InputError(f"cannot read {error.filename}: {error.strerror}") from error
    stats = [(path, state.st_size, state.st_mtime_ns) for path, state in states]
    key = json.dumps([_FORMAT, stats, asdict(front_end), speed])
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"


def _transform(song: Song, front_end: FrontEnd, speeds: Sequence[float], folder: Path) -> None:
    fault, stems = fault_of_check(song), None
    if not fault:
        stems = song.read()
        fault = fault_of_sound(song, stems)
    for speed in speeds:
        path = _facts_path(song, front_end, speed, folder)
        facts: dict[str, Any] = {"fault": fault, "n_windows": 0, "n_bins_known": front_end.n_bins}
        if stems is not None and not fault:
            mixture = np.sum(list(stems.sources.values()), axis=0)
            level = float(np.sqrt(np.mean(mixture**2)))
            spectra = _spectra(song, stems.sources, stems.sample_rate_hz, speed, front_end)
            spectra /= level * front_end.norm
            held = np.stack([spectra.real, spectra.imag], axis=-1).astype(np.float16)
            held = np.ascontiguousarray(held.transpose(0, 1, 3, 2, 4))
            with replacing(path.with_suffix(".npy")) as temporary:
                np.save(temporary, held)
            highest_hz = min(1.0, speed) * stems.sample_rate_hz / 2
            bin_hz = front_end.sample_rate_hz / front_end.n_fft
            # A resampler's filter rolls off before the Nyquist frequency.
            known = int(0.95 * highest_hz / bin_hz) if highest_hz < 20000 else front_end.n_bins
            facts["n_windows"] = held.shape[2]
            facts["n_bins_known"] = min(known, front_end.n_bins)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(facts), encoding="utf-8")


def _spectra(
    song: Song,
    sources: dict[str, NDArray[np.float32]],
    sample_rate_hz: int,
    speed: float,
    front_end: FrontEnd,
) -> NDArray[np.complex64]:
    """Spectrograms, shape (n_sources, n_channels, n_bins, n_windows)."""
    if song.layout == "engine" and speed == 1 and front_end.n_channels == 1:
        mask, settings = read_vocal_mask(dict(song.files))
        same = ("sample_rate_hz", "n_fft", "hop_length")
        if all(getattr(settings, name) == getattr(front_end, name) for name in same):
            mixture = _spectrum(sum(sources.values()), sample_rate_hz, 1, front_end)  # type: ignore[arg-type]
            n_windows = min(mask.shape[1], mixture.shape[-1])  # ours has one for the last bit
            mask, mixture = mask[: front_end.n_bins, :n_windows], mixture[..., :n_windows]
            return np.stack([mask * mixture, (1 - mask) * mixture])
    assert tuple(sources) == song.sources, (VOCALS, ACCOMPANIMENT)
    return np.stack([_spectrum(x, sample_rate_hz, speed, front_end) for x in sources.values()])


def _spectrum(
    sound: NDArray[np.float32], sample_rate_hz: int, speed: float, front_end: FrontEnd
) -> NDArray[np.complex64]:
    """Spectrogram of one source, shape (n_channels, n_bins, n_windows)."""
    # Fewer samples, played at the same rate, sound higher and go by faster.
    wanted_hz = front_end.sample_rate_hz / speed
    if wanted_hz != sample_rate_hz:
        sound = soxr.resample(sound, sample_rate_hz, wanted_hz, quality="HQ")
    channels = np.ascontiguousarray(sound.T, np.float32)
    if front_end.n_channels == 1:
        channels = channels.mean(axis=0, keepdims=True)
    elif len(channels) == 2:
        channels = mid_side(channels)
    else:
        channels = np.stack([channels.mean(axis=0), np.zeros_like(channels[0])])
    return front_end.stft(channels)[:, : front_end.n_bins]
