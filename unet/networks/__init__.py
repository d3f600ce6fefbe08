"""The networks for sound: what they see of it, what they compute, and where they run.

In come complex spectrograms; out come masks between 0 and 1, one for each source. Knows neither
files nor training.
"""

from unet.networks.devices import chosen_device, explained_memory
from unet.networks.front_end import FrontEnd, mid_side
from unet.networks.mask_network import BODIES, MaskNetwork

__all__ = ["BODIES", "FrontEnd", "MaskNetwork", "chosen_device", "explained_memory", "mid_side"]
