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

from collections.abc import Iterator

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from vocal_separation_sanity_check.check.original_files import OriginalStretch
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import FULL_QUALITY_NAMES, CheckedSong, read_original
from vocal_separation_sanity_check.sound import (
    HeldChunks,
    Spool,
    opened,
    split_samples,
    writing_wav,
)
from vocal_separation_sanity_check.spectral import OverlapAdd, hann

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
    named = read_original(song.job.prepared, song.job.workspace)
    original = OriginalStretch.of(named, song.settings)
    is_vocal = song.findings.source == "vocal"
    names = FULL_QUALITY_NAMES if is_vocal else FULL_QUALITY_NAMES[::-1]
    own, rest = (song.path(name, ".wav") for name in names)
    info = original.info
    form = (info.sample_rate_hz, info.n_channels, info.subtype, original.n_samples)
    with (
        opened(original.path) as sound,
        writing_wav(own, *form) as write_own,
        writing_wav(rest, *form) as write_rest,
        named.mixture.unchanged(),
    ):
        samples = HeldChunks(sound.chunks())
        samples.take(original.begin)
        for given, extracted in _extracted(original, samples, song.mask, song.settings):
            part, remainder = split_samples(given, extracted, info.subtype)
            write_own(part)
            write_rest(remainder)


def _extracted(
    original: OriginalStretch, samples: HeldChunks, mask: Spool, settings: Settings
) -> Iterator[tuple[NDArray[np.floating], NDArray[np.float32]]]:
    """Give the original as it came and what the mask takes of it, both (n_samples, n_channels)."""
    sample_rate_hz, n_samples = original.info.sample_rate_hz, original.n_samples
    ratio = sample_rate_hz / settings.sample_rate_hz
    half = max(1, round(settings.n_fft * ratio / 2))
    window = hann(2 * half).astype(np.float32)
    total = OverlapAdd(n_samples, window, original.info.n_channels)
    n_windows = 2 + int(n_samples / (settings.hop_length * ratio))
    centres = np.rint(np.arange(n_windows + 1) * settings.hop_length * ratio).astype(int)
    bins = _Bins(half + 1, sample_rate_hz, settings)
    n_given = 0
    for first in range(0, n_windows, WINDOWS_AT_ONCE):
        last = min(first + WINDOWS_AT_ONCE, n_windows)
        starts = centres[first:last] - half
        n_ahead = int(starts[-1]) + 2 * half - n_given
        # Where the stretch ends in the middle of the file, silence follows here as well.
        ahead = samples.look(min(n_ahead, n_samples - n_given)).astype(np.float32)
        n_lead = n_given - int(starts[0])
        sound = np.pad(ahead, ((n_lead, n_ahead - len(ahead)), (0, 0)))
        frames = np.stack([sound[b : b + 2 * half].T for b in starts - starts[0]])
        spectra = scipy.fft.rfft(frames * window, axis=2)
        rows = _mask_rows(mask, first, last, settings.n_fft // 2 + 1)
        spectra *= bins.gains(rows, np.abs(spectra).sum(1))[:, None]
        next_start = None if last == n_windows else int(centres[last]) - half
        back = np.asarray(scipy.fft.irfft(spectra, 2 * half, axis=2), np.float32)
        extracted = total.add(back, starts, next_start).T
        n_given += len(extracted)
        yield samples.take(len(extracted)), extracted


def _mask_rows(mask: Spool, first: int, last: int, n_bins: int) -> NDArray[np.float32]:
    """Give the mask of the windows from `first` up to `last`, one a row.

    The original may be longer than the mask: its last window is then used once more, so that no
    half of a window fades out, and what follows is masked by zeros.
    """
    rows = np.zeros((last - first, n_bins), np.float32)
    known = mask.rows(first, min(last, len(mask))) if first < len(mask) else rows[:0]
    rows[: len(known)] = known
    if first <= len(mask) < last:
        rows[len(mask) - first] = mask.rows(len(mask) - 1, len(mask))
    return rows


class _Bins:
    """The mask's bins on those of another rate."""

    def __init__(self, n_bins: int, sample_rate_hz: int, settings: Settings) -> None:
        frequency_hz = np.arange(n_bins) * sample_rate_hz / (2 * (n_bins - 1))
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
