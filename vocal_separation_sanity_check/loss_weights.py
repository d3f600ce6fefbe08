"""What takes part in the loss, and with which weight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprint import Fingerprint
from vocal_separation_sanity_check.measurement_loss import TERMS, MeasurementLoss
from vocal_separation_sanity_check.profile_operator import SLICE_WEIGHTS
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.slices import LINEAR_SLICES, SLICES


def check_weights(settings: Settings) -> None:
    """Check the weights of families and views.

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
        ("view", settings.view_weights, tuple(view.name for view in SLICES)),
    ):
        for name, weight in weights.items():
            if name not in known or not weight >= 0:
                raise InputError(
                    f"{what} weight {name}={weight}, wanted 0 or more for one of {list(known)}"
                )


def linear_weights(settings: Settings) -> NDArray[np.float64]:
    """Weight of each linear view's profiles in the loss, shape (17,)."""
    of_views = [settings.view_weights.get(view.name, 1.0) for view in LINEAR_SLICES]
    return settings.family_weights.get("profile", 1.0) * np.array(of_views) * SLICE_WEIGHTS


def terms_weights(settings: Settings) -> dict[str, float]:
    """Weights of what is not the linear views' profiles; empty where none has one."""
    return {f: w for f, w in settings.family_weights.items() if f != "profile" and w}


def measurement_terms(target: Fingerprint, settings: Settings) -> MeasurementLoss | None:
    """Give the part of the loss that is not quadratic, where any of it has a weight."""
    weights = terms_weights(settings)
    return MeasurementLoss(target, weights, settings.view_weights) if weights else None
