"""What takes part in the loss, and with which weight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprints import LINEAR_SLICES, SLICES, Fingerprint
from vocal_separation_sanity_check.fitting.measurement_loss import (
    TERMS,
    MeasurementLoss,
)
from vocal_separation_sanity_check.fitting.profile_operator import SLICE_WEIGHTS
from vocal_separation_sanity_check.settings import Settings


def check_weights(settings: Settings) -> None:
    """Check the weights of families and slices.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    InputError
        If one is negative or of something unknown.
    """
    for what, weights, known in (
        ("family", settings.family_weights, ("profile", *TERMS)),
        ("slice", settings.slice_weights, tuple(which.name for which in SLICES)),
    ):
        for name, weight in weights.items():
            if name not in known or not weight >= 0:
                raise InputError(
                    f"{what} weight {name}={weight}, wanted 0 or more for one of {list(known)}"
                )


def linear_weights(settings: Settings) -> NDArray[np.float64]:
    """Weight of each linear slice's profiles in the loss, shape (17,)."""
    of_slices = [settings.slice_weights.get(which.name, 1.0) for which in LINEAR_SLICES]
    return settings.family_weights.get("profile", 1.0) * np.array(of_slices) * SLICE_WEIGHTS


def terms_weights(settings: Settings) -> dict[str, float]:
    """Weights of what is not the linear slices' profiles; empty where none has one."""
    return {f: w for f, w in settings.family_weights.items() if f != "profile" and w}


def measurement_terms(target: Fingerprint, settings: Settings) -> MeasurementLoss | None:
    """Give the part of the loss that is not quadratic, where any of it has a weight."""
    weights = terms_weights(settings)
    return MeasurementLoss(target, weights, settings.slice_weights) if weights else None
