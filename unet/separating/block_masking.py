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
    masks, sides = masks_of(spectra, level, network)
    part = spectra[..., block]
    if sides:
        mid, side = mid_side(part) * masks[..., block]
        return np.stack((mid + side, mid - side))
    return np.asarray(part * masks[:1, :, block])


def masks_of(
    spectra: NDArray[np.complex64], level: float, network: SongNetwork
) -> tuple[NDArray[np.float32], bool]:
    """Masks of the vocals for all bins.

    Above the bins that the network sees, a window's mask is its mean over the highest eighth of
    those.

    Parameters
    ----------
    spectra : complex64, shape (n_channels, n_fft // 2 + 1, n_windows)
        Of the channels as they came.
    level : float
        As in `vocals_of`.
    network : SongNetwork

    Returns
    -------
    masks : float32, shape (1 or 2, n_fft // 2 + 1, n_windows)
    sides : bool
        Whether they are for mid and side; otherwise one mask is for all channels.
    """
    front_end = network.front_end
    sides = front_end.n_channels == 2 and len(spectra) == 2
    if sides:
        seen = mid_side(spectra[:, : front_end.n_bins])
    else:
        seen = spectra[:, : front_end.n_bins].mean(axis=0, keepdims=True)
        if front_end.n_channels == 2:
            seen = np.concatenate([seen, np.zeros_like(seen)])
    seen = (seen / (level * front_end.norm)).astype(np.complex64, copy=False)
    masks = network.masks(seen)
    n_top = front_end.n_bins // _TOP_SHARE
    n_above = spectra.shape[1] - front_end.n_bins
    above = masks[:, -n_top:].mean(axis=1, keepdims=True).repeat(n_above, axis=1)
    return np.concatenate([masks, above], axis=1), sides
