"""The fingerprint: 19 slices of a magnitude spectrogram, 425 measurements of each of their windows.

In comes a magnitude spectrogram, (n_bins, n_windows); out come a `Fingerprint`, gradients of its
measurements, and how well two fingerprints match. `slice_kernels` and
`measurement_kernels` hold all that is compiled.
"""

from vocal_separation_sanity_check.fingerprints.measurement_kernels import is_compiled
from vocal_separation_sanity_check.fingerprints.metrics import (
    FAMILIES,
    METRICS,
    WITHOUT_GRADIENT,
    BandAverage,
    band_average,
    heard,
    measure,
    measure_transpose,
)
from vocal_separation_sanity_check.fingerprints.slices import (
    LINEAR_SLICES,
    LINEAR_TAPS,
    SLICES,
    take_slice,
    take_slice_transpose,
)
from vocal_separation_sanity_check.fingerprints.table import (
    Fingerprint,
    Match,
    MatchSums,
    checked_magnitude,
    fingerprint,
    match,
    n_points,
)

__all__ = [
    "FAMILIES",
    "LINEAR_SLICES",
    "LINEAR_TAPS",
    "METRICS",
    "SLICES",
    "WITHOUT_GRADIENT",
    "BandAverage",
    "Fingerprint",
    "Match",
    "MatchSums",
    "band_average",
    "checked_magnitude",
    "fingerprint",
    "heard",
    "is_compiled",
    "match",
    "measure",
    "measure_transpose",
    "n_points",
    "take_slice",
    "take_slice_transpose",
]
