"""Sound far too quiet for single precision: every output is written, and the same every time.

Arrays that the code has not yet written hold NaN here, so that whatever is left out shows.
"""

import numba
import numpy as np
import pytest
from gradient_check import directional_error
from naive import band_average_matrix, measurements, silent_below

from vocal_separation_sanity_check import (
    SLICES,
    InputError,
    Settings,
    fingerprint,
    fit_mask,
    match,
    separate,
)
from vocal_separation_sanity_check.demo import demo_song
from vocal_separation_sanity_check.fingerprints import (
    measurement_kernels,
    metrics,
    slice_kernels,
    slices,
    table,
)
from vocal_separation_sanity_check.fingerprints.metrics import FAMILIES, measure, measure_transpose
from vocal_separation_sanity_check.fitting import (
    descent,
    fit_windows,
    measured_descent,
    measurement_loss,
    profile_kernels,
    profile_operator,
    quadratic_descent,
)
from vocal_separation_sanity_check.fitting.measurement_loss import TERMS, MeasurementLoss

pytestmark = pytest.mark.slow

LEVELS = [1, 1e-6, 1e-9, 1e-12, 1e-18, 1e-21, 1e-24, 1e-30, 1e-38, 0]
N_BINS = 257
BIN_HZ = 22050 / (2 * (N_BINS - 1))
QUIET = [0, 5, 6, 7, 13, 23]
"""Windows, single and side by side, at the ends and in the midst of loud ones."""
ENERGIES = np.r_[FAMILIES["profile"], FAMILIES["band energies"], 424]


class NeverWritten:
    """NumPy, but for what is in an array before it is written."""

    def __getattr__(self, name):
        return getattr(np, name)

    @staticmethod
    def empty(shape, dtype=float):
        return np.full(shape, np.nan, dtype)

    @staticmethod
    def empty_like(array):
        return np.full_like(array, np.nan)


ALLOCATING = [
    slices,
    metrics,
    table,
    descent,
    quadratic_descent,
    measured_descent,
    measurement_loss,
    profile_operator,
]


@pytest.fixture(autouse=True)
def outputs_hold_nan(monkeypatch):
    for module in ALLOCATING:
        monkeypatch.setattr(module, "np", NeverWritten())


@pytest.fixture(params=[np.float32, np.float64], ids=["single", "double"])
def dtype(request):
    return request.param


@pytest.fixture(params=LEVELS, ids="{:g}".format)
def level(request):
    return request.param


def quiet_windows(level, dtype, seed=0):
    """Magnitudes, (257, 24), with some windows at a level."""
    magnitude = np.random.default_rng(seed).random((N_BINS, 24)) ** 3
    magnitude[:, QUIET] *= level
    return magnitude.astype(dtype)


def same_each_time(compute):
    """The result of twice two threads, then one: to the bit."""
    results = []
    for n_threads in (2, 2, 1):
        numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
        try:
            results.append(compute())
        finally:
            numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    for other in results[1:]:
        for first, again in zip(results[0], other, strict=True):
            assert np.isfinite(first).all()
            assert np.asarray(first).tobytes() == np.asarray(again).tobytes()
    return results[0]


def measured(columns):
    out = np.full((len(columns), 425), np.nan, columns.dtype)
    measure(columns, N_BINS, BIN_HZ, out)
    return out


def test_measurements_are_the_plain_ones_at_every_level(level, dtype):
    columns = np.ascontiguousarray(quiet_windows(level, dtype)[:, :8].T)
    columns[:, ::3] *= -1
    (found,) = same_each_time(lambda: [measured(columns)])
    exactly = columns.astype(np.float64)
    wanted = np.array([measurements(column, N_BINS, BIN_HZ) for column in exactly])
    precision = 1e-5 if dtype is np.float32 else 1e-9
    # What single precision holds of an energy of 1e-38 and less.
    tiny = 1e-43 if dtype is np.float32 else 0
    np.testing.assert_allclose(found[:, 400:], wanted, rtol=precision, atol=tiny)
    profiles = exactly @ band_average_matrix(N_BINS).T
    for row, profile in zip(found[:, :400], profiles, strict=True):
        np.testing.assert_allclose(row, profile, atol=precision * np.abs(profile).max() + tiny)


@pytest.mark.parametrize(("loudness", "is_silent"), [(0.99, True), (1.01, False)])
def test_silence_is_200_db_under_full_scale(loudness, is_silent, dtype):
    columns = np.full((1, N_BINS), loudness * silent_below(N_BINS), dtype)
    found = measured(columns)[0]
    assert (found[ENERGIES] > 0).any()
    assert found[np.delete(np.arange(425), ENERGIES)].any() != is_silent


