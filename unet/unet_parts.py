"""The blocks of the U-Net, named as in the public Pytorch-UNet so that its checkpoints load."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class DoubleConv(nn.Module):
    """Twice: 3 × 3 convolution, batch normalisation, ReLU.

    Parameters
    ----------
    in_channels, out_channels : int
    mid_channels : int, optional
        Between the two convolutions; `out_channels` by default.

    Notes
    -----
    Shape: (batch, in_channels, height, width) to (batch, out_channels, height, width).
    """

    def __init__(
        self, in_channels: int, out_channels: int, mid_channels: int | None = None
    ) -> None:
        super().__init__()
        mid_channels = mid_channels or out_channels
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, mid_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(mid_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(mid_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Apply the block."""
        filtered: Tensor = self.double_conv(features)
        return filtered


class Down(nn.Module):
    """Halve height and width (rounding down) by the maximum of 2 × 2, then `DoubleConv`.

    Parameters
    ----------
    in_channels, out_channels : int

    Notes
    -----
    Shape: (batch, in_channels, height, width) to (batch, out_channels, height // 2, width // 2).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(in_channels, out_channels))

    def forward(self, features: Tensor) -> Tensor:
        """Apply the block."""
        halved: Tensor = self.maxpool_conv(features)
        return halved


class Up(nn.Module):
    """Double height and width, set the skip connection beside it, then `DoubleConv`.

    Parameters
    ----------
    in_channels : int
        Of the features from below and the skip connection together.
    out_channels : int
    bilinear : bool
        Enlarge by bilinear interpolation instead of a transposed convolution; the features from
        below then have as many channels as the skip connection, otherwise twice as many.
    n_below : int, optional
        Channels from below where they are other than that; of a transposed convolution only.

    Notes
    -----
    Shape: (batch, …, height // 2, width // 2) and the skip connection's (batch, in_channels // 2,
    height, width) to (batch, out_channels, height, width).
    """

    def __init__(
        self, in_channels: int, out_channels: int, bilinear: bool, n_below: int | None = None
    ) -> None:
        super().__init__()
        self.up: nn.Module
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = DoubleConv(in_channels, out_channels, in_channels // 2)
        else:
            half = in_channels // 2
            self.up = nn.ConvTranspose2d(n_below or in_channels, half, kernel_size=2, stride=2)
            self.conv = DoubleConv(in_channels, out_channels)

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """Apply the block; a row or column that halving dropped comes back as zeros."""
        enlarged = self.up(below)
        height, width = (skip.shape[i] - enlarged.shape[i] for i in (2, 3))
        sides = (width // 2, width - width // 2, height // 2, height - height // 2)
        merged: Tensor = self.conv(torch.cat([skip, functional.pad(enlarged, sides)], dim=1))
        return merged


class OutConv(nn.Module):
    """One score per class and pixel: a 1 × 1 convolution.

    Parameters
    ----------
    in_channels, out_channels : int

    Notes
    -----
    Shape: (batch, in_channels, height, width) to (batch, out_channels, height, width).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1)

    def forward(self, features: Tensor) -> Tensor:
        """Apply the block."""
        scores: Tensor = self.conv(features)
        return scores
