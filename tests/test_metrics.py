"""The measurements."""

import numpy as np
import pytest
from naive import band_average_matrix, measurements

from vocal_separation_sanity_check.fingerprints.metrics import (
    FAMILIES,
    METRICS,
    WITHOUT_GRADIENT,
    band_average,
    measure,
    measure_transpose,
)

BIN_HZ = 22050 / 2048


def measured(columns, n_bins, bin_hz=BIN_HZ):
    out = np.full((len(columns), 425), np.nan, columns.dtype)
    measure(np.ascontiguousarray(columns), n_bins, bin_hz, out)
    return out


def signed_columns(slice_bins):
    """As the windows of a slice of edges are: of either sign, and of all sizes."""
    rng = np.random.default_rng(3)
    return rng.standard_normal((4, slice_bins)) * rng.random((4, slice_bins)) ** 3


def of(row, name):
    return row[METRICS.index(name)]


def test_425_names_in_families_of_400_6_6_5_4_4():
    assert len(METRICS) == len(set(METRICS)) == 425
    sizes = [columns.stop - columns.start for columns in FAMILIES.values()]
    assert sizes == [400, 6, 6, 5, 4, 4]
    assert set(METRICS) >= WITHOUT_GRADIENT


@pytest.mark.parametrize("n_bins", [1025, 512, 257, 129])
def test_band_average_is_the_overlap_matrix(n_bins):
    bands = band_average(n_bins, np.float64)
    dense = np.zeros((400, n_bins))
    for band in range(400):
        for k in range(bands.coverage.shape[1]):
            dense[band, bands.first_bin[band] + k] += bands.coverage[band, k]
    np.testing.assert_allclose(dense, band_average_matrix(n_bins), atol=1e-12)


# Compiled, the kernels sum in double precision; as plain Python a float32 sum stays one.
PRECISIONS = [(np.float64, 9), pytest.param(np.float32, 6, marks=pytest.mark.compiled)]


@pytest.mark.parametrize(("dtype", "digits"), PRECISIONS)
@pytest.mark.parametrize(("n_bins", "slice_bins"), [(1025, 1025), (1025, 512), (257, 257)])
def test_measurements_are_the_plain_ones(n_bins, slice_bins, dtype, digits):
    columns = signed_columns(slice_bins).astype(dtype)
    bin_hz = 22050 / (2 * (n_bins - 1))
    found = measured(columns, n_bins, bin_hz)
    exactly = columns.astype(np.float64)
    for column, row in zip(exactly, found, strict=True):
        wanted = measurements(column, n_bins, bin_hz)
        np.testing.assert_allclose(row[400:], wanted, rtol=10.0**-digits, atol=10.0**-digits / 10)
    profiles = exactly @ band_average_matrix(slice_bins).T
    np.testing.assert_allclose(found[:, :400], profiles, atol=10.0**-digits / 10)


@pytest.mark.parametrize(("n_bins", "slice_bins"), [(1025, 1025), (1025, 512), (257, 257)])
def test_gradients_in_single_precision_are_those_in_double(n_bins, slice_bins):
    """Which the tests of the fit hold to differences of the loss."""
    columns = signed_columns(slice_bins).astype(np.float32)
    error = np.random.default_rng(5).standard_normal((len(columns), 425)).astype(np.float32)
    bin_hz = 22050 / (2 * (n_bins - 1))
    single, double = (
        measure_transpose(at, n_bins, bin_hz, measured(at, n_bins, bin_hz), error.astype(at.dtype))
        for at in (columns, columns.astype(np.float64))
    )
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, atol=1e-6 * np.abs(double).max())


def test_silence_measures_zero():
    assert not measured(np.zeros((1, 1025)), 1025).any()


def test_scaling_moves_only_what_has_a_scale():
    column = np.random.default_rng(4).random((1, 1025))
    once, twice = measured(column, 1025)[0], measured(2 * column, 1025)[0]
    for name in METRICS[400:]:
        factor = 4 if name.endswith("_energy") else 1
        assert of(twice, name) == pytest.approx(factor * of(once, name), rel=1e-9), name
    np.testing.assert_allclose(twice[:400], 2 * once[:400])


def test_a_tone_is_found_where_it_is():
    column = np.full((1, 1025), 1e-6)
    column[0, 279] = 1
    row = measured(column, 1025)[0]
    assert of(row, "centroid_hz") == pytest.approx(279 * BIN_HZ, rel=0.06)
    assert of(row, "high_mid_energy") == pytest.approx(1, rel=1e-6)
    assert of(row, "energy_concentration") > 0.999
    assert of(row, "entropy") < 0.01
    assert of(row, "flatness") < 1e-3


def test_a_harmonic_series_has_its_fundamental_and_strength():
    fundamental_hz = 517.0
    column = np.full((1, 1025), 1e-4)
    for number in range(1, 20):
        column[0, round(number * fundamental_hz / BIN_HZ)] = 1
    row = measured(column, 1025)[0]
    assert of(row, "fundamental_hz") == pytest.approx(fundamental_hz, rel=0.03)
    assert of(row, "harmonic_strength") > 0.9
    assert of(row, "harmonic_spacing_hz") == pytest.approx(fundamental_hz, rel=0.03)
