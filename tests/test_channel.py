"""The other master's filter: found where there is one, an impulse where there is none."""

import naive_alignment
import numpy as np
import pytest
from disturb import RATE_HZ, shelved, synthetic_song

from vocal_separation_sanity_check.alignment.channel import (
    Channel,
    apply_channel,
    estimate_channel,
    estimate_gain,
)
from vocal_separation_sanity_check.alignment.correlation import whitening
from vocal_separation_sanity_check.alignment.filter_statistics import filter_statistics


@pytest.fixture(scope="module")
def song():
    return synthetic_song(8.0)


def left_db(vocal, matched):
    return 10 * np.log10(np.sum((vocal - matched) ** 2) / np.sum(vocal**2))


def test_ideal_pair_keeps_an_impulse(song):
    vocal, music = song
    channel = estimate_channel(vocal + music, vocal, RATE_HZ)
    assert channel.is_impulse
    assert apply_channel(vocal, channel) is vocal


@pytest.mark.parametrize("shelf_db", [-6, 6])
def test_shelf_is_matched(song, shelf_db):
    vocal, music = song
    other_master = shelved(vocal, shelf_db).astype(np.float32)
    channel = estimate_channel(vocal + music, other_master, RATE_HZ)
    matched = apply_channel(other_master, channel)
    assert left_db(vocal, matched) < left_db(vocal, other_master) - 10


def test_slow_level_changes_are_followed():
    vocal, music = synthetic_song(24.0)
    ride_db = 4 * np.sin(2 * np.pi * np.arange(len(vocal)) / len(vocal))
    other_master = (vocal * 10 ** (ride_db / 20)).astype(np.float32)
    channel = estimate_channel(vocal + music, other_master, RATE_HZ)
    matched = apply_channel(other_master, channel)
    assert len(channel.middles) > 5
    assert left_db(vocal, matched) < left_db(vocal, other_master) - 8


@pytest.mark.parametrize("gain", [1.0, -1.0, 0.25, -3.0])
def test_gain(song, gain):
    vocal, music = song
    found = estimate_gain(vocal + music, (vocal / gain).astype(np.float32), RATE_HZ)
    assert found == pytest.approx(gain, rel=0.01)
    if abs(gain) == 1:
        assert found == gain


def test_filter_against_plain_loops():
    rng = np.random.default_rng(0)
    signal, taps = rng.normal(size=60).astype(np.float32), rng.normal(size=7)
    channel = Channel(np.array([30]), taps[None], 2)
    expected = naive_alignment.filtered(signal, taps, 2)
    np.testing.assert_allclose(apply_channel(signal, channel), expected, atol=1e-5)


def test_stretches_fade_into_each_other():
    signal = np.random.default_rng(0).normal(size=400).astype(np.float32)
    taps = np.zeros((2, 5))
    taps[:, 2] = 1.0, 3.0
    faded = apply_channel(signal, Channel(np.array([100, 300]), taps, 2))
    expected = np.interp(np.arange(400), [100, 300], [1.0, 3.0])
    np.testing.assert_allclose(faded, signal * expected, rtol=1e-4, atol=1e-6)


def test_statistics_give_the_misfit():
    rng = np.random.default_rng(3)
    reference = rng.normal(size=240).astype(np.float32)
    mixture = np.convolve(reference, [0.2, 0.8, -0.1])[1:241].astype(np.float32)
    mixture += 0.3 * rng.normal(size=240).astype(np.float32)
    statistics = filter_statistics(mixture, reference, 240.0, 5, 2, 10)
    # The same weights, from the definition: one piece, tapered, padded, whitened by the rest.
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(240) / 240)
    n_fft = 250
    spectra = [np.fft.rfft(signal * taper, n_fft) for signal in (mixture, reference)]
    power = np.abs(spectra[0] - spectra[1]) ** 2 + 1e-6 * np.abs(spectra[0]) ** 2
    weights = whitening(power, 240.0 / n_fft)
    one, other = rng.normal(size=5), rng.normal(size=5)
    expected = naive_alignment.misfit(*spectra, weights, other, 2) - naive_alignment.misfit(
        *spectra, weights, one, 2
    )
    got = statistics.improvement(np.array([0]), one, other)[0]
    assert got == pytest.approx(expected, rel=1e-3)


def test_response_of_an_impulse_is_flat():
    taps = np.zeros((1, 9))
    taps[0, 3] = 1.0
    frequencies_hz, gains_db = Channel(np.array([10]), taps, 3).response(RATE_HZ)
    assert frequencies_hz[-1] == RATE_HZ / 2
    np.testing.assert_allclose(gains_db, 0, atol=1e-9)
