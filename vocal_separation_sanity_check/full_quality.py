"""The fitted mask on the original file: its rate, its channels, its length, its bit depth.

The mask's windows are laid over the original at the same moments: window t is centred on the
sample nearest to ``t * hop_length / sample_rate_hz`` seconds, and its transform has as many samples
as last as long, so that bin k means the same frequency and the mask needs only a little
interpolation. The transform back divides by what the windows add up to, wherever they lie.

The mask ends at 11 kHz, and the last kilohertz of it lies in the filter that made the working
rate. **Above 10 kHz the share of the magnitude that the mask keeps between 5 and 10 kHz in the
same window is kept**: sibilants go with the voice, cymbals between them with the music.

What the reference does not cover, such as an ending that only the song has, goes to the music's
side as the mask says of silence: nothing is extracted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
import soundfile
from numpy.typing import NDArray

from vocal_separation_sanity_check.audio import read_sound
from vocal_separation_sanity_check.checked_song import FULL_QUALITY_NAMES, CheckedSong
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import sha256_of
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.signals import Spool
from vocal_separation_sanity_check.sound_streams import BITS, writing_wav

SHARE_BAND_HZ = (5000.0, 10_000.0)
"""Where the share is read off that is kept above."""
WINDOWS_AT_ONCE = 128


def write_full_quality(song: CheckedSong) -> None:
    """Write vocal and music of the original file; they sum to it.

    Parameters
    ----------
    song : CheckedSong

    Raises
    ------
    InputError
        If the original has gone or changed since it was prepared, or a file cannot be written.
    """
    original = _Original.of(song.inputs["original"], song.settings)
    is_vocal = song.findings.source == "vocal"
    names = FULL_QUALITY_NAMES if is_vocal else FULL_QUALITY_NAMES[::-1]
    own, rest = (song.path(name, ".wav") for name in names)
    form = (original.rate_hz, original.n_channels, original.subtype, original.n_samples)
    with writing_wav(own, *form) as write_own, writing_wav(rest, *form) as write_rest:
        for given, extracted in _extracted(original, song.mask, song.settings):
            part, remainder = split(given, extracted, original.subtype)
            write_own(part)
            write_rest(remainder)


def split(
    given: NDArray[Any], extracted: NDArray[np.float32], subtype: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Round an extraction to a file's own numbers, and take it off what was given.

    Parameters
    ----------
    given : int32 or float64, shape (n_samples, n_channels)
        As libsndfile reads it: integers fill the 32 bits from above.
    extracted : float32, shape (n_samples, n_channels)
        Full scale at 1.
    subtype : str
        libsndfile's name of the encoding.

    Returns
    -------
    part, remainder : dtype and shape of `given`
        Integers sum to `given` exactly; neither clips.
    """
    if subtype not in BITS:
        part = extracted.astype(given.dtype)
        if subtype == "FLOAT":
            part, given = part.astype(np.float32), given.astype(np.float32)
        return part, given - part
    shift = 32 - BITS[subtype]
    whole = given.astype(np.int64) >> shift
    full = 1 << (BITS[subtype] - 1)
    rounded = np.rint(extracted.astype(np.float64) * full).astype(np.int64)
    # Where the rest would not fit in the file's range, the extraction gives way.
    lowest, highest = np.maximum(-full, whole - full + 1), np.minimum(full - 1, whole + full)
    rounded = np.clip(rounded, lowest, highest)
    return (
        (rounded << shift).astype(np.int32),
        ((whole - rounded) << shift).astype(np.int32),
    )


