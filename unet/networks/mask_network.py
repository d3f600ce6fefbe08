"""From spectrograms to masks: a logarithm, a normalisation, a U-Net, and a sigmoid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from unet.front_end import FrontEnd
from unet.networks.jansson import Jansson
from unet.networks.tdf_unet import TdfUNet
from unet.unet_model import UNet

POWER_FLOOR = 1e-6
"""Power, relative to a song's mean, that is added before the logarithm: far below it is silence."""


class Body(NamedTuple):
    """A network that maps pictures of a spectrogram to logits.

    Attributes
    ----------
    build : callable
        Takes the numbers of features, of outputs, and of bins, and the body's own options.
    front_end : FrontEnd
        That it is trained with.
    window_multiple : int
        The number of windows has to be a multiple of it.
    context_windows : int
        A window's mask depends on no window further away; a multiple of `window_multiple`.
    """

    build: Callable[..., nn.Module]
    front_end: FrontEnd
    window_multiple: int
    context_windows: int


def _unet(n_features: int, n_outputs: int, n_bins: int, base_channels: int = 32) -> nn.Module:
    """Make the network for cars; it takes any number of bins."""
    del n_bins
    return UNet(n_features, n_outputs, base_channels=base_channels)


BODIES = {
    "unet": Body(_unet, FrontEnd(22050, 2048, 1024, 1025), 16, 96),
    "jansson": Body(Jansson, FrontEnd(8192, 1024, 768, 512), 64, 192),
    "tdf": Body(TdfUNet, FrontEnd(44100, 4096, 1024, 1024, 2), 16, 176),
}


class MaskNetwork(nn.Module):
    """Compute a mask for each source from a complex spectrogram.

    Parameters
    ----------
    body : {"unet", "jansson", "tdf"}
    front_end : mapping
        The arguments of `FrontEnd`.
    sources : sequence of str
        One mask each; the first is the vocals.
    body_options : mapping, optional
        The body's own arguments.
    """

    feature_mean: Tensor
    feature_scale: Tensor

    def __init__(
        self,
        body: str,
        front_end: Mapping[str, int],
        sources: Sequence[str],
        body_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.front_end = FrontEnd(**front_end)
        self.sources = tuple(sources)
        self.window_multiple = BODIES[body].window_multiple
        self.context_windows = BODIES[body].context_windows
        n_features = 1 if self.front_end.n_channels == 1 else 4
        n_outputs = len(self.sources) * self.front_end.n_channels
        n_bins = self.front_end.n_bins
        self.body = BODIES[body].build(n_features, n_outputs, n_bins, **(body_options or {}))
        self.register_buffer("feature_mean", torch.zeros(n_features, n_bins, 1))
        self.register_buffer("feature_scale", torch.ones(n_features, n_bins, 1))

    def forward(self, spectra: Tensor) -> Tensor:
        """Compute masks.

        Parameters
        ----------
        spectra : complex64, shape (n_examples, n_channels, n_bins, n_windows)
            For a song of unit power, divided by `FrontEnd.norm`.

        Returns
        -------
        float32, shape (n_examples, n_sources, n_channels, n_bins, n_windows)
            In [0, 1].
        """
        n_windows = spectra.shape[-1]
        spectra = nn.functional.pad(spectra, (0, -n_windows % self.window_multiple))
        seen = log_powers(spectra).sub_(self.feature_mean).mul_(self.feature_scale)
        logits = self.body(seen)[..., :n_windows]
        shape = (len(spectra), len(self.sources), -1, *logits.shape[-2:])
        return torch.sigmoid(logits).reshape(shape)

    @torch.no_grad()
    def calibrate(self, spectra: Tensor) -> None:
        """Take mean and spread of every bin's features from an example batch.

        Parameters
        ----------
        spectra : complex64, shape (n_examples, n_channels, n_bins, n_windows)
        """
        mean, scale = bin_statistics(log_powers(spectra))
        self.feature_mean.copy_(mean)
        self.feature_scale.copy_(scale)

    def made_quick(self) -> MaskNetwork:
        """Prepare for separating: same masks, but fewer passes over memory, and no more training.

        Batch normalisation, a fixed gain once training is over, is put into the convolution before
        it, and channels come last in memory.

        Returns
        -------
        MaskNetwork
            The same one, changed.
        """
        self.eval()
        for layers in [part for part in self.modules() if isinstance(part, nn.Sequential)]:
            for index in range(len(layers) - 1):
                convolution, norm = layers[index], layers[index + 1]
                if isinstance(convolution, nn.Conv2d | nn.ConvTranspose2d) and isinstance(
                    norm, nn.BatchNorm2d
                ):
                    transposed = isinstance(convolution, nn.ConvTranspose2d)
                    layers[index] = fuse_conv_bn_eval(convolution, norm, transposed)
                    layers[index + 1] = nn.Identity()
        return self.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def log_powers(spectra: Tensor) -> Tensor:
    """Compute log power: of mid, or of mid, side, left and right.

    Parameters
    ----------
    spectra : complex64, shape (n_examples, n_channels, n_bins, n_windows)
        One channel, or mid and side.

    Returns
    -------
    float32, shape (n_examples, n_features, n_bins, n_windows)
    """
    parts = list(spectra.unbind(1))
    if len(parts) == 2:
        mid, side = parts
        parts += [mid + side, mid - side]
    power = [part.real.square().addcmul_(part.imag, part.imag) for part in parts]
    # Stacked last, moved to where channels belong: the order in memory that is quick on a CPU.
    return torch.stack(power, dim=-1).add_(POWER_FLOOR).log_().movedim(-1, 1)


def bin_statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Measure what centres and scales every bin's features.

    Parameters
    ----------
    features : float32, shape (n_examples, n_features, n_bins, n_windows)

    Returns
    -------
    mean, scale : float32, shape (n_features, n_bins, 1)
        The scale is one over the standard deviation, 2 at most.
    """
    mean, deviation = features.mean(dim=(0, 3)), features.std(dim=(0, 3))
    return mean[..., None], 1 / deviation.clamp(min=0.5)[..., None]
