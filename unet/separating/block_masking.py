"""Take the vocals out of a sound of any length, block by block.

The network sees a block of windows together with as many neighbours as it can make use of, so the
block's masks are those of the whole song. Every window belongs to one block, and overlapping
windows are added up across blocks. So there are no seams, and the memory that is needed does not
depend on the length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from unet.front_end import mid_side
from unet.separating.song_network import SongNetwork
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import HeldChunks
from vocal_separation_sanity_check.spectral import OverlapAdd, hann

BLOCK_IN_CONTEXTS = 8
_TOP_SHARE = 8


def vocals_of(
    sound: Iterable[NDArray[np.float32]], n_samples: int, level: float, network: SongNetwork
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
    network : SongNetwork

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
    n_windows = front_end.n_windows(n_samples)
    held, held_first = HeldChunks(sound), 0
    window = hann(front_end.n_fft).astype(np.float32)
    total = OverlapAdd(n_samples, window, held.n_channels)
    for first in range(0, n_windows, BLOCK_IN_CONTEXTS * context):
        last = min(n_windows, first + BLOCK_IN_CONTEXTS * context)
        seen_first, seen_last = max(0, first - context), min(n_windows, last + context)
        begin, end = seen_first * hop - half, (seen_last - 1) * hop + half
        held.take(max(0, begin) - held_first)
        held_first = max(0, begin)
        stretch = np.pad(held.look(end - held_first).T, ((0, 0), (held_first - begin, 0)))
        spectra = front_end.windows(stretch.astype(np.float32))
        block = slice(first - seen_first, last - seen_first)
        masked = _masked(spectra, block, level, network)
        frames = front_end.frames(masked).swapaxes(0, 1)
        starts = np.arange(first, last + 1) * hop - half
        next_start = None if last == n_windows else int(starts[-1])
        vocals = total.add(frames, starts[:-1], next_start).T
        if not np.isfinite(vocals).all():
            raise InputError(
                "the model makes NaN or infinity of this sound; its weights are damaged or far too"
                " large: take another one, see --model"
            )
        yield vocals


def _masked(
    spectra: NDArray[np.complex64], block: slice, level: float, network: SongNetwork
) -> NDArray[np.complex64]:
    """Ask the network, and mask the block's windows of every channel."""
    sees_sides = network.front_end.n_channels == 2
    if sees_sides and len(spectra) == 2:
        sides = mid_side(spectra)
        mid, side = sides[..., block] * masks_of(sides, level, network)[..., block]
        return np.stack((mid + side, mid - side))
    mono = spectra.mean(axis=0, keepdims=True)
    if sees_sides:
        mono = np.concatenate([mono, np.zeros_like(mono)])
    return np.asarray(spectra[..., block] * masks_of(mono, level, network)[:1, :, block])


def masks_of(
    spectra: NDArray[np.complex64], level: float, network: SongNetwork
) -> NDArray[np.float32]:
    """Masks of the vocals for all bins.

    Above the bins that the network sees, a window's mask is its mean over the highest eighth of
    those.

    Parameters
    ----------
    spectra : complex64, shape (n_channels, n_fft // 2 + 1, n_windows)
        Of the channels that the network sees: mono, or mid and side.
    level : float
        As in `vocals_of`.
    network : SongNetwork

    Returns
    -------
    float32, shape (n_channels, n_fft // 2 + 1, n_windows)
    """
    n_bins, norm = network.front_end.n_bins, network.front_end.norm
    masks = network.masks((spectra[:, :n_bins] / (level * norm)).astype(np.complex64, copy=False))
    above = masks[:, -(n_bins // _TOP_SHARE) :].mean(axis=1, keepdims=True)
    return np.concatenate([masks, above.repeat(spectra.shape[1] - n_bins, axis=1)], axis=1)