@pytest.mark.compiled
def test_fingerprint_is_whole_at_every_level(level, dtype):
    magnitude = quiet_windows(level, dtype)
    same_each_time(lambda: [fingerprint(magnitude).values])
    whole = fingerprint(magnitude)
    # Two blocks that overlap; a slice sees one window beside its own.
    halves = [(0, 16, 0, 14), (10, 24, 14, 24)]
    for begin, end, first, last in halves:
        block = fingerprint(np.ascontiguousarray(magnitude[:, begin:end]))
        for which in SLICES:
            step = 2 if which.is_pooled else 1
            own = block.of(which)[(first - begin) // step : (last - begin) // step]
            of_whole = whole.of(which)[first // step : last // step]
            np.testing.assert_array_equal(own, of_whole)


@pytest.mark.compiled
def test_match_is_a_number_at_every_level(level, dtype):
    own = fingerprint(quiet_windows(level, dtype))
    other = fingerprint(quiet_windows(level, dtype, seed=1))
    assert match(own, own).overall == 1
    assert 0 < match(own, other).overall < 1


def test_a_silent_window_hands_back_the_gradients_of_its_energies_only(level, dtype):
    columns = np.ascontiguousarray(quiet_windows(level, dtype).T)
    values = measured(columns)
    error = np.random.default_rng(2).standard_normal(values.shape).astype(dtype)
    of_energies = np.zeros_like(error)
    of_energies[:, ENERGIES] = error[:, ENERGIES]

    def gradients():
        every = measure_transpose(columns, N_BINS, BIN_HZ, values, error)
        return every, measure_transpose(columns, N_BINS, BIN_HZ, values, of_energies)

    every, energies = same_each_time(gradients)
    has_more = (every != energies).any(1)
    is_silent = np.abs(columns[:, : N_BINS - 1]).max(1) < silent_below(N_BINS)
    np.testing.assert_array_equal(has_more, ~is_silent)


@pytest.mark.compiled
def test_the_loss_has_a_gradient_at_every_level(level, dtype):
    mixture, target = quiet_windows(1, dtype), quiet_windows(level, dtype, seed=1)
    for sound, wanted in ((mixture, target), (target, mixture)):
        terms = MeasurementLoss(fingerprint(wanted), dict.fromkeys(TERMS, 1.0), {})
        same_each_time(lambda terms=terms, sound=sound: terms.value_and_gradient(sound))


@pytest.mark.compiled
@pytest.mark.parametrize("family", TERMS)
def test_every_hand_written_gradient_beside_silence(family):
    mixture = quiet_windows(1e-12, np.float64)
    mixture[:, 9] = 0
    terms = MeasurementLoss(fingerprint(quiet_windows(1, np.float64, seed=1)), {family: 1.0}, {})
    rng = np.random.default_rng(3)
    assert directional_error(terms.value_and_gradient, mixture, rng) < 1e-5


@pytest.mark.compiled
@pytest.mark.parametrize("family", ["band energies", "shape"])
@pytest.mark.parametrize("loudness", [1e-4, 1e-8, 1e-9, 1e-21])
def test_a_target_that_is_nearly_silent_can_be_descended_to(family, loudness):
    """As a block of a song has it that lies in a pause; its loss is relative to next to nothing."""
    mixture = np.float32(100) * quiet_windows(1e-24, np.float32)
    target = fingerprint(np.float32(loudness) * quiet_windows(1, np.float32, seed=1) * mixture)
    settings = Settings(n_iterations=2, family_weights={family: 0.01})

    def fitted():
        fit = fit_windows(mixture, target, settings)
        return fit.mask, fit.gains

    _, gains = same_each_time(fitted)
    assert len(gains) == 2
    assert (gains > 0).all()


@pytest.mark.compiled
@pytest.mark.parametrize("slice_name", ["raw", "max-pooled"])
def test_a_song_that_is_nearly_silent_can_be_fitted_through_few_slices(slice_name):
    mixture = np.float32(1e-24) * quiet_windows(1, np.float32)
    weights = {which.name: float(which.name == slice_name) for which in SLICES}
    fit = fit_windows(mixture, fingerprint(mixture), Settings(slice_weights=weights))
    assert np.isfinite(fit.mask).all()


def test_a_silent_target_is_refused():
    mixture = quiet_windows(1, np.float32)
    with pytest.raises(InputError, match="silent"):
        fit_mask(mixture, fingerprint(np.float32(1e-12) * mixture))


@pytest.mark.compiled
@pytest.mark.parametrize("family_weights", [{}, dict.fromkeys(TERMS, 0.01)], ids=["plain", "terms"])
@pytest.mark.parametrize("kind", ["faded", "noise"])
def test_a_song_whose_vocal_pauses_in_rounding_errors_separates_the_same_each_time(
    kind, family_weights
):
    song = demo_song(4.0, 22050)
    mixture, vocal = song.mixture.mean(1), song.vocal.mean(1)
    pause = slice(30000, 60000)
    if kind == "faded":
        vocal[pause] *= np.float32(1e-23)
    else:
        vocal[pause] = 1e-24 * np.random.default_rng(4).standard_normal(30000)
    settings = Settings(n_iterations=3, family_weights=family_weights)

    def separated():
        found = separate(mixture, vocal, settings)
        return found.mask, found.vocal, found.fit.match_after.overall, found.fit.loss

    _, _, overall, loss = same_each_time(separated)
    assert 0 < overall < 1
    assert loss[-1] < loss[0]


def test_a_pivot_that_rounding_takes_to_zero_or_under_is_kept_positive():
    """Of neighbours that are all but equal, ``[[1, 1], [1, 1 - 1e-7]]``, the second pivot."""
    bands = np.ones((2, 2, 3), np.float32)
    bands[0, 1] = [1 - 1e-7, 1, 2]
    profile_kernels.factor_banded(bands, np.float32(0.01))
    np.testing.assert_allclose(bands[0], [[1, 1, 1], [10, 10, 1]], rtol=1e-6)


def test_no_kernel_can_end_a_thread_by_an_exception():
    kernels = [
        kernel
        for module in (slice_kernels, measurement_kernels, profile_kernels)
        for kernel in vars(module).values()
        if hasattr(kernel, "py_func")
    ]
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled here")
    assert len(kernels) > 25
    for kernel in kernels:
        assert kernel.targetoptions["error_model"] == "numpy", kernel
        assert not kernel.targetoptions.get("fastmath"), kernel
