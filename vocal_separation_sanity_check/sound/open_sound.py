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

DType = Literal["float32", "float64"]


@dataclass(frozen=True)
class OpenSound:
    """A sound file that is open, to be read once from its beginning to its end.

    Attributes
    ----------
    sample_rate_hz, n_channels : int
    subtype : str
        Encoding of a WAV file that holds the same, see `encodings.wav_subtype`.
    n_promised : int or None
        Samples that the file says it has; None where it does not say.
    read : callable
        Takes the most samples a chunk may have and the type wanted; see `chunks`.
    """

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
            Full scale at 1; files in floating point may go beyond.

        Raises
        ------
        InputError
            After the last chunk, if the file was cut off or only a part of it can be read.
        """
        yield from self.read(n_most, dtype)


def cut_off(name: str) -> InputError:
    """Make the error for a file that ends too early."""
    return InputError(
        f"{name} is damaged or cut off before its end; copy or download it again, or {AS_WAV}"
    )


def not_sound(name: str) -> InputError:
    """Make the error for a file that nothing here can read."""
    return InputError(
        f"{name} is not a sound file: neither libsndfile nor ffmpeg can read it; is it complete,"
        f" and is its extension right? If so, {AS_WAV}"
    )


def not_finite(name: str) -> InputError:
    """Make the error for samples that are NaN or infinite."""
    return InputError(f"{name} holds NaN or infinity; {AS_WAV}")


def no_samples(name: str) -> InputError:
    """Make the error for a file without sound."""
    return InputError(f"{name} holds no sound (0 samples); {AS_WAV}")
