"""Take the vocals out of a sound of any length, block by block.

A block of windows is looked at together with as many neighbours as the network can see, so its
masks are those of the whole song; every window is in one block only, and overlapping windows are
added across blocks. So there are no seams, and the memory does not depend on the length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unet.front_end import FrontEnd, mid_side
from unet.mask_network import MaskNetwork

BLOCK_IN_CONTEXTS = 8
_LEAST_WEIGHT = 1e-6
_TOP_SHARE = 8


def vocals_of(
    sound: Iterable[NDArray[np.float32]], n_samples: int, level: float, network: MaskNetwork
) -> Iterator[NDArray[np.float32]]:
    """Separate a stream.

    Parameters
    ----------
    sound : iterable of float32, shape (n, n_channels)
        At the network's sampling rate, in pieces of any length.
    n_samples : int
        Of all pieces together.
    level : float
        Root mean square of the whole sound, over samples and channels.
    network : MaskNetwork
        On the device to compute on.

    Yields
    ------
    float32, shape (n, n_channels)
        The vocals, as many samples as came in.
    """
    front_end, context = network.front_end, network.context_windows
    hop, half = front_end.hop_length, front_end.n_fft // 2
    n_windows = front_end.n_windows(n_samples)
    device = network.feature_mean.device
    pieces = iter(sound)
    held: Tensor | None = None  # from the sample `held_first` on, half a window of zeros in front
    held_first, given = -half, 0
    tail: tuple[Tensor, Tensor] | None = None
    for first in range(0, n_windows, BLOCK_IN_CONTEXTS * context):
        last = min(n_windows, first + BLOCK_IN_CONTEXTS * context)
        seen_first, seen_last = max(0, first - context), min(n_windows, last + context)
        held = _filled(held, pieces, (seen_last - 1) * hop + half - held_first, half)
        held = held[:, seen_first * hop - half - held_first :]
        held_first = seen_first * hop - half
        spectra = front_end.windows(held[:, : (seen_last - seen_first - 1) * hop + 2 * half])
        block = slice(first - seen_first, last - seen_first)
        masked = _masked(spectra.to(device), block, level, network).cpu()
        total, weight = front_end.overlap_add(masked)
        if tail is not None:
            total[:, : tail[0].shape[1]] += tail[0]
            weight[:, : tail[1].shape[1]] += tail[1]
        done = (last - first) * hop if last < n_windows else total.shape[1]
        finished = (total[:, :done] / weight[:, :done].clamp(min=_LEAST_WEIGHT)).T.numpy()
        finished = finished[half if first == 0 else 0 :][: n_samples - given]
        given += len(finished)
        yield finished
        tail = total[:, done:], weight[:, done:]


def _filled(
    held: Tensor | None, pieces: Iterator[NDArray[np.float32]], wanted: int, half: int
) -> Tensor:
    """Read on until so many samples are held; zeros follow the end."""
    parts = [] if held is None else [held]
    n_held = 0 if held is None else held.shape[1]
    while n_held < wanted:
        piece = next(pieces, None)
        if piece is None:
            parts.append(parts[-1].new_zeros(len(parts[-1]), wanted - n_held))
        else:
            if not parts:
                parts.append(torch.zeros(piece.shape[1], half))
                n_held = half
            parts.append(torch.from_numpy(np.ascontiguousarray(piece.T, np.float32)))
        n_held += parts[-1].shape[1]
    return torch.cat(parts, dim=1)


def _masked(spectra: Tensor, block: slice, level: float, network: MaskNetwork) -> Tensor:
    """Ask the network, and mask the block's windows of every channel."""
    masks, sides = masks_of(spectra, level, network)
    part = spectra[..., block]
    if sides:
        mid, side = mid_side(part) * masks[..., block]
        return torch.stack((mid + side, mid - side))
    return part * masks[:1, :, block]


def masks_of(spectra: Tensor, level: float, network: MaskNetwork) -> tuple[Tensor, bool]:
    """Masks of the vocals for all bins.

    Above the bins that the network sees, a window's mask is its mean over the highest eighth of
    those.

    Parameters
    ----------
    spectra : complex64, shape (n_channels, n_fft // 2 + 1, n_windows)
        Of the channels as they came.
    level : float
        As in `vocals_of`.
    network : MaskNetwork

    Returns
    -------
    masks : float32, shape (1 or 2, n_fft // 2 + 1, n_windows)
    sides : bool
        Whether they are for mid and side; otherwise one mask is for all channels.
    """
    front_end: FrontEnd = network.front_end
    sides = front_end.n_channels == 2 and len(spectra) == 2
    if sides:
        seen = mid_side(spectra[:, : front_end.n_bins])
    else:
        seen = spectra[:, : front_end.n_bins].mean(dim=0, keepdim=True)
        if front_end.n_channels == 2:
            seen = torch.cat([seen, torch.zeros_like(seen)])
    with torch.inference_mode():
        masks = network(seen[None] / (level * front_end.norm))[0, 0]
    n_top = front_end.n_bins // _TOP_SHARE
    n_above = spectra.shape[1] - front_end.n_bins
    above = masks[:, -n_top:].mean(dim=1, keepdim=True).expand(-1, n_above, -1)
    return torch.cat([masks, above], dim=1), sides
