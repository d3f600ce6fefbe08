"""`OpenSound`: a sound file that is open, and the errors that opening and reading share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError

CHUNK = 1 << 17
"""Samples that are read at a time where nothing else is asked for."""
AS_WAV = "export it again as WAV or FLAC"
LOUDEST_PEAK = 1e7
"""Full scale is 1. Whole numbers of 24 bits that somebody took for floats stay below; what is
beyond comes from damaged bits, and its squares are more than single precision holds."""

DType = Literal["float32", "float64"]


@dataclass(frozen=True)
class OpenSound:
    """A sound file that is open, to be read once from its beginning to its end.

    Attributes
    ----------
    name : str
        For messages.
    sample_rate_hz, n_channels : int
    subtype : str
        Encoding of a WAV file that holds the same, see `encodings.wav_subtype`.
    n_promised : int or None
        Samples that the file says it has; None where it does not say.
    read : callable
        Takes the most samples a chunk may have and the type wanted; see `chunks`.
    """

    name: str
    sample_rate_hz: int
    n_channels: int
    subtype: str
    n_promised: int | None
    read: Callable[[int, DType], Iterator[NDArray[np.floating]]]

    def chunks(
        self, n_most: int = CHUNK, dtype: DType = "float64"
    ) -> Iterator[NDArray[np.floating]]:
        """Read to the end, and check that the file held what it promised.

        Parameters
        ----------
        n_most : int
            Samples in a chunk, at most.
        dtype : {"float64", "float32"}
            In float64, integers of 32 bits survive.

        Yields
        ------
        floating, shape (n_samples, n_channels)
            Full scale at 1; files in floating point may go beyond, up to `LOUDEST_PEAK`.

        Raises
        ------
        InputError
            If a sample is NaN, infinite or too large; after the last chunk, if the file was cut
            off.
        """
        n_read = 0
        for chunk in self.read(n_most, dtype):
            if not max(chunk.max(), -chunk.min()) <= LOUDEST_PEAK:
                peaks = np.abs(chunk).max(axis=1)
                at = int(np.argmax(~(peaks <= LOUDEST_PEAK)))
                at_s = (n_read + at) / self.sample_rate_hz
                raise unusable(f"{self.name}, near second {at_s:.0f},", float(peaks[at]))
            n_read += len(chunk)
            yield chunk


def cut_off(name: str) -> InputError:
    """Make the error for a file that ends too early."""
    return InputError(
        f"{name} is damaged or cut off before its end; copy or download it again, or {AS_WAV}"
    )


def not_sound(name: str) -> InputError:
    """Make the error for a file that nothing here can read."""
    return InputError(
        f"{name} is not a sound file: neither libsndfile nor ffmpeg can read it; is it complete?"
        f" If so, {AS_WAV}"
    )


def unusable(name: str, peak: float) -> InputError:
    """Make the error for samples that are NaN, infinite or beyond `LOUDEST_PEAK`."""
    if not np.isfinite(peak):
        return InputError(f"{name} holds NaN or infinity; {AS_WAV}")
    return InputError(
        f"{name} holds a sample of {peak:.2g}, wanted at most {LOUDEST_PEAK:g}, where full scale is"
        f" 1; is the file damaged? If not, turn it down, or {AS_WAV}"
    )


def no_samples(name: str) -> InputError:
    """Make the error for a file without sound."""
    return InputError(f"{name} holds no sound (0 samples); {AS_WAV}")
