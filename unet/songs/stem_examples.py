"""Examples as sound: what networks for stems learn from and are validated with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset

from unet.front_end import FrontEnd
from unet.networks import StemNetwork
from unet.songs.remix import RemixedBatches
from unet.songs.stem_cache import CachedSong

CACHED = FrontEnd(22050, 2048, 1024, 1025, 2)
"""How stems are kept, changed and mixed: half-overlapping windows, from which sound is had back."""

EXAMPLE_SAMPLES = 30208
"""That a network gives out in training, 1.37 s: together with its margins, 64 windows of
`networks.SpectrogramUNet`; a multiple of what the deepest `networks.WaveUNet` drops."""

LARGEST_MARGIN = 4352
"""Of the networks; the same examples serve all of them."""

EXAMPLE_WINDOWS = 1 + (EXAMPLE_SAMPLES + 2 * LARGEST_MARGIN) // CACHED.hop_length


class SoundBatches(Dataset[Tensor]):
    """The batches of `remix.RemixedBatches`, turned into sound.

    Parameters
    ----------
    batches : RemixedBatches
        Of `EXAMPLE_WINDOWS`.
    """

    def __init__(self, batches: RemixedBatches) -> None:
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Tensor:
        """Float32, shape (n_examples, n_sources, 2, EXAMPLE_SAMPLES + 2 * LARGEST_MARGIN)."""
        return sound_of(self._batches[index].sources)

    def of_epoch(self, epoch: int) -> range:
        """As `remix.RemixedBatches.of_epoch`."""
        return self._batches.of_epoch(epoch)


class WholeSounds(Dataset[Tensor]):
    """Validation songs, one a batch.

    Parameters
    ----------
    songs : sequence of CachedSong
    sources : sequence of str
    network : StemNetwork
        Its margins are added, zeros, and its step decides how many zeros follow a song.
    """

    def __init__(
        self, songs: Sequence[CachedSong], sources: Sequence[str], network: StemNetwork
    ) -> None:
        self._songs, self._sources = list(songs), tuple(sources)
        self._margin, self._step = network.margin, network.step

    def __len__(self) -> int:
        return len(self._songs)

    def __getitem__(self, index: int) -> Tensor:
        """Float32, shape (1, n_sources, 2, n_samples)."""
        cached = self._songs[index]
        spectra = [cached.read(0, cached.n_windows, name) for name in self._sources]
        sound = sound_of(torch.stack(spectra)[None])
        after = -sound.shape[-1] % self._step
        return torch.nn.functional.pad(sound, (self._margin, after + self._margin))


def sound_of(spectra: Tensor) -> Tensor:
    """Turn cached spectra back into sound, for songs of unit power.

    Parameters
    ----------
    spectra : complex64, shape (n_examples, n_sources, 2, n_bins, n_windows)
        Mid and side, as `CACHED` makes them.

    Returns
    -------
    float32, shape (n_examples, n_sources, 2, n_samples)
        Left and right, from the middle of the first window to the middle of the last one.
    """
    window = torch.hann_window(CACHED.n_fft)
    flat = spectra.flatten(0, 2) * CACHED.norm
    sides = torch.istft(flat, CACHED.n_fft, CACHED.hop_length, window=window)
    mid, side = sides.view(*spectra.shape[:3], -1).unbind(2)
    return torch.stack([mid + side, mid - side], dim=2)
