"""The mixture's clock and the reference's: positions, and reading a signal along them."""

import naive_alignment
import numpy as np
import pytest

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.warping import warp

RATE = 22050


def tones(positions, highest_hz, n_samples=RATE):
    """Analytic signal that fades at both ends, so that every position has a true value."""
    rng = np.random.default_rng(0)
    fade = np.exp(-2 * ((positions - n_samples / 2) / (n_samples / 10)) ** 2)
    turns = [
        np.sin(2 * np.pi * hertz * positions / RATE + phase)
        for hertz, phase in zip(rng.uniform(20, highest_hz, 40), rng.uniform(0, 6, 40), strict=True)
    ]
    return fade * np.sum(turns, axis=0)


def snr_db(truth, estimate):
    return 10 * np.log10(np.sum(truth**2) / np.sum((truth - estimate) ** 2))


WANDER = Clock(3.3, -600.0, np.array([0.0, 7000, 14000, 22050]), np.array([0, 2.0, -1.5, 1]))


@pytest.mark.compiled
@pytest.mark.parametrize(
    "clock", [Clock(13.37), Clock(-20.5, 604.0), Clock(40.25, -20000.0), WANDER]
)
@pytest.mark.parametrize("highest_hz", [8000, 10500])
def test_interpolation_is_exact_to_120_db(clock, highest_hz):
    samples = np.arange(RATE, dtype=float)
    warped = warp(tones(samples, highest_hz), clock, RATE)
    assert snr_db(tones(clock.positions(samples), highest_hz), warped) > 120


@pytest.mark.compiled
def test_blocks_join_without_a_seam():
    n_samples = 300_000
    samples = np.arange(n_samples, dtype=float)
    clock = Clock(0.5, 100.0)
    warped = warp(tones(samples, 10500, n_samples), clock, n_samples)
    assert snr_db(tones(clock.positions(samples), 10500, n_samples), warped) > 100


def test_agrees_with_the_sinc_series():
    rng = np.random.default_rng(2)
    signal = np.convolve(rng.normal(size=400), np.hanning(9), "same") * np.hanning(400)
    clock = Clock(2.6, 900.0)
    expected = naive_alignment.sinc_interpolated(signal, clock.positions(np.arange(400.0)))
    np.testing.assert_allclose(warp(signal, clock, 400), expected, atol=2e-4)


def test_it_is_a_sinc_under_a_kaiser_window():
    signal = np.random.default_rng(3).normal(size=300)
    clock = Clock(2.6, 900.0)
    positions = clock.positions(np.arange(320.0))
    expected = naive_alignment.windowed_sinc_interpolated(signal, positions, 128, 12.0)
    expected[(positions <= -1) | (positions >= len(signal))] = 0
    np.testing.assert_allclose(warp(signal, clock, 320), expected, atol=1e-5)


@pytest.mark.compiled
def test_it_agrees_with_resampy():
    from resampy import resample_nu

    signal = tones(np.arange(float(RATE)), 8000)
    positions = Clock(2.6, 900.0).positions(np.arange(100.0, RATE - 100))
    theirs = resample_nu(signal, 1.0, positions)
    warped = warp(signal, Clock(2.6, 900.0), RATE)[100:-100]
    assert snr_db(theirs, warped) > 80


@pytest.mark.compiled
def test_a_clock_that_turns_back_is_read_as_it_says():
    back = Clock(0.5, 0.0, np.array([0.0, 6000, 9000, 22050]), np.array([0.0, 0, 4000, 0]))
    samples = np.arange(RATE, dtype=float)
    positions = back.positions(samples)
    assert (np.diff(positions) < 0).any()
    warped = warp(tones(samples, 8000), back, RATE)
    assert snr_db(tones(positions, 8000), warped) > 120


@pytest.mark.parametrize("shift", [0, 1, 700, -1, -700, 5000, -5000])
@pytest.mark.parametrize("n_out", [900, 1000, 2500])
def test_whole_shifts_copy_samples(shift, n_out):
    signal = np.random.default_rng(1).normal(size=1000).astype(np.float32)
    expected = np.zeros(n_out, np.float32)
    for n in range(n_out):
        if 0 <= n - shift < 1000:
            expected[n] = signal[n - shift]
    warped = warp(signal, Clock(float(shift)), n_out)
    assert warped.dtype == np.float32
    np.testing.assert_array_equal(warped, expected)


def test_silence_where_the_reference_has_nothing():
    warped = warp(np.ones(100, np.float32), Clock(50.5, 10.0), 1000)
    assert not warped[:48].any()
    assert not warped[153:].any()
    assert not warp(np.ones(100, np.float32), Clock(-500.5), 300).any()


def test_signs():
    late = Clock(100.0)
    assert late.positions(np.array([100.0]))[0] == 0
    fast = Clock(0.0, 1e4)
    assert fast.positions(np.array([10100.0]))[0] == pytest.approx(10000)
    np.testing.assert_allclose(late.delay(np.arange(5.0)), 100.0)


def test_a_line_adds_its_delay():
    at = np.linspace(0, 22050, 30)
    moved = WANDER.with_line(2.0, 1e-4)
    stretch = 1 + WANDER.drift_ppm * 1e-6
    expected = WANDER.positions(at) - (2.0 + 1e-4 * at) / stretch
    np.testing.assert_allclose(moved.positions(at), expected, atol=1e-8)


def test_wander_adds_and_scales():
    at = np.linspace(0, 22050, 30)
    doubled = WANDER.with_wander(WANDER.wander_at_samples, WANDER.wander_samples)
    np.testing.assert_allclose(doubled.wander_samples, 2 * WANDER.wander_samples, atol=1e-9)
    np.testing.assert_allclose(WANDER.at_rate(2.0).positions(2 * at), 2 * WANDER.positions(at))


def test_wander_goes_on_straight_beyond_its_knots():
    outside = WANDER.positions(np.array([-3000.0, -2000.0, -1000.0]))
    assert np.diff(outside, 2) == pytest.approx(0, abs=1e-9)
