"""Timelines of several segments: positions, delays, and the sound laid out along them."""

import numpy as np
import pytest

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.left_out import left_out_s
from vocal_separation_sanity_check.alignment.timeline import LaidOut, Segment, Timeline
from vocal_separation_sanity_check.alignment.warping import warp

N = 6000
EDITED = Timeline(
    (
        Segment(0, 1000, Clock(50.0)),
        Segment(1000, 2500, Clock(-300.5)),
        Segment(4000, 5000, Clock(100.0, 1000.0)),
    )
)
BENT = Clock(12.5, 300.0, np.array([500.0, 2000, 3000, 5500]), np.array([0.5, 3.0, -2.0, 1.5]))


def noise(n_samples=N):
    return np.random.default_rng(0).normal(size=n_samples).astype(np.float32)


def test_positions_are_those_of_the_segment():
    at = np.array([0.0, 999, 999.5, 1000, 2499, 2500, 3999, 4000, 4999, 5000, -1])
    found = EDITED.positions(at)
    first, second, third = (segment.clock for segment in EDITED.segments)
    np.testing.assert_array_equal(found[:3], first.positions(at[:3]))
    np.testing.assert_array_equal(found[3:5], second.positions(at[3:5]))
    np.testing.assert_array_equal(found[7:9], third.positions(at[7:9]))
    assert np.isnan(found[[5, 6, 9, 10]]).all()


def test_delay_is_the_distance_to_the_position():
    at = np.arange(0.0, N, 7)
    delay = EDITED.delay(at)
    np.testing.assert_allclose(at - delay, EDITED.positions(at))
    np.testing.assert_array_equal(np.isnan(delay), ((at >= 2500) & (at < 4000)) | (at >= 5000))
    np.testing.assert_allclose(delay[at < 1000], 50)


def test_one_segment_is_no_edit():
    assert EDITED.is_edited
    assert not Timeline((Segment(0, N, Clock()),)).is_edited


@pytest.mark.parametrize("clock", [Clock(), Clock(-700.0), Clock(3.25, 100.0), BENT])
def test_one_whole_segment_is_warped_bit_for_bit(clock):
    laid = LaidOut(noise(), Timeline((Segment(0, N, clock),)), N)[:]
    assert laid.dtype == np.float32
    np.testing.assert_array_equal(laid, warp(noise(), clock, N))


def test_neighbours_on_one_clock_sum_to_one():
    timeline = Timeline(
        tuple(Segment(a, b, Clock()) for a, b in ((0, 1500), (1500, 3000), (3000, N)))
    )
    np.testing.assert_allclose(LaidOut(noise(), timeline, N)[:], noise(), atol=2e-7)


def test_crossfade_goes_from_one_place_to_the_other():
    reference = np.concatenate([np.ones(3000), np.zeros(N)]).astype(np.float32)
    laid = LaidOut(
        reference, Timeline((Segment(0, 2000, Clock()), Segment(2000, N, Clock(-3000.0)))), N
    )[:]
    np.testing.assert_array_equal(laid[:1900], 1)
    np.testing.assert_array_equal(laid[2100:], 0)
    assert (np.diff(laid[1900:2100]) <= 0).all()
    assert laid[1999] == pytest.approx(0.5, abs=0.02)
    fading = (laid > 0) & (laid < 1)
    assert 20 < fading.sum() < 0.01 * 22050


def test_silence_where_no_segment_is():
    laid = LaidOut(np.ones(N, np.float32), EDITED, N)[:]
    assert not laid[2500 + 64 : 4000 - 64].any()
    assert not laid[5000 + 64 :].any()
    assert laid[2400] == pytest.approx(1, abs=1e-4)
    assert laid[4500] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("length", [1, 40, 127, 200])
def test_segments_shorter_than_a_crossfade(length):
    timeline = Timeline((Segment(3000, 3000 + length, Clock()),))
    laid = LaidOut(np.ones(N, np.float32), timeline, N)[:]
    assert laid.max() <= 1
    assert laid[3000 + length // 2] > 0
    assert not laid[: 3000 - 64].any()
    assert not laid[3000 + length + 64 :].any()


def test_segments_at_the_ends_are_not_faded_there():
    laid = LaidOut(np.ones(N, np.float32), Timeline((Segment(0, 300, Clock()),)), N)[:]
    np.testing.assert_array_equal(laid[:200], 1)
    laid = LaidOut(np.ones(N, np.float32), Timeline((Segment(N - 300, N, Clock()),)), N)[:]
    np.testing.assert_array_equal(laid[-200:], 1)
    # A cut nearer to an end than half a crossfade.
    laid = LaidOut(np.ones(N, np.float32), Timeline((Segment(20, N - 20, Clock()),)), N)[:]
    np.testing.assert_array_equal(laid[200:-200], 1)
    assert (np.diff(laid[:200]) >= 0).all()


@pytest.mark.parametrize("clock", [Clock(5.5), Clock(-20.0, 604.0), BENT])
@pytest.mark.parametrize("begin", [700, -300])
def test_a_clock_seen_from_elsewhere(clock, begin):
    at = np.linspace(0, N, 50)
    moved = clock.seen_from(begin)
    np.testing.assert_allclose(moved.positions(at - begin), clock.positions(at), atol=1e-9)
    np.testing.assert_allclose(
        moved.seen_from(-begin).positions(at), clock.positions(at), atol=1e-9
    )


def test_wander_holds_beyond_its_knots():
    line = Clock(BENT.offset_samples, BENT.drift_ppm)
    at = np.array([-4000.0, 0.0, 500.0])
    np.testing.assert_allclose(line.positions(at) - BENT.positions(at), 0.5 / 1.0003, atol=1e-9)
    at = np.array([5500.0, 6000.0, 90000.0])
    np.testing.assert_allclose(line.positions(at) - BENT.positions(at), 1.5 / 1.0003, atol=1e-9)
    assert BENT.start_samples == pytest.approx(12.5 + 0.5)


def test_what_is_left_out_is_told():
    rate = 1000
    reference = np.random.default_rng(0).normal(size=20 * rate).astype(np.float32)
    reference[9 * rate : 10 * rate] = 0
    # Of 20 s, 0 to 4 s and 12 to 18 s are used; 9 to 10 s are silent anyway.
    timeline = Timeline((Segment(0, 4 * rate, Clock()), Segment(4 * rate, 10 * rate, Clock(-8e3))))
    told = left_out_s(reference, rate, timeline, 10 * rate)
    np.testing.assert_allclose(told, [(4, 9), (10, 12), (18, 20)], atol=0.15)
    whole = Timeline((Segment(0, 10 * rate, Clock(-3e3)),))
    assert left_out_s(reference, rate, whole, 10 * rate) == ()
