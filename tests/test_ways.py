"""The way through lanes and silence."""

import itertools

import naive_alignment
import numpy as np
import pytest

from vocal_separation_sanity_check.alignment import ways
from vocal_separation_sanity_check.alignment.ways import SILENT, best_way

COSTS = (ways._BEND_COST, ways._JUMP_COST, ways._HUSH_COST)


def as_places(way):
    return tuple(
        None if lane == SILENT else (lane, lag)
        for lane, lag in zip(way.lanes, way.lags, strict=True)
    )


def is_jump(before, after):
    if before is None or after is None:
        return before is not after
    return before[0] != after[0] or abs(before[1] - after[1]) > 1


def check_way(found, likelihoods, costs):
    total, expected = naive_alignment.best_way(likelihoods, *costs)
    assert as_places(found) == expected
    assert found.total == pytest.approx(total, abs=1e-4)
    heard = [float(likelihoods[at[0]][t, at[1]]) if at else 0.0 for t, at in enumerate(expected)]
    np.testing.assert_allclose(found.explained, heard, atol=1e-5)
    jumps = [is_jump(*pair) for pair in itertools.pairwise(expected)]
    assert found.jumps.tolist() == [False, *jumps]
    return expected


def drawn(rng, shape, scale):
    """Lanes of which every second window speaks against itself."""
    lanes = rng.normal(0, scale, shape).astype(np.float32)
    lanes[:, ::2] -= np.float32(scale * rng.choice([0, 2]))
    return list(lanes)


@pytest.mark.parametrize("shape", [(1, 4, 3), (2, 4, 3), (3, 4, 2), (2, 3, 5), (2, 1, 4)])
def test_against_every_way(shape):
    rng = np.random.default_rng(0)
    for scale in (0.3, 10.0, 60.0):
        for _ in range(8):
            likelihoods = drawn(rng, shape, scale)
            check_way(best_way(likelihoods), likelihoods, COSTS)


def test_ways_that_are_drawn_hold_everything():
    """Else the comparison above would prove nothing about jumps, bends or silence."""
    rng = np.random.default_rng(0)
    seen = set()
    for scale in (0.3, 10.0, 60.0):
        for _ in range(8):
            places = as_places(best_way(drawn(rng, (2, 4, 3), scale)))
            for before, after in itertools.pairwise(places):
                if not is_jump(before, after):
                    seen.add("bend" if before != after else "stay")
                elif after is None:
                    seen.add("hush")
                else:
                    seen.add("sound" if before is None else "jump")
    assert seen == {"stay", "bend", "hush", "sound", "jump"}


@pytest.mark.parametrize("scale", [1.0, 60.0])
def test_without_jumps_against_every_way(scale):
    rng = np.random.default_rng(1)
    for _ in range(8):
        likelihoods = [rng.normal(scale, scale, (4, 3)).astype(np.float32) for _ in range(2)]
        found = best_way(likelihoods, may_jump=False)
        check_way(found, likelihoods, (COSTS[0], np.inf, np.inf))
        assert not found.jumps.any()
        assert len(set(found.lanes)) == 1


def test_a_jump_must_explain_more_than_it_costs():
    here, there = np.zeros((8, 5), np.float32), np.full((8, 5), -50, np.float32)
    here[:, 2] = 20.0
    here[4:, 2] = 5.0
    there[4:, 1] = 5.0 + (ways._JUMP_COST - 1) / 4
    assert (best_way([here, there]).lanes == 0).all()
    there[4:, 1] = 5.0 + (ways._JUMP_COST + 1) / 4
    found = best_way([here, there])
    assert found.lanes.tolist() == [0] * 4 + [1] * 4
    assert np.flatnonzero(found.jumps).tolist() == [4]


def test_silence_where_every_lane_speaks_against_itself():
    lane = np.full((12, 3), -20, np.float32)
    lane[:4, 1] = lane[9:, 1] = 30
    found = best_way([lane])
    assert found.lanes.tolist() == [0] * 4 + [SILENT] * 5 + [0] * 3
    assert np.flatnonzero(found.jumps).tolist() == [4, 9]
    assert not found.explained[4:9].any()
