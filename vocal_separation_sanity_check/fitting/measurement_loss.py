"""The part of the loss that is not quadratic: pooled profiles and the 25 measurements a window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fingerprints import (
    FAMILIES,
    METRICS,
    SLICES,
    WITHOUT_GRADIENT,
    Fingerprint,
    heard,
    measure,
    measure_transpose,
    take_slice,
    take_slice_transpose,
)
from vocal_separation_sanity_check.fitting.profile_operator import SLICE_WEIGHTS

POOLED_PROFILE = "pooled profile"
"""The pooled slices' profiles; the linear slices' are the quadratic form of `profile_operator`."""
TERMS: dict[str, slice] = {
    POOLED_PROFILE if family == "profile" else family: columns
    for family, columns in FAMILIES.items()
}
"""Columns of what can take part beside the quadratic form."""
ONE_UNIT = frozenset({POOLED_PROFILE, "band energies"})
"""Families whose measurements share a unit: quiet bands must not count as much as loud ones."""


def profile_energy(target: Fingerprint) -> float:
    """Weighted energy of the linear slices' profiles: what the loss of a fit is relative to."""
    rows = target.linear_profiles
    return float(SLICE_WEIGHTS @ [np.sum(row**2, dtype=np.float64) for row in rows])


class MeasurementLoss:
    """Weighted squared distance of measurements, relative to the target's own energy.

    For the measurements k of a family F with weight ``w_F``, over the slices s it is taken of::

        loss = 1/2 sum_F w_F mean_s ( sum_kt (m_skt - m*_skt)^2 / sum_kt m*_skt^2 )

    where a family has one unit; else every measurement is divided by its own energy::

        loss = 1/2 sum_F w_F mean_sk ( sum_t (m_skt - m*_skt)^2 / sum_t m*_skt^2 )

    A slice in which every window of the target is silent takes no part: it has no energy that a
    distance could be relative to.

    Parameters
    ----------
    target : Fingerprint
    family_weights : mapping of `TERMS` to float
        0 where not named.
    slice_weights : mapping of slice name to float
        1 where not named.
    unit : float, optional
        What the loss and its gradient are multiplied by.
    """

    def __init__(
        self,
        target: Fingerprint,
        family_weights: Mapping[str, float],
        slice_weights: Mapping[str, float],
        unit: float = 1.0,
    ) -> None:
        self._target, self._unit = target, unit
        self._scales = [
            slice_weights.get(which.name, 1.0)
            * self._column_scales(target.of(which), family_weights, which.is_pooled)
            for which in SLICES
        ]

    @staticmethod
    def _column_scales(
        rows: NDArray[np.floating], family_weights: Mapping[str, float], is_pooled: bool
    ) -> NDArray[np.floating]:
        scales = np.zeros(len(METRICS), rows.dtype)
        if not heard(rows).any():
            return scales
        energy = (rows.astype(np.float64) ** 2).sum(0)
        for family, weight in family_weights.items():
            columns = TERMS[family]
            if family == POOLED_PROFILE and not is_pooled:
                continue
            n_slices = 2 if family == POOLED_PROFILE else len(SLICES)
            if family in ONE_UNIT:
                shared = energy[columns].sum()
            else:
                shared = energy[columns] * (columns.stop - columns.start)
            scales[columns] = weight / n_slices / np.where(shared > 0, shared, np.inf)
        scales[[METRICS.index(name) for name in WITHOUT_GRADIENT]] = 0
        return scales

    def value_and_gradient(
        self, magnitude: NDArray[np.floating]
    ) -> tuple[float, NDArray[np.floating]]:
        """Loss of a magnitude, and its gradient.

        Parameters
        ----------
        magnitude : floating, shape (n_bins, n_windows)

        Returns
        -------
        loss : float
        gradient : floating, shape (n_bins, n_windows)
        """
        by_window = np.ascontiguousarray(magnitude.T)
        n_bins, bin_hz = self._target.n_bins, self._target.bin_hz
        gradient = np.zeros_like(by_window)
        loss = 0.0
        for which, scales in zip(SLICES, self._scales, strict=True):
            if scales.any():
                seen = take_slice(by_window, which)
                values = np.empty((len(seen), len(METRICS)), by_window.dtype)
                measure(seen, n_bins, bin_hz, values)
                apart = values - self._target.of(which)
                error = scales * apart
                loss += 0.5 * float((error.astype(np.float64) * apart).sum())
                back = measure_transpose(seen, n_bins, bin_hz, values, error)
                take_slice_transpose(back, by_window, which, gradient)
        return self._unit * loss, self._unit * gradient.T
