"""The networks for sound: what they compute, and where PyTorch computes them.

In come complex spectrograms, and out come masks between 0 and 1, one for each source; or in comes
sound, and out come stems that sum to it. Knows neither files nor training.
"""

from unet.networks.devices import chosen_device
from unet.networks.mask_network import BODIES, POWER_FLOOR, MaskNetwork
from unet.networks.spectrogram_unet import SpectrogramUNet
from unet.networks.stem_network import DEPTHS, N_CHANNELS, StemNetwork
from unet.networks.tdf_unet import FrequencyMixing
from unet.networks.wave_unet import WaveUNet

__all__ = [
    "BODIES",
    "DEPTHS",
    "N_CHANNELS",
    "POWER_FLOOR",
    "FrequencyMixing",
    "MaskNetwork",
    "SpectrogramUNet",
    "StemNetwork",
    "WaveUNet",
    "chosen_device",
]
