"""Lanes: how much a window speaks for a lag."""

import naive_alignment
import numpy as np
import pytest
from disturb import RATE_HZ, synthetic_song

from vocal_separation_sanity_check.alignment import lanes
from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.lanes import HOP_S, REACH_S, WINDOW_S, Lane, lane_along
from vocal_separation_sanity_check.alignment.rough_pair import RoughPair

SONG_S = 6.0


@pytest.fixture(scope="module")
def song():
    vocal, music = synthetic_song(SONG_S)
    vocal[: round(1.5 * RATE_HZ)] = 0
    return vocal + music, vocal


@pytest.fixture(scope="module")
def lane(song):
    return lane_along(RoughPair(*song, RATE_HZ), Clock(), 1)


def drawn_lane(per_gain):
    rng = np.random.default_rng(0)
    correlations = rng.normal(0, 8, (len(per_gain), 5)).astype(np.float32)
    correlations[0] = [-40, -26, 0, 26, 40]
    return Lane(Clock(), correlations, np.array(per_gain))


@pytest.mark.parametrize("gain", [0.3, 1.0, 2.0])
def test_likelihood_by_its_definition(gain):
    lane = drawn_lane([10.0, 3.0, 0.5, 60.0, 0.0])
    found = lane.likelihood(gain)
    assert found.dtype == np.float32
    for window, per_gain in enumerate(lane.per_gain):
        mean = min(gain * per_gain, lanes._TALLEST)
        for lag, height in enumerate(lane.correlations[window].astype(float)):
            seen = min(max(height, -lanes._TALLEST), lanes._TALLEST)
            spread = 1 + lanes._LEVEL_SPREAD * mean
            ratio = naive_alignment.log_likelihood_ratio(seen, mean, spread) if per_gain else 0.0
            expected = min(lanes._INDEPENDENT * ratio, lanes._MOST_NATS)
            assert found[window, lag] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_silence_says_nothing():
    assert not drawn_lane([0.0, 0.0]).likelihood(1.0).any()


def test_a_high_peak_speaks_for_and_none_against():
    lane = Lane(Clock(), np.array([[3, 0.0, -3]], np.float32), np.array([3.0]))
    above, none, below = lane.likelihood(1.0)[0]
    assert above > 0 > none
    assert above > below
    tall = Lane(Clock(), np.array([[15, 0.0, 20]], np.float32), np.array([15.0]))
    first, none, second = tall.likelihood(1.0)[0]
    assert first == second > 0 > none


def test_gain_is_the_median_of_windows_that_hold_the_reference():
    correlations = np.zeros((4, 3), np.float32)
    correlations[:, 1] = (10, 20, 40, 5)
    lane = Lane(Clock(), correlations, np.array([10.0, 40.0, 20.0, 50.0]))
    assert lane.gain == pytest.approx(1.0)
    nowhere = Lane(Clock(), np.full((4, 3), 5, np.float32), np.ones(4))
    assert nowhere.gain == 0


def test_windows_of_the_true_clock_peak_at_its_lag(lane):
    n_windows, n_lags = lane.correlations.shape
    assert n_windows == int((SONG_S - WINDOW_S) / HOP_S) + 1
    assert n_lags == 2 * round(REACH_S * 4000) + 1
    sure = lane.correlations.max(axis=1) > 6
    assert sure.sum() > 20
    assert (lane.correlations[sure].argmax(axis=1) == n_lags // 2).all()
    assert (lane.likelihood(lane.gain)[sure].max(axis=1) > 0).all()


def test_windows_of_silence_are_left_empty(lane):
    middles_s = HOP_S * np.arange(len(lane.per_gain)) + WINDOW_S / 2
    silent = middles_s < 1.5 - WINDOW_S / 2
    assert silent.sum() > 5
    assert not lane.per_gain[silent].any()
    assert not lane.correlations[silent].any()
    assert lane.per_gain[~silent].any()


@pytest.mark.parametrize("gain", [0.25, 0.5, 1.0])
def test_gain_is_that_of_the_mixture(gain):
    """Of noise, which has no tones whose side peaks would count as noise of the correlation."""
    music, voice = np.random.default_rng(0).normal(size=(2, 8 * RATE_HZ)).astype(np.float32)
    pair = RoughPair(music + np.float32(gain) * voice, voice, RATE_HZ)
    assert lane_along(pair, Clock(), 1).gain == pytest.approx(gain, rel=0.15)


def test_polarity_turns_the_correlations(song, lane):
    inverted = lane_along(RoughPair(song[0], -song[1], RATE_HZ), Clock(), -1)
    np.testing.assert_allclose(inverted.correlations, lane.correlations, atol=1e-4)
