"""METRICS: the 425 named measurements of one window, in families."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import on_every_core
from vocal_separation_sanity_check.fingerprints import measurement_kernels as kernels
from vocal_separation_sanity_check.spectral import BAND_EDGES_HZ, BANDS_HZ

_Array = NDArray[np.generic]
_Seen = tuple[_Array, _Array, _Array, float, _Array, float]

_FAMILY_NAMES: dict[str, tuple[str, ...]] = {
    "profile": tuple(f"profile_{band:03d}" for band in range(kernels.N_BANDS)),
    "band energies": tuple(f"{band.replace('-', '_')}_energy" for band in BANDS_HZ),
    "shape": (
        "centroid_hz",
        "spread_hz",
        "roll_off_hz",
        "flatness",
        "slope_db_per_khz",
        "crest",
    ),
    "harmonic": (
        "fundamental_hz",
        "n_harmonics",
        "harmonic_spacing_hz",
        "harmonic_strength",
        "harmonic_to_noise_db",
    ),
    "formant": ("formant_1_hz", "formant_2_hz", "formant_3_hz", "formant_strength"),
    "dynamics": ("peak_to_rms", "energy_concentration", "entropy", "total_energy"),
}

METRICS: tuple[str, ...] = tuple(name for names in _FAMILY_NAMES.values() for name in names)
"""The names, in the order of the last axis of a fingerprint."""

FAMILIES: dict[str, slice] = {}
"""Where each family lies on the last axis of a fingerprint."""
for _family, _names in _FAMILY_NAMES.items():
    _start = METRICS.index(_names[0])
    FAMILIES[_family] = slice(_start, _start + len(_names))

WITHOUT_GRADIENT = frozenset(
    {
        "roll_off_hz",
        "fundamental_hz",
        "n_harmonics",
        "harmonic_spacing_hz",
        "formant_1_hz",
        "formant_2_hz",
        "formant_3_hz",
    }
)
"""Counts and positions of peaks: piecewise constant, compared but never descended on."""

SILENT_DBFS = -200.0
"""Level of the sine that a window must be as loud as not to be silent, see `silent_below`."""


@dataclass(frozen=True)
class BandAverage:
    """Mean of the bins in equal bands with exact fractional edges: the matrix P, row by row.

    Attributes
    ----------
    first_bin : int64, shape (n_bands,)
    coverage : floating, shape (n_bands, width)
        Share of bin ``first_bin + k`` in the band; each row sums to 1.
    """

    first_bin: NDArray[np.int64]
    coverage: NDArray[np.floating]


def band_average(n_bins: int, dtype: type = np.float32) -> BandAverage:
    """Cut `n_bins` into 400 equal bands, bins split at the edges in proportion.

    Parameters
    ----------
    n_bins : int
    dtype : float32 or float64

    Returns
    -------
    BandAverage
    """
    edges = np.linspace(0, n_bins, kernels.N_BANDS + 1)
    width = min(n_bins, int(np.ceil(n_bins / kernels.N_BANDS)) + 1)
    first = np.minimum(np.floor(edges[:-1]).astype(np.int64), n_bins - width)
    bins = first[:, None] + np.arange(width)
    overlap = np.minimum(bins + 1, edges[1:, None]) - np.maximum(bins, edges[:-1, None])
    coverage = np.clip(overlap, 0, None)
    # An edge that rounding leaves a hair inside a bin must not add a diagonal to the operator.
    coverage[coverage < 1e-9] = 0
    return BandAverage(first, (coverage / coverage.sum(1, keepdims=True)).astype(dtype))


def pyramid_sizes(n_bins: int) -> NDArray[np.int64]:
    """Sizes of the levels that a spectrogram of `n_bins` bins is max-pooled to, int64 (5,)."""
    return n_bins // 2 ** np.arange(1, kernels.N_LEVELS + 1)


def silent_below(n_bins: int) -> float:
    """Magnitude that a window of a slice must reach somewhere not to be silent: -200 dBFS.

    A silent window has a profile and energies, which are what they are; the shape of a spectrum,
    its harmonics, formants and dynamics have no meaning in it, are 0, and have no gradient.

    The limit is 200 dB under a sine of full scale, amplitude 1, whose peak is ``n_fft / 4`` under a
    Hann window. Nothing that a sound file can hold is lost: the last bit of 24-bit samples, and the
    rounding of 32-bit floats at full scale, lie above -150 dBFS. Under it is what computing leaves
    behind, such as the end of a resampling filter. And the limit is far enough from what single
    precision can hold that the square of a heard window's peak is never 0, nor the inverse of that
    square, as in gradients, infinite. It is one level for every window, and not relative to the
    song's peak, so that a window measures the same in a block and in the whole song.

    Parameters
    ----------
    n_bins : int
        Of the spectrogram: ``n_fft / 2 + 1``.

    Returns
    -------
    float
    """
    return 10 ** (SILENT_DBFS / 20) * (n_bins - 1) / 2


def heard(rows: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell which windows are not silent, see `silent_below`.

    Parameters
    ----------
    rows : floating, shape (n_windows, 425)
        As `measure` fills them.

    Returns
    -------
    bool, shape (n_windows,)
    """
    # A peak over a mean: at least 1, but in silence.
    return rows[:, METRICS.index("crest")] > 0


