"""The smoother of many frames, against a dense solve."""

import naive_alignment
import numpy as np
import pytest

from vocal_separation_sanity_check.alignment import smoothing
from vocal_separation_sanity_check.alignment.smoothing import (
    smooth_curve,
    standard_errors,
    straight_line,
)


def drawn(n_frames, seed=0):
    """Pull and weights of frames of which some say nothing."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0, 3, n_frames) * (rng.uniform(size=n_frames) > 0.3)
    return weights * rng.normal(0, 5, n_frames), weights


def dense(weights, stiffness):
    return naive_alignment.smoothing_matrix(weights, stiffness, smoothing._PULL)


@pytest.mark.parametrize("n_frames", [3, 4, 5, 6, 40])
@pytest.mark.parametrize("stiffness", [0.1, 10.0, 1000.0])
def test_curve_against_a_dense_solve(n_frames, stiffness):
    pull, weights = drawn(n_frames)
    expected = np.linalg.solve(dense(weights, stiffness), pull)
    np.testing.assert_allclose(smooth_curve(pull, weights, stiffness), expected, atol=1e-3)


@pytest.mark.parametrize("n_frames", [3, 4, 7, 40])
@pytest.mark.parametrize("stiffness", [0.1, 10.0, 1000.0])
def test_errors_against_the_dense_inverse(n_frames, stiffness):
    _, weights = drawn(n_frames)
    variances = np.diag(np.linalg.inv(dense(weights, stiffness)))
    frames = np.array([0, n_frames // 2, n_frames - 1])
    found = standard_errors(weights, stiffness, frames)
    np.testing.assert_allclose(found, np.sqrt(variances[frames]), rtol=1e-4)


def test_errors_are_the_scatter_of_the_curve():
    """If frames scatter by one over the root of their weights, curves scatter by the errors."""
    rng = np.random.default_rng(3)
    weights = np.repeat([4.0, 1.0, 9.0], 20)
    draws = rng.normal(size=(4000, 60)) / np.sqrt(weights)
    truth = draws @ np.diag(weights) @ np.linalg.inv(dense(weights, 2.0))
    frames = np.array([5, 30, 59])
    # What the prior pulls away, the scatter lacks: it is the smaller one.
    claimed = standard_errors(weights, 2.0, frames)
    assert (truth[:, frames].std(axis=0) < claimed).all()
    np.testing.assert_allclose(truth[:, frames].std(axis=0), claimed, rtol=0.3)


def test_straight_line_is_the_limit():
    pull, weights = drawn(50)
    line = straight_line(pull, weights)
    np.testing.assert_allclose(np.diff(line, 2), 0, atol=1e-12)
    gaps = [np.abs(smooth_curve(pull, weights, 10.0**power) - line).max() for power in (2, 4, 6)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.01 * np.abs(line).max()
    basis = np.stack([np.ones(50), np.arange(50.0)], axis=1)
    normal = basis.T @ np.diag(weights + smoothing._PULL) @ basis
    np.testing.assert_allclose(line, basis @ np.linalg.solve(normal, basis.T @ pull), atol=1e-9)


def test_a_straight_line_is_not_bent():
    line = 3 - 0.1 * np.arange(200.0)
    weights = np.full(200, 1e3)
    for stiffness in (1.0, 1e4, 1e8):
        found = smooth_curve(weights * line, weights, stiffness)
        np.testing.assert_allclose(found, line, atol=1e-3)


def test_silent_frames_are_bridged():
    time = np.arange(400.0)
    truth = 10 * np.sin(2 * np.pi * time / 300)
    weights = np.where((time > 180) & (time < 210), 0.0, 50.0)
    found = smooth_curve(weights * truth, weights, 1e3)
    np.testing.assert_allclose(found, truth, atol=0.2)
    errors = standard_errors(weights, 1e3, np.array([100, 195]))
    assert errors[1] > 3 * errors[0]
