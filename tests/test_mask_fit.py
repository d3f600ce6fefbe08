"""The fit, its operator and its gradients."""

from dataclasses import replace

import numpy as np
import pytest
from gradient_check import directional_error
from naive import profile_operator_matrix

from vocal_separation_sanity_check import InputError, Settings, fingerprint, fit_mask
from vocal_separation_sanity_check.fingerprints.slices import (
    LINEAR_SLICES,
    LINEAR_TAPS,
)
from vocal_separation_sanity_check.fitting.measurement_loss import (
    TERMS,
    MeasurementLoss,
)
from vocal_separation_sanity_check.fitting.profile_operator import (
    SLICE_WEIGHTS,
    ProfileOperator,
)

N_BINS, N_WINDOWS = 129, 5


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def weights(rng):
    return rng.random(17)


@pytest.fixture(scope="module")
def spectra():
    """A mixture and a target that a mask can reach, both float32."""
    rng = np.random.default_rng(8)
    mixture = (rng.random((257, 12)) ** 4).astype(np.float32)
    return mixture, (mixture * rng.random(mixture.shape) ** 2).astype(np.float32)


@pytest.mark.slow
def test_operator_is_the_dense_one(rng, weights):
    dense = profile_operator_matrix(LINEAR_TAPS, weights, N_BINS, N_WINDOWS)
    operator = ProfileOperator(N_BINS, N_WINDOWS, np.float64, weights)
    x = rng.standard_normal((N_BINS, N_WINDOWS))
    found = np.empty_like(x)
    operator.apply(x, found)
    np.testing.assert_allclose(found.ravel(), dense @ x.ravel(), rtol=1e-10, atol=1e-10)


