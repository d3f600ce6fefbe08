"""Where one stretch of an edited reference ends and the next begins."""

import numpy as np
import pytest
from disturb import RATE_HZ, synthetic_song
from scipy.signal import lfilter

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.cuts import exact_cut

SONG_S = 8.0
NEAR = 0.05 * RATE_HZ
"""Cuts are to be found within 50 ms."""


@pytest.fixture(scope="module")
def reference():
    """A voice without pauses, so that every moment of it can tell on which clock it is."""
    rng = np.random.default_rng(2)
    n_samples = round(2 * SONG_S * RATE_HZ)
    breath = lfilter([1], [1, -0.8], rng.normal(size=n_samples))
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * np.arange(n_samples) / RATE_HZ)
    return (0.05 * breath * swell).astype(np.float32)


@pytest.fixture(scope="module")
def music():
    return synthetic_song(SONG_S, seed=3)[1]


def at(moment_s):
    return round(moment_s * RATE_HZ)


def song_of(reference, music, *stretches):
    """Music with stretches (begin and end in the song, delay of the reference, in samples)."""
    mixture = music.copy()
    for begin, end, delay in stretches:
        mixture[begin:end] += reference[begin - delay : end - delay]
    return mixture


@pytest.mark.parametrize("cut_s", [2.0, 3.713, 5.9])
@pytest.mark.parametrize("delay_s", [-0.4, -4.0])
def test_a_cut_at_once(reference, music, cut_s, delay_s):
    cut, delay = at(cut_s), at(delay_s)
    mixture = song_of(reference, music, (0, cut, 0), (cut, len(music), delay))
    clocks = Clock(), Clock(float(delay))
    end, begin = exact_cut(mixture, reference, RATE_HZ, (0, len(mixture)), clocks, 1500.0)
    assert end == begin
    assert abs(end - cut) < NEAR


def test_a_cut_is_found_in_a_part_of_the_song(reference, music):
    cut, delay = at(4.4), at(-3.0)
    mixture = song_of(reference, music, (0, cut, 0), (cut, len(music), delay))
    clocks = Clock(), Clock(float(delay))
    for between in ((at(3.0), at(5.0)), (at(4.0), at(8.0)), (at(4.3), at(4.6))):
        end, begin = exact_cut(mixture, reference, RATE_HZ, between, clocks, 1500.0)
        assert end == begin
        assert abs(end - cut) < NEAR


@pytest.mark.parametrize("gap_s", [0.4, 1.0, 3.0])
def test_silence_between_two_segments(reference, music, gap_s):
    cut, on, delay = at(2.5), at(2.5 + gap_s), at(-2.0)
    mixture = song_of(reference, music, (0, cut, 0), (on, len(music), delay))
    clocks = Clock(), Clock(float(delay))
    end, begin = exact_cut(mixture, reference, RATE_HZ, (0, len(mixture)), clocks, 1500.0)
    assert abs(end - cut) < NEAR
    assert abs(begin - on) < NEAR


def test_silence_before_the_first_and_behind_the_last(reference, music):
    first, last = at(2.2), at(6.1)
    mixture = song_of(reference, music, (first, last, 0))
    found = exact_cut(mixture, reference, RATE_HZ, (0, at(4.0)), (None, Clock()), 1500.0)
    assert abs(found[1] - first) < NEAR
    found = exact_cut(mixture, reference, RATE_HZ, (at(4.0), len(mixture)), (Clock(), None), 1500.0)
    assert abs(found[0] - last) < NEAR


def test_a_cut_in_a_pause_lies_in_the_pause(reference, music):
    pause = slice(at(3.0), at(4.0))
    spoken = reference.copy()
    spoken[pause] = 0
    spoken[at(3.0) + at(4.0) : at(4.0) + at(4.0)] = 0
    cut, delay = at(3.5), at(-4.0)
    mixture = song_of(spoken, music, (0, cut, 0), (cut, len(music), delay))
    clocks = Clock(), Clock(float(delay))
    end, begin = exact_cut(mixture, spoken, RATE_HZ, (0, len(mixture)), clocks, 1500.0)
    assert pause.start - NEAR < end <= begin < pause.stop + NEAR


def test_cuts_stay_where_they_are_looked_for(reference, music):
    mixture = song_of(reference, music, (0, len(music), 0))
    between = at(2.0), at(3.0)
    for clocks in ((Clock(), Clock(500.0)), (Clock(500.0), Clock()), (None, Clock())):
        end, begin = exact_cut(mixture, reference, RATE_HZ, between, clocks, 1500.0)
        assert between[0] <= end <= begin <= between[1]
