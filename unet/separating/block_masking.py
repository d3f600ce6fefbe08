"""Take the vocals out of a sound of any length, block by block.

The network sees a block of windows together with as many neighbours as it can make use of, so the
block's masks are those of the whole song. Every window belongs to one block, and overlapping
windows are added up across blocks. So there are no seams, and the memory that is needed does not
depend on the length.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from unet.front_end import FrontEnd, mid_side
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import HeldChunks
from vocal_separation_sanity_check.spectral import OverlapAdd, hann

BLOCK_IN_CONTEXTS = 8
_TOP_SHARE = 8
_AT_ONCE = 64
"""Windows that are turned back into sound together: they fit into the processor's cache."""


class Masking(ABC):
    """A `SongNetwork` that computes masks for vocals.

    Attributes
    ----------
    front_end : FrontEnd
    context_windows : int
        A window's mask depends on no window further away.
    """

    stems: tuple[str, ...] = ("vocals", "music")
    front_end: FrontEnd
    context_windows: int

    @property
    def sample_rate_hz(self) -> int:
        """As of `SongNetwork`."""
        return self.front_end.sample_rate_hz

    @abstractmethod
    def masks(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Compute the masks of the vocals.

        Parameters
        ----------
        spectra : complex64, shape (n_channels, n_bins, n_windows)
            For a song of unit power, divided by `FrontEnd.norm`.

        Returns
        -------
        float32, shape (n_channels, n_bins, n_windows)
            In [0, 1].

        Raises
        ------
        InputError
            If it cannot be computed.
        MemoryError
            If there is not enough for it.
        """

    def separated(
        self, sound: Iterable[NDArray[np.float32]], n_samples: int, level: float
    ) -> Iterator[NDArray[np.float32]]:
        """As `SongNetwork.separated`."""
        return vocals_of(sound, n_samples, level, self)


def vocals_of(
    sound: Iterable[NDArray[np.float32]], n_samples: int, level: float, network: Masking
) -> Iterator[NDArray[np.float32]]:
    """Separate a stream.

    Parameters
    ----------
    sound : iterable of float32, shape (n, n_channels)
        At the network's sampling rate, in chunks of any length.
    n_samples : int
        Of all chunks together.
    level : float
        Root mean square of the whole sound, over samples and channels.
    network : Masking

    Yields
    ------
    float32, shape (n, n_channels)
        The vocals, as many samples as came in.

    Raises
    ------
    InputError
        If the network gives no numbers: its weights are too large for them.
    """
    front_end, context = network.front_end, network.context_windows
    hop, half = front_end.hop_length, front_end.n_fft // 2
    n_windows, unit = front_end.n_windows(n_samples), level * front_end.norm
    held, held_first = HeldChunks(sound), 0
    window = hann(front_end.n_fft).astype(np.float32)
    total = OverlapAdd(n_samples, window, held.n_channels)
    in_sides = front_end.n_channels == held.n_channels == 2
    for first in range(0, n_windows, BLOCK_IN_CONTEXTS * context):
        last = min(n_windows, first + BLOCK_IN_CONTEXTS * context)
        seen_first, seen_last = max(0, first - context), min(n_windows, last + context)
        begin, end = seen_first * hop - half, (seen_last - 1) * hop + half
        held.take(max(0, begin) - held_first)
        held_first = max(0, begin)
        stretch = np.pad(held.look(end - held_first).T, ((0, 0), (held_first - begin, 0)))
        stretch = (stretch / unit).astype(np.float32)
        spectra = front_end.windows(mid_side(stretch) if in_sides else stretch)
        masked = masked_windows(spectra, slice(first - seen_first, last - seen_first), network)
        for n_done in range(0, last - first, _AT_ONCE):
            frames = front_end.frames(masked[..., n_done : n_done + _AT_ONCE]).swapaxes(0, 1)
            starts = (first + n_done + np.arange(len(frames) + 1)) * hop - half
            is_end = first + n_done + len(frames) == n_windows
            vocals = unit * total.add(frames, starts[:-1], None if is_end else int(starts[-1]))
            if not np.isfinite(vocals).all():
                raise InputError(
                    "the model makes NaN or infinity of this sound; its weights are damaged or far"
                    " too large: take another one, see --model"
                )
            yield (2 * mid_side(vocals) if in_sides else vocals).T


def masked_windows(
    spectra: NDArray[np.complex64], block: slice, network: Masking
) -> NDArray[np.complex64]:
    """Ask the network, and mask a block's windows of every channel.

    Above the bins that the network sees, a window's mask is its mean over the highest eighth of
    those.

    Parameters
    ----------
    spectra : complex64, shape (n_channels, n_fft // 2 + 1, n_windows)
        As the network sees them; where it has another number of channels, it sees their mean, and
        its first mask is for all. The block's windows are overwritten.
    block : slice
        Of the windows.
    network : Masking

    Returns
    -------
    complex64, shape (n_channels, n_fft // 2 + 1, n_block_windows)
    """
    n_channels, n_bins = network.front_end.n_channels, network.front_end.n_bins
    seen = spectra[:, :n_bins]
    is_mean = len(spectra) != n_channels
    if is_mean:
        seen = seen.mean(axis=0, keepdims=True)
        silence = [np.zeros_like(seen)] * (n_channels - 1)
        seen = np.concatenate([seen, *silence])
    masks = network.masks(seen)[: 1 if is_mean else None, :, block]
    masked = spectra[..., block]
    masked[:, :n_bins] *= masks
    masked[:, n_bins:] *= masks[:, -(n_bins // _TOP_SHARE) :].mean(axis=1, keepdims=True)
    return masked
