"""The other master's filter: found where there is one, an impulse where there is none."""

import naive_alignment
import numpy as np
import pytest
import soxr
from disturb import RATE_HZ, shelved, synthetic_song
from scipy.signal import butter, sosfiltfilt

from vocal_separation_sanity_check.alignment.channel import (
    Channel,
    apply_channel,
    estimate_channel,
    estimate_gain,
)
from vocal_separation_sanity_check.alignment.channel_level import channel_gain_db
from vocal_separation_sanity_check.alignment.correlation import whitening
from vocal_separation_sanity_check.alignment.empty_bands import band_powers
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
    matched = apply_channel(other_master, channel)[:]
    assert left_db(vocal, matched) < left_db(vocal, other_master) - 10


def test_slow_level_changes_are_followed():
    vocal, music = synthetic_song(24.0)
    ride_db = 4 * np.sin(2 * np.pi * np.arange(len(vocal)) / len(vocal))
    other_master = (vocal * 10 ** (ride_db / 20)).astype(np.float32)
    channel = estimate_channel(vocal + music, other_master, RATE_HZ)
    matched = apply_channel(other_master, channel)[:]
    assert len(channel.middles) > 5
    assert left_db(vocal, matched) < left_db(vocal, other_master) - 8


@pytest.mark.parametrize("gain", [1.0, -1.0, 0.25, -3.0])
def test_gain(song, gain):
    vocal, music = song
    found = estimate_gain(vocal + music, (vocal / gain).astype(np.float32), RATE_HZ)
    assert found == pytest.approx(gain, rel=0.01)
    if abs(gain) == 1:
        assert found == gain


@pytest.fixture(scope="module")
def breathy():
    """A vocal with something above 4 kHz, as voices have it, and the music."""
    vocal, music = synthetic_song(8.0)
    breath = np.random.default_rng(2).normal(size=len(vocal))
    return (vocal + 0.2 * np.abs(vocal) * breath).astype(np.float32), music


def narrowed(signal):
    low = soxr.resample(signal, RATE_HZ, 8000, "VHQ")
    return soxr.resample(low, 8000, RATE_HZ, "VHQ")[: len(signal)].astype(np.float32)


def low_cut(signal):
    sections = butter(8, 250, "high", fs=RATE_HZ, output="sos")
    return sosfiltfilt(sections, signal).astype(np.float32)


@pytest.mark.parametrize("emptied", [narrowed, low_cut])
@pytest.mark.parametrize("gain", [1.0, -0.3])
def test_bands_that_the_mixture_lacks_say_nothing_of_the_level(breathy, emptied, gain):
    vocal, music = breathy
    found = estimate_gain(emptied(vocal + music), vocal / np.float32(gain), RATE_HZ)
    assert found == pytest.approx(gain, rel=0.03)


def test_bands_that_the_reference_lacks_say_nothing_of_the_level(breathy):
    vocal, music = breathy
    found = estimate_gain(vocal + music, narrowed(vocal) * np.float32(2), RATE_HZ)
    assert found == pytest.approx(0.5, rel=0.03)


def test_the_filter_empties_what_the_mixture_lacks(breathy):
    vocal, music = breathy
    channel = estimate_channel(narrowed(vocal + music), vocal, RATE_HZ)
    assert left_db(narrowed(vocal), apply_channel(vocal, channel)[:]) < -20


def test_nothing_is_empty_in_an_ordinary_pair(song):
    vocal, music = song
    assert band_powers(vocal + music, vocal, RATE_HZ).sounding(1.0, 1025).all()


def test_empty_bands_are_found_with_their_edges(breathy):
    vocal, music = breathy
    bands = band_powers(narrowed(vocal + music), vocal, RATE_HZ)
    frequencies_hz = np.arange(1025) * RATE_HZ / 2048
    sounding = bands.sounding(1.0, 1025)
    assert not sounding[frequencies_hz > 4000].any()
    assert sounding[frequencies_hz < 3300].all()
    # A reference so quiet that its bands would not show there says nothing of them.
    assert bands.sounding(1e-9, 1025).all()


@pytest.mark.parametrize("ratio", [0.3, 1.5])
def test_level_of_a_channel_that_only_scales(song, ratio):
    vocal, _ = song
    channel = Channel(np.array([len(vocal) // 2]), np.array([[0.0, ratio, 0.0]]), 1)
    added_db = channel_gain_db(vocal, apply_channel(vocal, channel), RATE_HZ)
    assert added_db == pytest.approx(20 * np.log10(ratio), abs=1e-4)


def test_level_of_an_impulse_is_exactly_none(song):
    vocal, _ = song
    assert channel_gain_db(vocal, vocal, RATE_HZ) == 0


def test_level_of_a_channel_that_empties_a_band(breathy):
    vocal, _ = breathy
    assert channel_gain_db(vocal, narrowed(vocal), RATE_HZ) == pytest.approx(0, abs=0.05)


def test_level_of_a_shelf_is_weighted_by_the_reference(breathy):
    vocal, _ = breathy
    louder = shelved(vocal, 12).astype(np.float32)
    power = np.abs(np.fft.rfft([vocal, louder])) ** 2
    frequencies_hz = np.fft.rfftfreq(len(vocal), 1 / RATE_HZ)
    within = power[:, (frequencies_hz > 150) & (frequencies_hz < 8000)].sum(axis=1)
    wanted_db = 10 * np.log10(within[1] / within[0])
    assert channel_gain_db(vocal, louder, RATE_HZ) == pytest.approx(wanted_db, abs=0.2)


def test_filter_against_plain_loops():
    rng = np.random.default_rng(0)
    signal, taps = rng.normal(size=60).astype(np.float32), rng.normal(size=7)
    channel = Channel(np.array([30]), taps[None], 2)
    expected = naive_alignment.filtered(signal, taps, 2)
    np.testing.assert_allclose(apply_channel(signal, channel)[:], expected, atol=1e-5)


def test_stretches_fade_into_each_other():
    signal = np.random.default_rng(0).normal(size=400).astype(np.float32)
    taps = np.zeros((2, 5))
    taps[:, 2] = 1.0, 3.0
    faded = apply_channel(signal, Channel(np.array([100, 300]), taps, 2))[:]
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
