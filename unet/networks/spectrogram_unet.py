"""A two-dimensional U-Net on the spectrogram, with a mask for each source and channel.

One network for all sources, an output channel each: Oh, Kim, Yun: "Spectrogram-channels U-Net: a
source separation model viewing each channel as the spectrogram of each source", 2018. Where they
give out magnitudes, these are masks that sum to 1, so that the stems, turned back into sound on the
mixture's phase, sum to the mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from unet.networks.mask_network import bin_statistics, log_powers
from unet.networks.stem_network import N_CHANNELS, StemNetwork
from unet.unet_parts import DoubleConv, Down, OutConv, Up

N_FFT, HOP_LENGTH = 2048, 512
_N_FEATURES = 4
"""Log power of mid, side, left and right."""


class SpectrogramUNet(StemNetwork):
    """The U-Net for cars, of any depth, on the log power of a spectrogram.

    Level l, from 0, has ``base_channels * (l + 1)`` channels, half as many bins and windows as the
    one above.

    Parameters
    ----------
    sources : sequence of str
    depth, sample_rate_hz : int
        See `StemNetwork`.
    base_channels : int

    Notes
    -----
    Masks are of mid and side: a voice in the middle is in one of the two only. The highest of the
    1025 bins has the mask of the one below.
    """

    feature_mean: Tensor
    feature_scale: Tensor

    def __init__(
        self,
        sources: Sequence[str],
        depth: int,
        sample_rate_hz: int = 22050,
        base_channels: int = 16,
    ) -> None:
        super().__init__(sources, depth, sample_rate_hz)
        self.margin = N_FFT // 2
        self.step = HOP_LENGTH
        self.stride = HOP_LENGTH * 2**depth
        # Two 3 x 3 convolutions on the way down and two on the way up at every level, the halving
        # and the doubling between them, and the windows' own length: under 8 of the lowest level.
        self.reach = 8 * self.stride
        widths = [base_channels * (level + 1) for level in range(depth + 1)]
        self.inc = DoubleConv(_N_FEATURES, widths[0])
        self.down = nn.ModuleList(Down(n_in, n_out) for n_in, n_out in pairwise(widths))
        self.up = nn.ModuleList(
            Up(2 * wide, wide, bilinear=False, n_below=narrow)
            for wide, narrow in reversed(list(pairwise(widths)))
        )
        self.outc = OutConv(widths[0], len(self.sources) * N_CHANNELS)
        self.register_buffer("feature_mean", torch.zeros(_N_FEATURES, N_FFT // 2, 1))
        self.register_buffer("feature_scale", torch.ones(_N_FEATURES, N_FFT // 2, 1))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def receptive_field(self) -> int:
        """As `StemNetwork.receptive_field`: the longest, which not every sample has."""
        n_windows = max(_windows_seen(self.depth, index) for index in range(2**self.depth))
        return (n_windows - 1) * HOP_LENGTH + N_FFT - 1

    def forward(self, sound: Tensor) -> Tensor:
        """As `StemNetwork.forward`."""
        spectra = self._spectra(sound)
        logits = self._logits(spectra).to(sound.dtype)
        logits = logits.view(len(sound), len(self.sources), N_CHANNELS, *logits.shape[2:])
        masks = torch.softmax(logits, dim=1)
        masks = torch.cat([masks, masks[..., -1:, :]], dim=-2)
        stems = torch.istft(
            (masks * spectra[:, None]).flatten(0, 2),
            N_FFT,
            HOP_LENGTH,
            window=_window(sound),
            length=sound.shape[-1],
        )[:, self.margin : sound.shape[-1] - self.margin]
        return _left_right(stems.view(len(sound), len(self.sources), N_CHANNELS, -1))

    def _logits(self, spectra: Tensor) -> Tensor:
        """Shape (n_examples, n_sources * 2, n_bins - 1, n_windows)."""
        n_windows = spectra.shape[-1]
        spectra = functional.pad(spectra, (0, max(0, 2**self.depth - n_windows)))
        x = self.inc((self._features(spectra) - self.feature_mean) * self.feature_scale)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)
        for up in self.up:
            x = up(x, skips.pop())
        scores: Tensor = self.outc(x)[..., :n_windows]
        return scores.contiguous()

    def _spectra(self, sound: Tensor) -> Tensor:
        """Complex spectra of mid and side, shape (n_examples, 2, n_bins, n_windows)."""
        left, right = sound.unbind(1)
        sides = torch.stack([left + right, left - right], dim=1) / 2
        spectra = torch.stft(
            sides.flatten(0, 1),
            N_FFT,
            HOP_LENGTH,
            window=_window(sound),
            pad_mode="constant",
            return_complex=True,
        )
        return spectra.view(len(sound), N_CHANNELS, *spectra.shape[1:])

    def _features(self, spectra: Tensor) -> Tensor:
        norm = (0.375 * N_FFT) ** 0.5  # expected magnitude of a bin for white noise of unit power
        return log_powers(spectra[:, :, :-1] / norm)

    @torch.no_grad()
    def calibrate(self, sound: Tensor) -> None:
        """Take mean and spread of every bin's features from an example batch."""
        mean, scale = bin_statistics(self._features(self._spectra(sound)))
        self.feature_mean.copy_(mean)
        self.feature_scale.copy_(scale)


def _window(sound: Tensor) -> Tensor:
    return torch.hann_window(N_FFT, dtype=sound.dtype, device=sound.device)


def _left_right(sides: Tensor) -> Tensor:
    """Turn mid and side into left and right, shape (…, 2, n_samples)."""
    mid, side = sides.unbind(-2)
    return torch.stack([mid + side, mid - side], dim=-2)


def _windows_seen(depth: int, index: int) -> int:
    """Follow the windows that hold a sample, `index` the first, back to what their masks see."""
    first, last = index, index + N_FFT // HOP_LENGTH - 1
    for _ in range(depth):  # two convolutions of three windows, and a doubling
        first, last = (first - 2) // 2, (last + 2) // 2
    first, last = first - 2, last + 2
    for _ in range(depth):  # a halving, and two convolutions
        first, last = 2 * first - 2, 2 * last + 1 + 2
    return last - first + 1
