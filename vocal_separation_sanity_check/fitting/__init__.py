"""The fit: the mask under which the mixture's fingerprint matches the target's.

In come the mixture's magnitude and the target's fingerprint, nothing else of the target; out comes
a `MaskFit`. The mathematics stands in `profile_operator` and `descent`.
"""

from vocal_separation_sanity_check.fitting.loss_weights import (
    check_weights,
    linear_weights,
)
from vocal_separation_sanity_check.fitting.mask_fit import MaskFit, fit_mask, fit_windows
from vocal_separation_sanity_check.fitting.measurement_loss import POOLED_PROFILE, TERMS
from vocal_separation_sanity_check.fitting.profile_operator import SLICE_WEIGHTS, ProfileOperator

__all__ = [
    "POOLED_PROFILE",
    "SLICE_WEIGHTS",
    "TERMS",
    "MaskFit",
    "ProfileOperator",
    "check_weights",
    "fit_mask",
    "fit_windows",
    "linear_weights",
]
