"""Find a vocal in a mix by its spectral fingerprint.

The names below are the public interface; each loads its room when it is asked for. The rooms, and
which of them stands on which, are drawn in ``docs/architecture.md``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vocal_separation_sanity_check.alignment import Alignment, align
    from vocal_separation_sanity_check.errors import InputError
    from vocal_separation_sanity_check.fingerprints import (
        METRICS,
        SLICES,
        Fingerprint,
        Match,
        fingerprint,
        match,
    )
    from vocal_separation_sanity_check.fitting import MaskFit, fit_mask
    from vocal_separation_sanity_check.rebuilding import ReferencePath, rebuild
    from vocal_separation_sanity_check.scoring import Score, evaluate_separation
    from vocal_separation_sanity_check.separation import Separation, separate
    from vocal_separation_sanity_check.settings import Settings
    from vocal_separation_sanity_check.spectral import ideal_masks

_ROOM_OF = {
    "Alignment": "alignment",
    "Fingerprint": "fingerprints",
    "InputError": "errors",
    "METRICS": "fingerprints",
    "MaskFit": "fitting",
    "Match": "fingerprints",
    "ReferencePath": "rebuilding",
    "SLICES": "fingerprints",
    "Score": "scoring",
    "Separation": "separation",
    "Settings": "settings",
    "align": "alignment",
    "evaluate_separation": "scoring",
    "fingerprint": "fingerprints",
    "fit_mask": "fitting",
    "ideal_masks": "spectral",
    "match": "fingerprints",
    "rebuild": "rebuilding",
    "separate": "separation",
}

__all__ = [
    "METRICS",
    "SLICES",
    "Alignment",
    "Fingerprint",
    "InputError",
    "MaskFit",
    "Match",
    "ReferencePath",
    "Score",
    "Separation",
    "Settings",
    "align",
    "evaluate_separation",
    "fingerprint",
    "fit_mask",
    "ideal_masks",
    "match",
    "rebuild",
    "separate",
]


def __getattr__(name: str) -> object:
    """Load what is asked for, and nothing before."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
