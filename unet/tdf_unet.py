"""A U-Net for two cores: strided patches in, and fully connected layers over frequency.

Convolutions see a neighbourhood and, being the same at every pitch, learn from little data; a
fully connected layer over all frequencies of one window (Choi et al. 2020, "Investigating U-Nets
with various intermediate blocks for spectrogram-based singing voice separation") sees the
harmonics. The first layer turns patches of 4 bins by 2 windows into channels, which makes all
that follows eight times cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class FrequencyMixing(nn.Module):
    """Two fully connected layers over frequency, shared by channels and windows, added on.

    Parameters
    ----------
    n_channels, n_bins, bottleneck : int
    """

    def __init__(self, n_channels: int, n_bins: int, bottleneck: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(n_bins, bottleneck, bias=False)
        self.norm_narrow = nn.BatchNorm2d(n_channels)
        self.widen = nn.Linear(bottleneck, n_bins, bias=False)
        self.norm = nn.BatchNorm2d(n_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n_examples, n_channels, n_bins, n_windows), in and out."""
        mixed = torch.relu(self.norm_narrow(self.narrow(x.transpose(2, 3))))
        mixed = torch.relu(self.norm(self.widen(mixed).transpose(2, 3)))
        return x + mixed


class Block(nn.Module):
    """Convolutions with a residual, then `FrequencyMixing`.

    Parameters
    ----------
    n_channels, n_bins, bottleneck, n_convolutions : int
    dilation : int
        Over time.
    """

    def __init__(
        self, n_channels: int, n_bins: int, bottleneck: int, n_convolutions: int, dilation: int = 1
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
                nn.ReLU(),
            ]
        self.convolutions = nn.Sequential(*layers)
        self.mixing = FrequencyMixing(n_channels, n_bins, bottleneck)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n_examples, n_channels, n_bins, n_windows), in and out."""
        return self.mixing(x + self.convolutions(x))


class TdfUNet(nn.Module):
    """Features in, logits out.

    Parameters
    ----------
    n_features, n_outputs : int
    n_bins : int
        A multiple of 32.
    widths : sequence of int
        Channels of each level.
    dropout : float
        Of whole channels, at the lower levels.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        n_bins: int,
        widths: Sequence[int] = (24, 48, 72, 96),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        bins = [n_bins // 4 // 2**level for level in range(len(widths))]
        self.patches = nn.Sequential(
            nn.Conv2d(n_features, widths[0], (8, 4), (4, 2), (2, 1), bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        self.encoder, self.down = nn.ModuleList(), nn.ModuleList()
        self.decoder, self.up = nn.ModuleList(), nn.ModuleList()
        for level, (width, n) in enumerate(zip(widths, bins, strict=True)):
            deepest = level == len(widths) - 1
            n_convolutions = 1 if level == 0 else 2
            self.encoder.append(Block(width, n, max(16, n // 8), n_convolutions))
            if deepest:
                self.encoder.append(Block(width, n, max(16, n // 8), 2, dilation=3))
            else:
                deeper = widths[level + 1]
                self.down.append(_resample(nn.Conv2d, width, deeper))
                self.up.append(_resample(nn.ConvTranspose2d, deeper, width))
                self.decoder.append(Block(width, n, max(16, n // 8), 1))
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
        for block, down in zip(self.encoder, self.down, strict=False):
            x = block(x)
            skips.append(x)
            x = self.dropout(down(x))
        for block in self.encoder[len(self.down) :]:
            x = self.dropout(block(x))
        for block, up, skip in zip(
            reversed(self.decoder), reversed(self.up), reversed(skips), strict=True
        ):
            x = block(up(x) + skip)
        return self.masks(x)


def _resample(
    kind: type[nn.Conv2d] | type[nn.ConvTranspose2d], n_in: int, n_out: int
) -> nn.Sequential:
    """Halve or double both axes."""
    return nn.Sequential(kind(n_in, n_out, 2, 2, bias=False), nn.BatchNorm2d(n_out), nn.ReLU())
