"""A reference laid out, filtered and levelled piece by piece: the same as at once."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from vocal_separation_sanity_check.alignment.channel import Channel, Filtered, apply_channel
from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.long_signals import in_tone, level_in
from vocal_separation_sanity_check.alignment.timeline import LaidOut, Segment, Timeline
from vocal_separation_sanity_check.sound import ChannelStatistics, Spool

RATE_HZ = 4000
N = 20_000


def noise(n_samples=N, seed=0):
    return np.random.default_rng(seed).normal(size=n_samples).astype(np.float32)


def in_pieces(signal, size):
    return np.concatenate([signal[begin : begin + size] for begin in range(0, len(signal), size)])


@pytest.mark.parametrize("size", [37, 64, 1000, 7777, N])
def test_pieces_of_a_timeline_of_whole_shifts_bit_for_bit(tmp_path, size):
    bounds = [(-3, 30), (30, 70), (70, 5000), (5000, 9000), (12_000, N - 20)]
    clocks = [Clock(float(shift)) for shift in (0, 12, -70, 900, -2000)]
    timeline = Timeline(
        tuple(Segment(*bound, clock) for bound, clock in zip(bounds, clocks, strict=True))
    )
    spool = Spool(tmp_path, 1)
    spool.append(noise()[:, None])
    laid = LaidOut(spool, timeline, N)
    np.testing.assert_array_equal(in_pieces(laid, size), LaidOut(noise(), timeline, N)[:])


def test_pieces_between_samples_and_along_a_bend():
    bent = Clock(12.5, 300.0, np.array([500.0, 9000, 15_000]), np.array([0.5, 3.0, 1.5]))
    timeline = Timeline((Segment(0, 6000, Clock(-20.25)), Segment(6000, N, bent)))
    # What lies beyond 0.95 of half the rate depends on where a piece begins.
    sound = sosfiltfilt(butter(10, 0.8, output="sos"), noise()).astype(np.float32)
    laid = LaidOut(sound, timeline, N)
    np.testing.assert_allclose(in_pieces(laid, 3001), laid[:], atol=1e-4)
    assert np.abs(laid[:]).max() > 1


@pytest.mark.parametrize("size", [1, 50, 1700, N])
@pytest.mark.parametrize("n_filters", [1, 3])
def test_pieces_of_a_filtered_signal(size, n_filters):
    rng = np.random.default_rng(0)
    channel = Channel(
        np.array([3000, 9000, 16_000][:n_filters]), rng.normal(size=(n_filters, 31)), 6
    )
    n_samples = 2000 if size == 1 else N
    whole = apply_channel(noise(n_samples), channel)[:]
    filtered = Filtered(noise(n_samples), channel)
    np.testing.assert_allclose(in_pieces(filtered, size), whole, atol=1e-5)
    assert len(filtered) == n_samples


@pytest.mark.parametrize("duration_s", [10, 150])
@pytest.mark.parametrize("gain", [1.0, 0.5, -0.8])
def test_the_level_of_short_and_of_long_songs(duration_s, gain):
    n_samples = duration_s * RATE_HZ
    reference, music = noise(n_samples), noise(n_samples, 1)
    found = level_in(music + np.float32(gain) * reference, reference, RATE_HZ)
    assert found == pytest.approx(gain, abs=0.02)


def test_what_is_known_of_the_level_stands_where_nothing_speaks_against_it():
    reference, music = noise(), noise(seed=1)
    assert level_in(music + np.float32(0.5) * reference, reference, RATE_HZ, 0.5) == 0.5
    assert level_in(music - reference, reference, RATE_HZ, -1.0) == -1
    # In one channel of two it is another.
    found = level_in(music - np.float32(0.6) * reference, reference, RATE_HZ, 1.0)
    assert found == pytest.approx(-0.6, abs=0.02)
    silence = np.zeros(N, np.float32)
    assert level_in(silence, reference, RATE_HZ, 1.0) == 0
    assert level_in(music, silence, RATE_HZ, 1.0) == 0


def test_an_exact_level_is_exact_though_the_music_speaks_against_it():
    """A louder copy of the reference in the music, 1 %, is sure enough to be believed alone."""
    reference = noise()
    mixture = reference * np.float32(1.01) + np.float32(1e-3) * noise(seed=1)
    assert level_in(mixture, reference, RATE_HZ) == pytest.approx(1.01, abs=1e-3)
    assert level_in(mixture, reference, RATE_HZ, 1.0) == 1


def test_what_a_codec_takes_of_a_voice_is_no_level():
    """Half a percent is sure in a minute of music, and nothing that is left depends on it."""
    reference, music = noise(60 * RATE_HZ), noise(60 * RATE_HZ, 1)
    assert level_in(music + np.float32(0.994) * reference, reference, RATE_HZ) == 1
    assert level_in(music + np.float32(0.97) * reference, reference, RATE_HZ) < 0.98


def test_a_tone_is_given_where_there_is_one():
    reference, music = noise(12 * RATE_HZ), noise(12 * RATE_HZ, 1)
    assert in_tone(music + reference, reference, RATE_HZ) is reference
    coloured = np.convolve(reference, [1, 0.6, 0.3])[: len(reference)].astype(np.float32)
    toned = in_tone(music + coloured, reference, RATE_HZ)[:]
    assert np.mean((toned - coloured) ** 2) < 0.05 * np.mean((reference - coloured) ** 2)


@pytest.mark.parametrize("signs", [[1, 1], [1, -1], [1, 0]])
def test_faults_are_those_of_the_whole_sound_however_it_comes(signs):
    sound = (0.1 * noise(2 * N).reshape(N, 2).cumsum(axis=1) + 0.3) * np.float32(signs)
    statistics = ChannelStatistics(2)
    for begin in range(0, N, 333):
        statistics.add(sound[begin : begin + 333])
    at_once = ChannelStatistics(2)
    at_once.add(sound)
    repair, whole = statistics.repair(), at_once.repair()
    assert repair.faults == whole.faults
    assert len(repair.faults) == 1 + (signs != [1, 1])
    mono = np.concatenate([repair.mono(sound[begin : begin + 97]) for begin in range(0, N, 97)])
    np.testing.assert_allclose(mono, whole.mono(sound), atol=1e-7)
    assert abs(mono.mean()) < 1e-4
