"""A one-dimensional U-Net on the waveform.

Stoller, Ewert, Dixon: "Wave-U-Net: A multi-scale neural network for end-to-end audio source
separation", ISMIR 2018; without padding ("valid" convolutions, section 3.2.2), by linear
interpolation on the way up, and with the last source as what is left of the mixture (section
3.2.1). The outputs are not bounded: the paper's tanh expects songs that end at full scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from unet.networks.stem_network import N_CHANNELS, StemNetwork

DOWN_KERNEL, UP_KERNEL = 15, 5
_LEAK = 0.2


class WaveUNet(StemNetwork):
    """Convolve and drop every other sample; then insert samples, and convolve.

    Level l, from 0, has ``base_channels * (l + 1)`` channels and every 2^l-th sample.

    Parameters
    ----------
    sources : sequence of str
        The last one is the mixture without the others.
    depth, sample_rate_hz : int
        See `StemNetwork`.
    base_channels : int
        The paper's 24.

    Notes
    -----
    Seen from the sound's first sample, the convolutions on the way down to level l put its first
    output at 7 (2^(l+1) - 1), those on the way up at 7 (2^(depth+1) - 1) + 2 (2^depth - 2^l). The
    second never lies before the first and differs from it by whole samples of the level, so skip
    connections are cut, never padded, and a block's samples are those of the whole song.
    """

    def __init__(
        self,
        sources: Sequence[str],
        depth: int,
        sample_rate_hz: int = 22050,
        base_channels: int = 24,
    ) -> None:
        super().__init__(sources, depth, sample_rate_hz)
        self.stride = self.step = 2**depth
        self.margin = (DOWN_KERNEL + UP_KERNEL // 2) * self.stride
        self.reach = 0
        widths = [base_channels * (level + 1) for level in range(depth + 1)]
        self.down = nn.ModuleList(
            nn.Conv1d(n_in, n_out, DOWN_KERNEL)
            for n_in, n_out in zip([N_CHANNELS, *widths], widths, strict=False)
        )
        self.up = nn.ModuleList(
            nn.Conv1d(widths[level + 1] + widths[level], widths[level], UP_KERNEL)
            for level in reversed(range(depth))
        )
        n_outputs = (len(self.sources) - 1) * N_CHANNELS
        self.outputs = nn.Conv1d(widths[0] + N_CHANNELS, n_outputs, 1)

    @property
    def receptive_field(self) -> int:
        """As `StemNetwork.receptive_field`: the longest, which not every sample has."""
        return max(_samples_heard(self.depth, index) for index in range(self.stride))

    def forward(self, sound: Tensor) -> Tensor:
        """As `StemNetwork.forward`."""
        n_samples = sound.shape[-1] - 2 * self.margin
        skips: list[Tensor] = []
        x = sound
        for convolution in self.down:
            x = functional.leaky_relu(convolution(x[..., :: 2 if skips else 1]), _LEAK)
            skips.append(x)
        x = skips.pop()
        for level, convolution in zip(reversed(range(self.depth)), self.up, strict=True):
            size = 2 * x.shape[-1] - 1
            x = functional.interpolate(x, size=size, mode="linear", align_corners=True)
            skip = skips.pop()[..., self._cut(level) :][..., :size]
            x = functional.leaky_relu(convolution(torch.cat([x, skip], dim=1)), _LEAK)
        first = self.margin - _first_up(self.depth, 0)
        x = x[..., first : first + n_samples]
        heard = sound[..., self.margin : self.margin + n_samples]
        found = self.outputs(torch.cat([x, heard], dim=1)).to(sound.dtype)
        found = found.reshape(len(sound), len(self.sources) - 1, N_CHANNELS, n_samples)
        return torch.cat([found, (heard - found.sum(dim=1))[:, None]], dim=1)

    def _cut(self, level: int) -> int:
        """Count the samples of a skip connection that lie before what comes from below."""
        return (_first_up(self.depth, level + 1) - _first_down(level)) >> level


def _first_down(level: int) -> int:
    return int(DOWN_KERNEL // 2 * (2 ** (level + 1) - 1))


def _first_up(depth: int, level: int) -> int:
    return _first_down(depth) + int(UP_KERNEL // 2 * (2**depth - 2**level))


def _samples_heard(depth: int, index: int) -> int:
    """Follow one sample of the output back to the sound, by its deepest way."""
    first = last = index
    for _ in range(depth):
        first, last = first // 2, (last + UP_KERNEL - 1 + 1) // 2
    last += DOWN_KERNEL - 1
    for _ in range(depth):
        first, last = 2 * first, 2 * last + DOWN_KERNEL - 1
    return last - first + 1
