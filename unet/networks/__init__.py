"""The networks for sound: what they compute, and where PyTorch computes them.

In come complex spectrograms; out come masks between 0 and 1, one for each source. Knows neither
files nor training.
"""

from unet.networks.devices import chosen_device
from unet.networks.mask_network import BODIES, POWER_FLOOR, MaskNetwork
from unet.networks.tdf_unet import FrequencyMixing

__all__ = ["BODIES", "POWER_FLOOR", "FrequencyMixing", "MaskNetwork", "chosen_device"]