@dataclass(frozen=True)
class _Original:
    """The stretch of a file that a prepared mixture came from."""

    sound: soundfile.SoundFile | NDArray[np.float32]
    rate_hz: int
    n_channels: int
    subtype: str
    begin: int
    n_samples: int

    @classmethod
    def of(cls, facts_path: Path, settings: Settings) -> _Original:
        facts = json.loads(facts_path.read_text(encoding="utf-8"))
        path = Path(facts["file"])
        if not path.is_file() or sha256_of(path) != facts["sha256"]:
            raise InputError(
                f"{path} has {'changed' if path.is_file() else 'gone'} since it was prepared; run"
                " python prepare_audio_files.py"
            )
        try:
            file = soundfile.SoundFile(path)
            rate_hz, n_channels, n_whole = file.samplerate, file.channels, file.frames
            subtype = file.subtype if file.subtype in (*BITS, "DOUBLE") else "FLOAT"
            subtype = "PCM_16" if file.subtype == "PCM_S8" else subtype
            sound: soundfile.SoundFile | NDArray[np.float32] = file
        except soundfile.LibsndfileError:
            read = read_sound(path)
            rate_hz, (n_whole, n_channels) = read.sample_rate_hz, read.samples.shape
            subtype, sound = "FLOAT", read.samples
        begin, n_samples = 0, n_whole
        if facts["clip_start_s"] is not None:
            begin = round(facts["clip_start_s"] * rate_hz)
            n_samples = min(round(settings.clip_s * rate_hz), n_whole - begin)
        return cls(sound, rate_hz, n_channels, subtype, begin, n_samples)

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Samples from `first` up to `last` of the stretch, int32 or float, (n, n_channels)."""
        if isinstance(self.sound, np.ndarray):
            return self.sound[self.begin + first : self.begin + last]
        kind = "int32" if self.subtype in BITS else "float64"
        self.sound.seek(self.begin + first)
        return np.asarray(self.sound.read(last - first, dtype=kind, always_2d=True))


def _extracted(
    original: _Original, mask: Spool, settings: Settings
) -> Iterator[tuple[NDArray[Any], NDArray[np.float32]]]:
    """The original as it came and what the mask takes of it, stretch by stretch."""
    ratio = original.rate_hz / settings.sample_rate_hz
    half = max(1, round(settings.n_fft * ratio / 2))
    n_fft = 2 * half
    window = (0.5 - 0.5 * np.cos(np.pi * np.arange(n_fft) / half)).astype(np.float32)
    square = window**2
    n_windows = 2 + int(original.n_samples / (settings.hop_length * ratio))
    centres = np.rint(np.arange(n_windows + 1) * settings.hop_length * ratio).astype(int)
    bins = _Bins(half + 1, original.rate_hz, settings)
    shape = (int(np.diff(centres).max()) * WINDOWS_AT_ONCE + n_fft, original.n_channels)
    open_sum, open_weight = np.zeros(shape, np.float32), np.zeros(shape[0], np.float32)
    begin = -half
    for first in range(0, n_windows, WINDOWS_AT_ONCE):
        last = min(first + WINDOWS_AT_ONCE, n_windows)
        places = centres[first:last] - half - begin
        sound = _as_float(_padded(original, begin, begin + places[-1] + n_fft))
        frames = np.stack([sound[place : place + n_fft].T for place in places]) * window
        spectra = scipy.fft.rfft(frames, axis=2)
        rows = _rows(mask, first, last, settings.n_fft // 2 + 1)
        spectra *= bins.gains(rows, np.abs(spectra).sum(1))[:, None]
        back = scipy.fft.irfft(spectra, n_fft, axis=2) * window
        for place, frame in zip(places, back, strict=True):
            open_sum[place : place + n_fft] += frame.T
            open_weight[place : place + n_fft] += square
        n_done = min(int(centres[last]) - half, original.n_samples) - begin
        if last == n_windows:
            n_done = original.n_samples - begin
        skipped = max(0, -begin)
        if n_done > skipped:
            weight = np.maximum(open_weight[skipped:n_done, None], 1e-6)
            given = original.read(begin + skipped, begin + n_done)
            yield given, np.asarray(open_sum[skipped:n_done] / weight, np.float32)
        for sums in (open_sum, open_weight):
            sums[: len(sums) - n_done] = sums[n_done:].copy()
            sums[len(sums) - n_done :] = 0
        begin += n_done


def _rows(mask: Spool, first: int, last: int, n_bins: int) -> NDArray[np.float32]:
    """Rows of the mask; the last holds for one window more, and then there is nothing."""
    rows = np.zeros((last - first, n_bins), np.float32)
    known = mask.rows(first, min(last, len(mask))) if first < len(mask) else rows[:0]
    rows[: len(known)] = known
    if first <= len(mask) < last:
        rows[len(mask) - first] = mask.rows(len(mask) - 1, len(mask))
    return rows


class _Bins:
    """The mask's bins on those of another rate."""

    def __init__(self, n_bins: int, rate_hz: int, settings: Settings) -> None:
        frequency_hz = np.arange(n_bins) * rate_hz / (2 * (n_bins - 1))
        low_hz, high_hz = SHARE_BAND_HZ
        place = np.minimum(frequency_hz, high_hz) * settings.n_fft / settings.sample_rate_hz
        self._below = place.astype(int)
        self._rest = (place - self._below).astype(np.float32)
        self._above = frequency_hz > high_hz
        self._band = (frequency_hz >= low_hz) & ~self._above

    def gains(
        self, rows: NDArray[np.float32], magnitude: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """Mask rows (n_windows, n_mask_bins) to gains of the shape of `magnitude`."""
        gains = rows[:, self._below] * (1 - self._rest) + rows[:, self._below + 1] * self._rest
        if self._above.any():
            heard = magnitude[:, self._band]
            kept = (gains[:, self._band] * heard).sum(1) / np.maximum(heard.sum(1), 1e-12)
            gains[:, self._above] = kept[:, None]
        return gains.astype(np.float32)


def _as_float(samples: NDArray[Any]) -> NDArray[np.float32]:
    scale = 2.0**-31 if samples.dtype == np.int32 else 1.0
    return (samples * scale).astype(np.float32)


def _padded(original: _Original, first: int, last: int) -> NDArray[Any]:
    """Samples with zeros where the stretch has none."""
    begin, end = max(0, first), max(0, min(last, original.n_samples))
    some = original.read(begin, end) if end > begin else original.read(0, 0)
    return np.pad(some, ((begin - first, last - begin - len(some)), (0, 0)))
