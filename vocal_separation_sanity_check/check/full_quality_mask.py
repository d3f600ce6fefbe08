"""The mask at the song's own rate and for each of its channels: over the whole band.

The check's fit finds, to a hundredth of a decibel, the mask that `spectral.banded_target` over the
mixture's magnitude is. Where the reference's own file is at hand, that mask can be computed for any
rate and any channel, with windows that last as long as the check's; what is matched in each band
is what the check decided. `benchmarks/full_quality.py` measures it.

- **Stereo** is masked as mid and side. The voice stands in the middle of most songs: the side
  holds little of it, and a mask for left or right takes the music's side along with its middle.
- **More channels** have a mask each.
- **A reference that is one signal**, such as a mono acapella, knows nothing of the song's side.
  One mask is then laid over all channels, that of v in m::

      v = sum_c |V_c|,    m = sum_c conj(V_c) M_c / |V_c|

  with the rebuilt reference ``V_c`` and the mixture ``M_c`` in channel c of a bin. It is the mask
  of the middle, and where the song has a channel inverted that of the difference.

Above what the rate of the reference's file lets it hold, each window keeps the share of the
magnitude that the mask keeps in the octave below.

What the reference does not cover, such as an ending that only the song has, goes to the music's
side: nothing is extracted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.check.original_pair import OriginalPair
from vocal_separation_sanity_check.settings import FEWEST_SAMPLES, Settings, Target
from vocal_separation_sanity_check.spectral import (
    InverseStft,
    banded_target,
    n_windows_of,
    stft,
)

WINDOWS_AT_ONCE = 64
_FILLED_SHARE = 0.9
"""Of half its rate: what a file holds above lies in the filters that made that rate."""


def masked_parts(
    pair: OriginalPair, targets: Mapping[str, Target], settings: Settings
) -> Iterator[NDArray[np.float32]]:
    """Take the reference's source out of a song.

    Parameters
    ----------
    pair : OriginalPair
    targets : mapping of str to {"phase-sensitive", "magnitude"}
        See `banded_target`.
    settings : Settings
        Of the check.

    Yields
    ------
    float32, shape (n_samples, n_channels)
        Parts that follow each other, and are together as long as the stretch.
    """
    rate_hz, n_samples = pair.stretch.info.sample_rate_hz, pair.stretch.n_samples
    transform = _at_rate(settings, rate_hz)
    mask = _Mask(pair, targets, transform)
    inverses = [InverseStft(n_samples, transform) for _ in pair.mixtures]
    n_windows = n_windows_of(n_samples, transform.hop_length)
    for first in range(0, n_windows, WINDOWS_AT_ONCE):
        last = min(first + WINDOWS_AT_ONCE, n_windows)
        mixed, own = (
            np.stack([stft(channel, transform, first, last) for channel in channels])
            for channels in (pair.mixtures, pair.references)
        )
        extracted = mask.extracted(mixed, own)
        parts = zip(inverses, extracted, strict=True)
        yield np.stack([inverse.add(spectrum) for inverse, spectrum in parts], axis=1)


def _at_rate(settings: Settings, rate_hz: int) -> Settings:
    """Give windows at another rate that last as long and begin as often."""
    ratio = rate_hz / settings.sample_rate_hz
    n_fft = max(FEWEST_SAMPLES, 2 * round(settings.n_fft * ratio / 2))
    hop_length = min(max(1, round(settings.hop_length * ratio)), n_fft // 2)
    return replace(settings, sample_rate_hz=rate_hz, n_fft=n_fft, hop_length=hop_length)


class _Mask:
    """Masks for the channels of a song, spectra of shape (n_channels, n_bins, n_windows)."""

    def __init__(
        self, pair: OriginalPair, targets: Mapping[str, Target], transform: Settings
    ) -> None:
        self._targets = targets
        self._bin_hz = transform.sample_rate_hz / transform.n_fft
        self._is_one_signal = pair.is_one_signal
        self._is_stereo = len(pair.mixtures) == 2
        n_bins = transform.n_fft // 2 + 1
        self._n_known = n_bins
        if pair.reference_rate_hz < transform.sample_rate_hz:
            top_hz = _FILLED_SHARE * pair.reference_rate_hz / 2
            self._n_known = min(n_bins, 1 + int(top_hz / self._bin_hz))

    def extracted(
        self, mixed: NDArray[np.complex64], own: NDArray[np.complex64]
    ) -> NDArray[np.complex64]:
        """Mask the mixture, by how the reference sounds in it."""
        if self._is_one_signal:
            length, along = np.abs(own), own.conj() * mixed
            np.divide(along, length, out=along, where=length > 0)
            return self._gains(along.sum(axis=0), length.sum(axis=0).astype(own.dtype)) * mixed
        if self._is_stereo:
            mixed, own = _mid_and_side(mixed), _mid_and_side(own)
        channels = zip(mixed, own, strict=True)
        masked = np.stack([self._gains(*channel) * channel[0] for channel in channels])
        return 2 * _mid_and_side(masked) if self._is_stereo else masked

    def _gains(
        self, mixed: NDArray[np.complex64], own: NDArray[np.complex64]
    ) -> NDArray[np.float32]:
        """Mask of a channel, float32 (n_bins, n_windows)."""
        magnitude = np.abs(mixed)
        gains = banded_target(own, mixed, self._targets, self._bin_hz)
        np.divide(gains, magnitude, out=gains, where=magnitude > 0)
        if self._n_known < len(gains):
            octave = slice(self._n_known // 2, self._n_known)
            heard = magnitude[octave]
            kept = (gains[octave] * heard).sum(axis=0)
            gains[self._n_known :] = kept / np.maximum(heard.sum(axis=0), 1e-12)
        return gains


def _mid_and_side(spectra: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Give half the sum and half the difference; of those, doubled, the two channels again."""
    left, right = spectra / 2
    return np.stack([left + right, left - right])
