"""Least squares over the windows before: each kernel against plain loops."""

from itertools import pairwise

import naive_paths
import numpy as np
import pytest

from vocal_separation_sanity_check.rebuilding.backwards import backwards_gains
from vocal_separation_sanity_check.rebuilding.bin_equations import BinEquations
from vocal_separation_sanity_check.rebuilding.level_track import _smooth
from vocal_separation_sanity_check.rebuilding.path_equations import N_AHEAD, normal_equations
from vocal_separation_sanity_check.rebuilding.path_kernels import (
    apply_taps,
    solve,
    solve_bins,
)

FOLDS = {
    "uneven": (0, 3, 10, 11, 29),
    "one": (0, 29),
    "an empty one": (0, 13, 13, 29),
    "not from the start to the end": (5, 9, 22),
}


class Stretch:
    """Random spectra, and what the oracles make of them."""

    def __init__(self, n_taps, n_bins=3, n_windows=29, edges=(0, 3, 10, 11, 29), seed=0):
        self.rng = np.random.default_rng(seed)
        self.reference = self.noise(n_bins, n_windows)
        self.error = self.noise(n_bins, n_windows)
        self.weights = self.rng.exponential(size=(n_bins, n_windows)).astype(np.float32)
        self.edges = np.array(edges)
        self.n_taps = n_taps
        self.earlier = naive_paths.earlier_windows(self.reference, n_taps, N_AHEAD)

    def noise(self, *shape):
        real, imag = self.rng.normal(size=(2, *shape))
        return (real + 1j * imag).astype(np.complex64)

    @property
    def padded(self):
        return np.pad(self.reference, ((0, 0), (self.n_taps - 1 - N_AHEAD, N_AHEAD)))

    def sums(self):
        """What the kernel makes of them."""
        n_folds, n_bins = len(self.edges) - 1, len(self.reference)
        auto = np.full((n_folds, n_bins, self.n_taps, self.n_taps), np.nan, np.complex64)
        cross = np.full((n_folds, n_bins, self.n_taps), np.nan, np.complex64)
        normal_equations(self.padded, self.error, self.weights, self.edges, auto, cross)
        return auto, cross

    def equations(self):
        """The same as the package keeps them."""
        own = self.reference, self.error, self.weights
        return BinEquations.of(*own, self.edges, self.n_taps)

    def windows(self, *, without=None):
        """Of all folds but one."""
        folds = (range(*ends) for number, ends in enumerate(pairwise(self.edges)))
        return [t for number, fold in enumerate(folds) if number != without for t in fold]


