"""The slices."""

import numpy as np
import pytest
from naive import correlate, pool

from vocal_separation_sanity_check.fingerprints.slices import (
    LINEAR_TAPS,
    SLICES,
    take_slice,
    take_slice_transpose,
)


@pytest.fixture
def image():
    return np.random.default_rng(1).random((23, 9))


def seen(image, which):
    return take_slice(np.ascontiguousarray(image.T), which).T


def test_there_are_19_slices_numbered_as_users_know_them():
    assert [which.number for which in SLICES] == list(range(19))
    assert len({which.name for which in SLICES}) == 19
    assert [which.number for which in SLICES if which.is_pooled] == [17, 18]


@pytest.mark.parametrize("which", SLICES[:17], ids=lambda which: which.name)
def test_linear_slice_is_the_plain_correlation(image, which):
    np.testing.assert_allclose(seen(image, which), correlate(image, which.taps), atol=1e-13)


@pytest.mark.parametrize(("number", "reduce"), [(17, np.max), (18, np.mean)])
def test_pooled_slice_is_the_plain_pooling(image, number, reduce):
    np.testing.assert_allclose(seen(image, SLICES[number]), pool(image, reduce), atol=1e-14)


@pytest.mark.parametrize("which", SLICES, ids=lambda which: which.name)
def test_transpose_is_the_adjoint(image, which):
    rng = np.random.default_rng(2)
    by_window = np.ascontiguousarray(image.T)
    there = take_slice(by_window, which)
    other = rng.standard_normal(there.shape)
    back = np.zeros_like(by_window)
    take_slice_transpose(other, by_window, which, back)
    # A maximum is linear too where the winners do not change: at the image itself.
    assert (there * other).sum() == pytest.approx((by_window * back).sum(), rel=1e-12)


def test_a_rising_glide_shows_in_the_diagonal_up():
    glide = np.eye(20)
    assert seen(glide, SLICES[3]).max() == 3
    assert seen(glide, SLICES[4]).max() == 1


@pytest.mark.parametrize("number", range(9, 16))
def test_an_oriented_edge_answers_most_to_its_own_direction(number):
    degrees = np.deg2rad((number - 8) * 22.5)
    bins, windows = np.mgrid[:11, :11]
    answers = []
    for other in np.deg2rad(np.arange(0, 180, 22.5)):
        ramp = np.cos(other) * windows + np.sin(other) * bins
        answers.append(abs(seen(ramp, SLICES[number])[5, 5]))
    assert np.argmax(answers) == number - 8
    across = -np.sin(degrees) * windows + np.cos(degrees) * bins
    assert abs(seen(across, SLICES[number])[5, 5]) < 1e-12


def test_the_slices_tell_three_neighbouring_bands_apart_at_every_temporal_frequency():
    """Else Q has a null space, and two sounds could share a fingerprint."""
    for omega in np.linspace(0, np.pi, 33):
        phases = np.exp(1j * omega * np.arange(-1, 2))
        response = LINEAR_TAPS @ phases
        assert np.linalg.svd(response, compute_uv=False)[-1] > 0.1
