"""Take songs apart: files, sounds in memory and streams, into vocals and music or more stems.

In come songs of any length and format, and model files; out come stems. ONNX Runtime computes ONNX
files, with nothing of PyTorch loaded; PyTorch computes safetensors, and exports what it trained.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from unet.separating.song_network import (
    MODEL_IN_A_LINE,
    SHIPPED_MODEL,
    SHIPPED_STEMS,
    SHIPPED_WEIGHTS,
    SongNetwork,
    load_network,
)
from unet.separating.song_separation import (
    PAGE_NAME,
    separate_file,
    separate_sound,
)

if TYPE_CHECKING:
    from unet.separating.onnx_export import export_onnx

__all__ = [
    "MODEL_IN_A_LINE",
    "PAGE_NAME",
    "SHIPPED_MODEL",
    "SHIPPED_STEMS",
    "SHIPPED_WEIGHTS",
    "SongNetwork",
    "export_onnx",
    "load_network",
    "separate_file",
    "separate_sound",
]


def __getattr__(name: str) -> object:
    """Load what exports, with PyTorch, when it is asked for: separating does without."""
    if name == "export_onnx":
        return getattr(import_module("unet.separating.onnx_export"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