def measure(
    sliced: NDArray[np.floating], n_bins: int, bin_hz: float, out: NDArray[np.floating]
) -> None:
    """Take the 425 measurements of every window of one slice.

    The profile is of the slice as it is, signed; the other 25 are of its magnitude, max-pooled:
    band energies and formants at a quarter of `n_bins`, harmonics at an eighth, shape and
    dynamics at a sixteenth, total energy at a thirty-second. See `silent_below` for silence.

    Parameters
    ----------
    sliced : floating, shape (n_slice_windows, n_slice_bins)
        From `slices.take_slice`.
    n_bins : int
        Of the spectrogram that the slice is of.
    bin_hz : float
        Spacing of the spectrogram's bins.
    out : floating, shape (n_slice_windows, 425)
        Filled.
    """
    seen = _seen_of(sliced, n_bins, bin_hz)

    def measure_some(first: int, last: int) -> None:
        kernels.measure_windows(
            sliced[first:last],
            *seen,
            out[first:last],
        )

    on_every_core(measure_some, len(sliced))


def measure_transpose(
    sliced: NDArray[np.floating],
    n_bins: int,
    bin_hz: float,
    values: NDArray[np.floating],
    error: NDArray[np.floating],
) -> NDArray[np.floating]:
    """Gradient of ``sum(error * measurements)`` with respect to the slice.

    Parameters
    ----------
    sliced, n_bins, bin_hz
        As for `measure`.
    values : floating, shape (n_slice_windows, 425)
        What `measure` gave for this slice.
    error : floating, shape (n_slice_windows, 425)
        d loss / d measurement; columns in `WITHOUT_GRADIENT` are ignored.

    Returns
    -------
    floating, shape of `sliced`
    """
    seen = _seen_of(sliced, n_bins, bin_hz)
    grad = np.empty_like(sliced)

    def transpose_some(first: int, last: int) -> None:
        kernels.measure_windows_gradient(
            sliced[first:last],
            *seen,
            values[first:last],
            error[first:last],
            grad[first:last],
        )

    on_every_core(transpose_some, len(sliced))
    return grad


def _seen_of(sliced: NDArray[np.floating], n_bins: int, bin_hz: float) -> _Seen:
    """What both kernels have to know of a slice, in their order."""
    bands = band_average(sliced.shape[1], sliced.dtype.type)
    sizes, lowest = pyramid_sizes(n_bins), silent_below(n_bins)
    return bands.first_bin, bands.coverage, sizes, bin_hz, BAND_EDGES_HZ, lowest
