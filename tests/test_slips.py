"""Slips of frames: likelihood, gradient, information, and the step that they give."""

import naive_alignment
import numpy as np
import pytest
from disturb import RATE_HZ, delayed, synthetic_song
from gradient_check import directional_error

from vocal_separation_sanity_check.alignment.slip_kernels import agreement_after
from vocal_separation_sanity_check.alignment.slips import (
    hop_of,
    likelihoods,
    slips_between,
    spectra_of,
)

HOP = hop_of(RATE_HZ)


@pytest.fixture(scope="module")
def song():
    vocal, music = synthetic_song(4.0)
    return vocal + music, vocal


@pytest.fixture(scope="module")
def slips(song):
    """Of a vocal that is one sample early."""
    mixture, vocal = song
    early = delayed(vocal, -1.0).astype(np.float32)
    early = np.pad(early, (0, len(vocal) - len(early)))
    return slips_between(*(spectra_of(one, RATE_HZ) for one in (mixture, early)), RATE_HZ, 6000.0)


def test_kernel_against_a_plain_loop():
    rng = np.random.default_rng(0)
    cross = rng.normal(size=(5, 40, 2)).astype(np.float32).view(np.complex64)[..., 0]
    delays = rng.uniform(-30, 30, 5)
    found = np.full(5, np.nan)
    agreement_after(cross, 0.02, 0.006, delays, found)
    expected = naive_alignment.agreement_after(cross, 0.02, 0.006, delays)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_middle_of_the_first_frame_is_the_first_sample():
    assert HOP == 512
    assert hop_of(44100) == 1024
    click = np.zeros(10 * HOP, np.float32)
    click[3 * HOP] = 1
    spectra = spectra_of(click, RATE_HZ)
    assert spectra.shape[1] == HOP + 1
    assert len(spectra) > 10
    np.testing.assert_allclose(spectra[3], (-1.0) ** np.arange(HOP + 1), atol=1e-5)
    assert not np.delete(spectra, 3, axis=0).any()


def test_gradient_is_the_likelihoods(slips):
    # Slips are counted from 1: the check steps in proportion to where it stands.
    def told(at):
        return slips.likelihood(at - 1).sum(), slips.gradient

    ones = np.ones(len(slips.gradient))
    assert directional_error(told, ones, np.random.default_rng(0)) < 1e-6


@pytest.mark.parametrize("factor", [-1.0, 0.99, 0.0])
def test_a_wrong_gradient_is_caught(slips, factor):
    def told(at):
        return slips.likelihood(at - 1).sum(), factor * slips.gradient

    ones = np.ones(len(slips.gradient))
    assert directional_error(told, ones, np.random.default_rng(0)) > 5e-3


def test_gradient_of_each_frame(slips):
    step = 1e-5
    above, below = (slips.likelihood(np.full(len(slips.gradient), d)) for d in (step, -step))
    largest = np.abs(slips.gradient).max()
    np.testing.assert_allclose((above - below) / (2 * step), slips.gradient, atol=1e-6 * largest)


@pytest.mark.parametrize("gain", [1.0, 0.4])
def test_information_is_the_bend_of_the_likelihood(song, gain):
    """Where the mixture is the reference alone, the expected bend is the one that is met."""
    _, vocal = song
    spectra = spectra_of(vocal, RATE_HZ)
    slips = slips_between(np.complex64(gain) * spectra, spectra, RATE_HZ, np.inf)
    step = 1e-3
    above, middle, below = (
        slips.likelihood(np.full(len(slips.gradient), d)) for d in (step, 0.0, -step)
    )
    bend = -(above - 2 * middle + below) / step**2
    np.testing.assert_allclose(bend, slips.information, rtol=1e-4, atol=1e-4 * bend.max())
    assert np.abs(slips.gradient).max() < 1e-4 * slips.information.max()


def test_a_frame_of_silence_says_nothing(song):
    mixture, vocal = song
    half = vocal.copy()
    half[len(half) // 2 :] = 0
    slips = slips_between(*(spectra_of(one, RATE_HZ) for one in (mixture, half)), RATE_HZ, np.inf)
    silent = slips.at_samples >= len(half) // 2 + HOP
    assert silent.sum() > 40
    assert not slips.information[silent].any()
    assert not slips.gradient[silent].any()
    assert slips.information[~silent].sum() > 0


@pytest.mark.parametrize(("delay", "highest_hz"), [(0.3, np.inf), (-0.7, np.inf), (2.25, 3000.0)])
def test_a_fractional_delay_is_found_in_a_few_steps(song, delay, highest_hz):
    mixture, vocal = song
    spectra = spectra_of(mixture, RATE_HZ)
    found, misses = 0.0, []
    for _ in range(4):
        moved = delayed(vocal, found - delay).astype(np.float32)
        moved = np.pad(moved, (0, len(mixture)))[: len(mixture)]
        slips = slips_between(spectra, spectra_of(moved, RATE_HZ), RATE_HZ, highest_hz)
        found += slips.gradient.sum() / slips.information.sum()
        misses.append(abs(found - delay))
    assert misses[0] < abs(delay)
    assert misses[-1] < 0.01


@pytest.mark.parametrize("highest_hz", [3000.0, np.inf])
def test_likelihoods_tell_the_reference_from_others(song, highest_hz):
    mixture, vocal = song
    stranger, _ = synthetic_song(4.0, seed=9)
    spectra, own, other = (spectra_of(one, RATE_HZ) for one in (mixture, vocal, stranger))
    right, wrong, silent = (
        likelihoods(spectra, spectrum, RATE_HZ, highest_hz)
        for spectrum in (own, other, np.zeros_like(own))
    )
    assert not silent.any()
    level = (np.abs(own) ** 2).sum(axis=1)
    sung = level > 0.05 * level.max()
    assert (right[sung] > 0).mean() > 0.95
    assert right.sum() > 0 > wrong.sum()


def test_likelihoods_look_no_higher_than_they_are_told(song):
    mixture, vocal = song
    spectra, own = spectra_of(mixture, RATE_HZ), spectra_of(vocal, RATE_HZ)
    turned = own.copy()
    turned[:, round(3500 / RATE_HZ * 2 * HOP) :] *= -1
    low = [likelihoods(spectra, one, RATE_HZ, 3000.0) for one in (own, turned)]
    np.testing.assert_allclose(low[0], low[1], rtol=1e-5)
    every = [likelihoods(spectra, one, RATE_HZ, np.inf).sum() for one in (own, turned)]
    assert every[0] > every[1]
