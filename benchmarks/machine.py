"""What every benchmark says of where it ran, and the pairs it runs on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.sound.reading import read_mono

PAIRS = Path(__file__).resolve().parents[2] / "shared" / "data" / "pairs"


def machine() -> str:
    """Processor, cores and versions, in one line."""
    names = Path("/proc/cpuinfo")
    lines = names.read_text(encoding="utf-8").splitlines() if names.is_file() else []
    models = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "torch"))
    processor = models[0] if models else platform.processor()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def clips(
    duration_s: float = 4.7,
) -> Iterator[tuple[str, NDArray[np.float32], NDArray[np.float32]]]:
    """Name, mixture and vocal of each real pair, mono at 22 050 Hz."""
    for full in sorted(PAIRS.glob("*_100-full.flac")):
        stem = full.with_name(full.name.replace("-full", "-stem"))
        mixture, vocal = (read_mono(p, 22050)[: round(duration_s * 22050)] for p in (full, stem))
        yield full.name.removesuffix("_100-full.flac"), mixture, vocal
