"""The first U-Net for singing voices.

Jansson, Humphrey, Montecchio, Bittner, Kumar, Weyde: "Singing voice separation with deep U-Net
convolutional networks", ISMIR 2017.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

LEVELS = 6


class Jansson(nn.Module):
    """Six strided 5 x 5 convolutions down, six transposed ones up, with skip connections.

    Down: batch normalisation and a leaky rectifier of 0.2, 16 channels doubling with each level.
    Up: batch normalisation and a rectifier, half the channels dropped at the first three levels.

    Parameters
    ----------
    n_features, n_outputs : int
    n_bins : int
        A multiple of 64, such as the paper's 512.
    base_channels : int
        Of the first level.
    dropout : float
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        n_bins: int,
        base_channels: int = 16,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if n_bins % 2**LEVELS:
            raise ValueError(f"{n_bins} bins, wanted a multiple of {2**LEVELS}")
        widths = [n_features, *(base_channels * 2**level for level in range(LEVELS))]
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv2d(n_in, n_out, 5, 2, 2), nn.BatchNorm2d(n_out), nn.LeakyReLU(0.2))
            for n_in, n_out in pairwise(widths)
        )
        self.up = nn.ModuleList()
        for level in reversed(range(LEVELS)):
            # All but the deepest also get the skip connection of their level.
            n_in = widths[level + 1] * (1 if level == LEVELS - 1 else 2)
            n_out = widths[level] if level else n_outputs
            layers: list[nn.Module] = [nn.ConvTranspose2d(n_in, n_out, 5, 2, 2, output_padding=1)]
            if level:
                layers += [nn.BatchNorm2d(n_out), nn.ReLU()]
            if level >= LEVELS - 3:
                layers.append(nn.Dropout(dropout))
            self.up.append(nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        """Map features to logits.

        Parameters
        ----------
        x : float32, shape (n_examples, n_features, n_bins, n_windows)
            The number of windows is a multiple of 64.

        Returns
        -------
        float32, shape (n_examples, n_outputs, n_bins, n_windows)
        """
        skips: list[Tensor] = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        x = self.up[0](skips.pop())
        for layer in self.up[1:]:
            x = layer(torch.cat([x, skips.pop()], dim=1))
        return x
