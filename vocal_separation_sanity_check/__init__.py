"""Find a voice in a mix by its spectral fingerprint."""

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.evaluation import evaluate_separation
from vocal_separation_sanity_check.fingerprint import Fingerprint, Match, fingerprint, match
from vocal_separation_sanity_check.mask_fit import MaskFit, fit_mask
from vocal_separation_sanity_check.metrics import METRICS
from vocal_separation_sanity_check.score import Score
from vocal_separation_sanity_check.separation import Separation, separate
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.slices import SLICES

__all__ = [
    "METRICS",
    "SLICES",
    "Fingerprint",
    "InputError",
    "MaskFit",
    "Match",
    "Score",
    "Separation",
    "Settings",
    "evaluate_separation",
    "fingerprint",
    "fit_mask",
    "match",
    "separate",
]