def assert_close(found, expected, tolerance=3e-6):
    """To float32, of the largest."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("n_taps", [2, 3, 7, 8, 9, 17])
def test_normal_equations_against_a_plain_loop(n_taps):
    made = Stretch(n_taps)
    expected = naive_paths.normal_equations(made.earlier, made.error, made.weights, made.edges)
    for found, wanted in zip(made.sums(), expected, strict=True):
        assert_close(found, wanted)


@pytest.mark.parametrize("edges", FOLDS.values(), ids=FOLDS)
def test_folds_of_any_length(edges):
    made = Stretch(5, edges=edges)
    expected = naive_paths.normal_equations(made.earlier, made.error, made.weights, made.edges)
    for found, wanted in zip(made.sums(), expected, strict=True):
        assert_close(found, wanted)


@pytest.mark.parametrize("n_windows", [1, 2, 6])
def test_fewer_windows_than_taps(n_windows):
    made = Stretch(11, n_windows=n_windows, edges=(0, n_windows // 2, n_windows))
    expected = naive_paths.normal_equations(made.earlier, made.error, made.weights, made.edges)
    for found, wanted in zip(made.sums(), expected, strict=True):
        assert_close(found, wanted)


def test_windows_of_no_weight_have_no_say():
    made = Stretch(6)
    silent = made.rng.random(made.weights.shape) < 0.4
    made.weights[silent] = 0
    made.weights[1] = 0
    auto, cross = made.sums()
    expected = naive_paths.normal_equations(made.earlier, made.error, made.weights, made.edges)
    assert_close(auto, expected[0])
    assert_close(cross, expected[1])
    assert not auto[:, 1].any()
    assert not cross[:, 1].any()
    made.error[silent] += 100
    np.testing.assert_array_equal(made.sums()[1], cross)


def test_apply_taps_against_a_plain_loop():
    made = Stretch(9)
    taps = made.noise(4, 3, 9)
    fold_of = np.repeat(np.arange(4), np.diff(made.edges))
    found = np.full((3, 29), np.nan, np.complex64)
    apply_taps(made.padded, taps, fold_of, found)
    assert_close(found, naive_paths.apply_taps(made.earlier, taps, fold_of))


def test_one_tap_without_delay_hands_the_reference_on():
    made = Stretch(9)
    taps = np.zeros((1, 3, 9), np.complex64)
    taps[0, :, N_AHEAD] = 1
    found = np.full((3, 29), np.nan, np.complex64)
    apply_taps(made.padded, taps, np.zeros(29, int), found)
    np.testing.assert_array_equal(found, made.reference)


@pytest.mark.parametrize("n_taps", [1, 2, 7, 13])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_solve_is_least_squares_under_the_prior(n_taps, size):
    """Three systems at a time, of which each comes out as if alone."""
    rng = np.random.default_rng(n_taps)
    below = np.tril_indices(n_taps)
    matrices, sides, expected = [], [], []
    for _ in range(3):
        rows, error = (
            rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in ((40, n_taps), 40)
        )
        weights, penalty = size * rng.exponential(size=40), size * rng.exponential(size=n_taps)
        auto, cross = (rows.conj().T * weights) @ rows, (rows.conj().T * weights) @ error
        matrices.append((auto + np.diag(penalty))[below])
        sides.append(cross)
        nothing = np.zeros(n_taps)
        expected.append(naive_paths.best_taps(rows, error, weights, range(40), penalty, nothing))
    matrix, side = (np.array(each).T for each in (matrices, sides))
    real, imag = side.real.copy(), side.imag.copy()
    solve(matrix.real.copy(), matrix.imag.copy(), real, imag)
    for system, wanted in enumerate(expected):
        assert_close(real[:, system] + 1j * imag[:, system], wanted, 1e-10)


def test_taps_are_the_prior_where_nothing_is_heard():
    priors = np.array([[[1 + 2j, -0.5j, 0.25, 0]]], np.complex64)
    taps = np.full((1, 1, 4), np.nan + 0j)
    nothing = np.zeros((2, 1, 4, 4), np.complex64)
    solve_bins(nothing, nothing[..., 0], np.array([[1e-3, 1, 10, 1e6]]), priors, -1, taps)
    np.testing.assert_allclose(taps, priors, rtol=1e-15)


@pytest.mark.parametrize("left_out", [-1, 0, 2])
@pytest.mark.parametrize("n_candidates", [1, 2, 25])
def test_solve_bins_against_least_squares_of_all_windows(n_candidates, left_out):
    """As many candidates as leave room for several bins in what is solved together, and for two."""
    made = Stretch(5, n_windows=37, edges=(0, 12, 25, 37))
    penalties = made.rng.exponential(size=(n_candidates, 5))
    priors = made.noise(n_candidates, 3, 5)
    found = np.full((n_candidates, 3, 5), np.nan + 0j)
    solve_bins(*made.sums(), penalties, priors, left_out, found)
    windows = made.windows(without=left_out)
    for candidate in range(n_candidates):
        for f in range(3):
            own = made.earlier[f], made.error[f], made.weights[f]
            belief = penalties[candidate], priors[candidate, f]
            expected = naive_paths.best_taps(*own, windows, *belief)
            assert_close(found[candidate, f], expected, 1e-5)


def test_cross_validation_is_what_other_folds_explain_of_each():
    made = Stretch(5, n_bins=4, n_windows=41, edges=(0, 9, 11, 30, 41))
    # Some of the error is of the reference, so that gains of both signs occur.
    made.error[:2] += 2 * made.reference[:2]
    penalties, priors = made.rng.exponential(size=(2, 5)), made.noise(2, 4, 5)
    found = made.equations().cross_validated(penalties, priors)
    expected = np.full((2, 4, 4), np.nan)
    for candidate in range(2):
        for f in range(4):
            own = made.earlier[f], made.error[f], made.weights[f]
            belief = penalties[candidate], priors[candidate, f]
            for fold, ends in enumerate(pairwise(made.edges)):
                taps = naive_paths.best_taps(*own, made.windows(without=fold), *belief)
                gain = naive_paths.gain_of(taps, *own, range(*ends))
                expected[candidate, fold, f] = gain
    assert (expected > 0).any()
    assert (expected < 0).any()
    assert_close(found, expected, 1e-5)


def test_backwards_gains_are_those_of_a_stretch_turned_round():
    made = Stretch(5, n_bins=4, n_windows=41, edges=(0, 9, 11, 30, 41))
    made.error[:2] += 2 * made.reference[:2]
    turned = Stretch(5, n_bins=4, n_windows=41, edges=(0, 11, 30, 32, 41))
    for name in ("reference", "error", "weights"):
        setattr(turned, name, np.ascontiguousarray(getattr(made, name)[:, ::-1]))
    penalties = made.rng.exponential(size=(2, 5))
    expected = turned.equations().cross_validated(penalties)
    edges = np.array((0, 9, 11, 30, 41))
    found = backwards_gains(made.reference, made.error, made.weights, edges, penalties)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("stiffness", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("n_windows", [2, 3, 31])
def test_the_smoothed_level_against_a_full_matrix(stiffness, n_windows):
    rng = np.random.default_rng(n_windows)
    found, wanted = rng.normal(size=n_windows), rng.exponential(size=n_windows)
    wanted[:1] = found[:1] = 0
    expected = naive_paths.best_level(found, wanted, stiffness, 1e-6)
    np.testing.assert_allclose(_smooth(found, wanted, stiffness), expected, rtol=1e-7, atol=1e-9)


def test_the_level_is_1_where_nothing_is_heard():
    nothing = np.zeros(17)
    np.testing.assert_allclose(_smooth(nothing, nothing, 100.0), 1, rtol=1e-6)