def test_operator_is_the_slices_and_their_transpose(rng, weights):
    magnitude = rng.random((257, 6))
    operator = ProfileOperator(*magnitude.shape, np.float64, weights)
    profiles = fingerprint(magnitude).linear_profiles.transpose(0, 2, 1)
    np.testing.assert_allclose(operator.profiles(magnitude), profiles, atol=1e-12)
    there_and_back = operator.profiles_transpose(np.ascontiguousarray(profiles))
    at_once = np.empty_like(magnitude)
    operator.apply(magnitude, at_once)
    np.testing.assert_allclose(at_once, there_and_back, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_windows", [2, 20, 127, 128, 300])
def test_preconditioner_is_the_inverse_but_for_the_ends(rng, n_windows):
    operator = ProfileOperator(64, n_windows, np.float64)
    x, y = rng.standard_normal((2, 64, n_windows))
    curved = np.empty_like(x)
    operator.apply(x, curved)
    error = operator.precondition(curved) - x
    assert np.linalg.norm(error) < 0.6 * np.linalg.norm(x)
    depth = np.minimum(np.arange(n_windows), np.arange(n_windows)[::-1])
    assert (np.abs(error).max(0) < 1.3 * 0.55**depth + 1e-4).all()
    if n_windows <= 127:
        assert (x * operator.precondition(y)).sum() == pytest.approx(
            (y * operator.precondition(x)).sum(), rel=1e-9
        )


@pytest.mark.slow
def test_the_operator_is_well_conditioned():
    """The weights see to that; with 10000, single precision would leave a hundredth of error."""
    dense = profile_operator_matrix(LINEAR_TAPS, SLICE_WEIGHTS, 64, 8)
    eigenvalues = np.linalg.eigvalsh(dense)
    assert eigenvalues[-1] < 100 * eigenvalues[0]


@pytest.mark.slow
@pytest.mark.parametrize("family", TERMS)
def test_every_hand_written_gradient(rng, family):
    mixture = rng.random((1025, 6)) ** 4
    target = fingerprint(mixture * rng.random(mixture.shape))
    terms = MeasurementLoss(target, {family: 1.0}, {"blob": 0.5})
    assert directional_error(terms.value_and_gradient, mixture, rng) < 1e-6


def test_the_checker_rejects_a_gradient_that_is_wrong_by_a_twentieth_percent(rng):
    def wrong(x):
        return float((x**2).sum()), 2 * x * 1.0005

    def right(x):
        return float((x**2).sum()), 2 * x

    at = rng.random((9, 4))
    assert directional_error(right, at, rng) < 1e-6 < 1e-4 < directional_error(wrong, at, rng)


def test_fit_finds_a_reachable_target_and_the_loss_falls(spectra):
    mixture, target = spectra
    fit = fit_mask(mixture, fingerprint(target))
    assert np.abs(fit.mask * mixture - target).max() < 1e-3
    assert (np.diff(fit.loss) < 0).all()
    assert fit.loss[-1] < 1e-7 * fit.loss[0]
    assert fit.mask.min() >= 0
    assert fit.mask.max() <= 1
    assert fit.match_after.overall > 0.99 > fit.match_before.overall
    assert fit.loss_of(target / np.maximum(mixture, 1e-9)) < fit.loss[-1]


@pytest.mark.slow
def test_two_runs_are_the_same_to_the_bit_and_the_start_does_not_matter(spectra):
    mixture, target = spectra
    once, again, other = (
        fit_mask(mixture, fingerprint(target), Settings(seed=seed)) for seed in (0, 0, 1)
    )
    assert once.mask.tobytes() == again.mask.tobytes()
    assert once.loss[0] != other.loss[0]
    assert np.abs((once.mask - other.mask) * mixture).max() < 1e-3


def test_iterations_are_a_limit(spectra):
    mixture, target = spectra
    steps = []
    fit = fit_mask(mixture, fingerprint(target), Settings(n_iterations=3), steps.append)
    assert len(fit.loss) == 4
    assert steps == [1, 2, 3]


@pytest.mark.slow
def test_measurement_terms_take_part_and_the_loss_still_falls(spectra):
    mixture, target = spectra
    settings = Settings(n_iterations=6, family_weights={"shape": 0.1, "pooled profile": 0.1})
    fit = fit_mask(mixture, fingerprint(target), settings)
    assert (np.diff(fit.loss) < 0).all()
    plain = replace(fit, settings=Settings())
    assert fit.loss[0] > plain.loss[0]


def test_a_slice_without_weight_takes_no_part(spectra):
    mixture, target = spectra
    others = {which.name: 0.0 for which in LINEAR_SLICES if which.name != "raw"}
    settings = Settings(slice_weights=others, seed=3)
    print_ = fingerprint(target)
    fit = fit_mask(mixture, print_, settings)
    print_.values[print_.slice_number != 0] = 1.0
    assert fit.mask.tobytes() != fit_mask(mixture, print_).mask.tobytes()
    of_raw = fit.match_after.by_slice_and_family["raw"]["profile"]
    assert of_raw > 0.97 > fit.match_after.by_slice_and_family["edge 90 deg"]["profile"]


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("family", ["pooled profile", "band energies", "dynamics"])
def test_a_family_alone_can_be_descended_on(spectra, family):
    mixture, target = spectra
    settings = Settings(family_weights={"profile": 0.0, family: 1.0})
    fit = fit_mask(mixture, fingerprint(target), settings)
    assert (np.diff(fit.loss) < 0).all()
    assert fit.loss[-1] < 0.2 * fit.loss[0]


def test_no_target_bin_is_needed_where_the_mixture_is_silent(spectra):
    mixture, target = (array.copy() for array in spectra)
    mixture[:, 3] = target[:, 3] = 0
    assert not fit_mask(mixture, fingerprint(target)).mask[:, 3].any()


def test_bad_input_is_refused(spectra):
    mixture, target = spectra
    with pytest.raises(InputError, match="use one STFT for both"):
        fit_mask(mixture[:, :5], fingerprint(target))
    with pytest.raises(InputError, match="silent"):
        fit_mask(mixture, fingerprint(np.zeros_like(target)))
    with pytest.raises(InputError, match="slice weight raw=-1"):
        fit_mask(mixture, fingerprint(target), Settings(slice_weights={"raw": -1.0}))
    with pytest.raises(InputError, match="family weight rhythm"):
        fit_mask(mixture, fingerprint(target), Settings(family_weights={"rhythm": 1.0}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": "phase"}, "wanted one of"),
        ({"hop_length": 2000}, "1 to 1024"),
        ({"n_iterations": 0}, "1 or more"),
        ({"seed": -1}, "0 or more"),
    ],
)
def test_settings_are_checked(change, words):
    with pytest.raises(InputError, match=words):
        Settings(**change)
