"""A U-Net that is quick on a CPU: strided patches, and fully connected layers over frequency.

Convolutions see a neighbourhood and, being the same at every pitch, learn from little data; a
fully connected layer over all frequencies of one window (Choi et al. 2020, "Investigating U-Nets
with various intermediate blocks for spectrogram-based singing voice separation") sees the
harmonics. The first layer turns patches of 4 bins by 2 windows into channels, and nothing else is
computed at full resolution: on a CPU, most time goes into moving large arrays between memory and
processor, not into multiplications.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class FrequencyMixing(nn.Module):
    """Add what two fully connected layers over frequency make of every channel and window.

    Parameters
    ----------
    n_bins, bottleneck : int
    """

    def __init__(self, n_bins: int, bottleneck: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(n_bins, bottleneck)
        self.widen = nn.Linear(bottleneck, n_bins)
        nn.init.zeros_(self.widen.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n_examples, n_channels, n_bins, n_windows), in and out; best channels last."""
        columns = x.permute(0, 2, 3, 1).flatten(2)  # where channels are last, nothing is copied
        hidden = _linear(self.narrow, columns).relu_()
        n_examples, n_channels, n_bins, n_windows = x.shape
        mixed = _linear(self.widen, hidden).view(n_examples, n_bins, n_windows, n_channels)
        return mixed.permute(0, 3, 1, 2).add_(x)


class Block(nn.Module):
    """Convolutions with a residual, then `FrequencyMixing`.

    Parameters
    ----------
    n_channels, n_bins, n_convolutions : int
    dilation : int
        Over time.
    """

    def __init__(
        self, n_channels: int, n_bins: int, n_convolutions: int, dilation: int = 1
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(n_convolutions):
            layers += [
                nn.Conv2d(
                    n_channels,
                    n_channels,
                    3,
                    padding=(1, dilation),
                    dilation=(1, dilation),
                    bias=False,
                ),
                nn.BatchNorm2d(n_channels),
                nn.ReLU(inplace=True),
            ]
        self.convolutions = nn.Sequential(*layers)
        self.mixing = FrequencyMixing(n_bins, max(16, n_bins // 4))

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n_examples, n_channels, n_bins, n_windows), in and out."""
        mixed: Tensor = self.mixing(x + self.convolutions(x))
        return mixed


class TdfUNet(nn.Module):
    """Map features of a spectrogram to logits of masks.

    Parameters
    ----------
    n_features, n_outputs : int
    n_bins : int
        A multiple of 32.
    widths : sequence of int
        Channels of the patches, then of each level.
    dropout : float
        Of whole channels, at the lower levels.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        n_bins: int,
        widths: Sequence[int] = (24, 48, 96, 128),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.patches = nn.Sequential(
            nn.Conv2d(n_features, widths[0], (8, 4), (4, 2), (2, 1)), nn.ReLU(inplace=True)
        )
        levels = [(width, n_bins // 2 ** (3 + i)) for i, width in enumerate(widths[1:])]
        self.down = nn.ModuleList(
            _resample(nn.Conv2d, n_in, n_out) for n_in, n_out in pairwise(widths)
        )
        self.up = nn.ModuleList(
            _resample(nn.ConvTranspose2d, n_in, n_out)
            for n_in, n_out in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.encoder = nn.ModuleList(Block(width, n, 2) for width, n in levels)
        self.deepest = Block(*levels[-1], 2, dilation=3)
        self.decoder = nn.ModuleList(Block(width, n, 1) for width, n in reversed(levels[:-1]))
        self.dropout = nn.Dropout2d(dropout)
        self.masks = nn.ConvTranspose2d(widths[0], n_outputs, (8, 4), (4, 2), (2, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map features to logits.

        Parameters
        ----------
        x : float32, shape (n_examples, n_features, n_bins, n_windows)

        Returns
        -------
        float32, shape (n_examples, n_outputs, n_bins, n_windows)
        """
        x = self.patches(x.contiguous(memory_format=torch.channels_last))
        skips = []
        for down, block in zip(self.down, self.encoder, strict=True):
            skips.append(x)
            x = block(self.dropout(down(x)))
        x = self.dropout(self.deepest(x))
        for up, block in zip(self.up, [*self.decoder, nn.Identity()], strict=True):
            x = block(up(x) + skips.pop())
        logits: Tensor = self.masks(x)
        return logits


def _linear(layer: nn.Linear, columns: Tensor) -> Tensor:
    """Apply a layer to columns, shape (n_examples, n_in, n_columns), without turning them."""
    weight = layer.weight.expand(len(columns), -1, -1)
    return torch.baddbmm(layer.bias[:, None], weight, columns)


def _resample(
    kind: type[nn.Conv2d] | type[nn.ConvTranspose2d], n_in: int, n_out: int
) -> nn.Sequential:
    """Make layers that halve, or double, both axes."""
    return nn.Sequential(
        kind(n_in, n_out, 2, 2, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(inplace=True)
    )
