"""The U-Net (Ronneberger et al., 2015), parameter by parameter the public Pytorch-UNet."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from unet.unet_parts import DoubleConv, Down, OutConv, Up

SMALLEST_SIDE = 16
"""Four halvings leave one pixel of this; smaller pictures are padded to it."""


class UNet(nn.Module):
    """Four steps down, four up, with skip connections; scores (logits) out.

    Parameters
    ----------
    n_channels : int
        Of the input: 3 for colour pictures, 1 for a spectrogram.
    n_classes : int
        Channels of the output: one per class (softmax), or per mask (sigmoid).
    bilinear : bool
        Enlarge by bilinear interpolation instead of transposed convolutions.
    base_channels : int
        Channels at full resolution; every step down doubles them.

    Notes
    -----
    Shape: (batch, n_channels, height, width) to (batch, n_classes, height, width), for any height
    and width. Input and parameters are float32; the output is not bounded.
    """

    def __init__(
        self, n_channels: int, n_classes: int, bilinear: bool = False, base_channels: int = 64
    ) -> None:
        super().__init__()
        self.n_channels = n_channels
        self.n_classes = n_classes
        self.bilinear = bilinear
        self.base_channels = base_channels
        c1, c2, c3, c4, c5 = (base_channels * 2**i for i in range(5))
        narrower = 2 if bilinear else 1
        self.inc = DoubleConv(n_channels, c1)
        self.down1 = Down(c1, c2)
        self.down2 = Down(c2, c3)
        self.down3 = Down(c3, c4)
        self.down4 = Down(c4, c5 // narrower)
        self.up1 = Up(c5, c4 // narrower, bilinear)
        self.up2 = Up(c4, c3 // narrower, bilinear)
        self.up3 = Up(c3, c2 // narrower, bilinear)
        self.up4 = Up(c2, c1, bilinear)
        self.outc = OutConv(c1, n_classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """Give the score of every class at every pixel.

        Parameters
        ----------
        pictures : Tensor, shape (batch, n_channels, height, width)

        Returns
        -------
        Tensor, shape (batch, n_classes, height, width)
        """
        height, width = pictures.shape[2:]
        missing = (0, max(SMALLEST_SIDE - width, 0), 0, max(SMALLEST_SIDE - height, 0))
        full = self.inc(functional.pad(pictures, missing))
        half = self.down1(full)
        quarter = self.down2(half)
        eighth = self.down3(quarter)
        features = self.up1(self.down4(eighth), eighth)
        features = self.up2(features, quarter)
        features = self.up3(features, half)
        scores: Tensor = self.outc(self.up4(features, full))
        return scores[:, :, :height, :width]
