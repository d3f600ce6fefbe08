"""Networks that learn masks: of pictures, and of songs.

`UNet` is the public interface; the rooms are drawn in ``docs/architecture.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unet.unet_model import UNet

__all__ = ["UNet"]


def __getattr__(name: str) -> object:
    """Load torch when the network is asked for, not when ``--help`` is."""
    if name == "UNet":
        from unet.unet_model import UNet

        return UNet
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
