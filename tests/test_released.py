"""Acapellas as they are, end to end: record players, other edits, bars that repeat, strangers.

Songs are synthetic and not coded, so that truth is known to a fraction of a sample.
"""

import itertools

import numpy as np
import pytest
import releases
from disturb import RATE_HZ, Disturbance, disturbed, synthetic_song
from releases import TURNS_HZ, Acapella, Player

from vocal_separation_sanity_check.alignment import align

pytestmark = pytest.mark.slow

CUT_S = 0.05
"""How long it may sound wrong around a cut."""


def sounds(signal, width_s=0.02):
    """Where a signal is less than 20 dB under its loudest fiftieth of a second."""
    n = round(width_s * RATE_HZ)
    power = np.convolve(signal.astype(float) ** 2, np.ones(n) / n, "same")
    return power > 1e-2 * power.max()


def place_errors_ms(acapella, found, moments):
    """How far the place found is from the true one; 1e6 where none was found, or none is."""
    positions = found.timeline.positions(moments.astype(float))
    known = np.isfinite(positions) & (positions >= 0)
    known &= positions < len(acapella.song_time_s) - 1
    whole = np.round(np.where(known, positions, 0)).astype(int)
    played_s = acapella.song_time_s[whole] + (positions - whole) / RATE_HZ
    errors = 1e3 * np.abs(played_s - moments / RATE_HZ)
    return np.where(known & np.isfinite(errors), errors, 1e6)


def is_copied(vocal, acapella):
    """Whether each sample of the song is sung, and the acapella has a copy of it."""
    copied = np.zeros(len(vocal), bool)
    at = np.round(acapella.song_time_s * RATE_HZ)
    copied[at[np.isfinite(at) & (at >= 0) & (at < len(vocal))].astype(int)] = True
    return sounds(vocal) & (np.convolve(copied, np.ones(9), "same") > 0)


def sung_moments(vocal, acapella):
    return np.flatnonzero(is_copied(vocal, acapella))[::441]


def wrong_around_s(vocal, acapella, found, moment_s):
    """How long it sounds wrong within a second of a cut of the song."""
    moments = np.arange(moment_s - 1, moment_s + 1, 0.001) * RATE_HZ
    moments = np.round(moments[(moments >= 0) & (moments < len(vocal))]).astype(int)
    positions = found.timeline.positions(moments.astype(float))
    known = np.isfinite(positions) & (positions >= 0) & (positions < len(acapella.samples))
    heard = np.zeros(len(moments), bool)
    heard[known] = sounds(acapella.samples)[positions[known].astype(int)]
    off = place_errors_ms(acapella, found, moments) > 1.0
    return float(np.sum(off & (is_copied(vocal, acapella)[moments] | heard)) / 1000)


def cuts_of(acapella):
    """Moments of the song at which the acapella is cut."""
    truth = acapella.song_time_s
    breaks = np.flatnonzero(~(np.abs(np.diff(truth) * RATE_HZ - 1) < 0.5))
    ends = np.concatenate([truth[breaks], truth[breaks + 1]])
    return np.unique(ends[np.isfinite(ends)])


def in_place(vocal):
    return Acapella(vocal.astype(np.float32), np.arange(len(vocal)) / RATE_HZ)


# Record players


@pytest.mark.parametrize(("turns", "polarity"), [("33", 1), ("45", -1), ("78", 1)])
def test_a_record_player_is_followed(turns, polarity):
    vocal, music = synthetic_song(10.0)
    player = Player(
        swing=0.001, swings_hz=TURNS_HZ[turns], phase=1.0, clock_ppm=300, lead_s=0.3,
        polarity=polarity,
    )  # fmt: skip
    acapella = releases.played(vocal, player)
    found = align(vocal + music, acapella.samples, RATE_HZ)
    assert found.is_confident, found.reason
    assert found.polarity == polarity
    assert len(found.timeline.segments) == 1
    errors = place_errors_ms(acapella, found, sung_moments(vocal, acapella))
    assert np.percentile(errors, 95) < 0.05
    assert errors.max() < 1.0


def test_what_a_record_player_leaves_unsure_is_told():
    """The true curve lies within a few of the standard errors that are claimed."""
    vocal, music = synthetic_song(10.0)
    acapella = releases.played(vocal, Player(swing=0.0015, swings_hz=TURNS_HZ["33"]))
    found = align(vocal + music, acapella.samples, RATE_HZ)
    (segment,) = found.timeline.segments
    errors_ms = segment.uncertainty_samples / RATE_HZ * 1e3
    moments = sung_moments(vocal, acapella)
    claimed = np.interp(moments, segment.uncertainty_at_samples, errors_ms)
    assert (claimed > 0).all()
    assert np.mean(place_errors_ms(acapella, found, moments) < 4 * claimed + 0.005) > 0.9


def test_a_voice_that_is_ten_decibels_down_is_followed():
    vocal, music = synthetic_song(10.0)
    acapella = releases.played(vocal, Player(swing=0.001, swings_hz=TURNS_HZ["45"], lead_s=0.2))
    quiet = 10 ** (-10 / 20)
    found = align(quiet * vocal + music, acapella.samples, RATE_HZ)
    assert found.is_confident, found.reason
    errors = place_errors_ms(acapella, found, sung_moments(vocal, acapella))
    assert np.percentile(errors, 90) < 0.05


# Even clocks


@pytest.mark.parametrize(
    "what",
    [
        Disturbance(delay_s=0.2),
        Disturbance(delay_s=-0.15012),
        Disturbance(delay_s=0.1, clock_ppm=604, polarity=-1),
        Disturbance(delay_s=0.1, clock_ppm=-900, shelf_db=6),
    ],
)
def test_an_even_clock_keeps_its_line(what):
    vocal, music = synthetic_song(10.0, seed=4)
    found = align(vocal + music, disturbed(vocal, what), RATE_HZ)
    (segment,) = found.timeline.segments
    assert found.is_confident, found.reason
    assert not segment.clock.wander_samples.any()
    assert found.drift_ppm == pytest.approx(what.true_drift_ppm, abs=0.5)
    assert found.offset_samples == pytest.approx(what.true_offset_samples, abs=0.1)


# Other edits


@pytest.fixture(scope="module")
def long_song():
    vocal, music = synthetic_song(28.0, seed=8)
    return vocal, music


EDITS = {
    "cut": [(0, 10), (13, 28)],
    "gap": [(0, 12), 3.0, (12, 28)],
    "order": [(0, 7), (14, 21), (7, 14), (21, 28)],
    "all": [(0, 7), (9.5, 14), 2.5, (14, 17), (20, 23), (17, 20), (23, 28)],
}


@pytest.mark.parametrize(
    ("kind", "swing"),
    [
        ("cut", 0.0),
        ("gap", 0.0),
        ("order", 0.0),
        pytest.param("cut", 0.001, marks=pytest.mark.thorough),
        pytest.param("gap", 0.001, marks=pytest.mark.thorough),
        ("all", 0.001),
    ],
)
def test_another_edit_is_found(long_song, kind, swing):
    vocal, music = long_song
    player = Player(swing=swing, swings_hz=TURNS_HZ["33"], clock_ppm=400 if swing else 0)
    whole = releases.played(vocal, player) if swing else in_place(vocal)
    acapella = releases.cut(whole, *EDITS[kind])
    found = align(vocal + music, acapella.samples, RATE_HZ)
    assert found.is_confident, found.reason
    errors = place_errors_ms(acapella, found, sung_moments(vocal, acapella))
    assert np.mean(errors < 1.0) > 0.95
    assert np.median(errors) < 0.05
    for moment_s in cuts_of(acapella):
        wrong_s = wrong_around_s(vocal, acapella, found, moment_s)
        assert wrong_s < CUT_S, f"{wrong_s:.3f} s are wrong around {moment_s:.2f} s"
    segments = found.timeline.segments
    assert all(one.end <= other.begin for one, other in itertools.pairwise(segments))


def test_what_the_song_lacks_is_told(long_song):
    """Five seconds of another voice in the middle have no place in the song."""
    vocal, music = long_song
    stranger = synthetic_song(5.0, seed=99)[0]
    at = round(14 * RATE_HZ)
    longer = np.concatenate([vocal[:at], stranger, vocal[at:]])
    found = align(vocal + music, longer, RATE_HZ)
    assert found.is_confident, found.reason
    assert len(found.timeline.segments) == 2
    told = np.zeros(len(longer), bool)
    for begin_s, end_s in found.left_out_s:
        told[round(begin_s * RATE_HZ) : round(end_s * RATE_HZ)] = True
    assert told[at : at + len(stranger)].mean() > 0.7
    assert told[:at].mean() < 0.02
    assert told[at + len(stranger) :].mean() < 0.02


def test_a_fifth_of_a_second_cut_out_keeps_what_was_right():
    vocal, music = synthetic_song(12.0, seed=3)
    cut, gap = round(3.0 * RATE_HZ), round(0.2 * RATE_HZ)
    shorter = np.concatenate([vocal[:cut], vocal[cut + gap :]])
    found = align(vocal + music, shorter, RATE_HZ)
    assert found.is_confident, found.reason
    kept = round((3.0 - CUT_S) * RATE_HZ)
    positions = found.timeline.positions(np.arange(kept, dtype=float))
    np.testing.assert_array_equal(positions, np.arange(kept))
    np.testing.assert_array_equal(found.aligned[:kept], vocal[:kept])
    acapella = releases.cut(in_place(vocal), (0, 3.0), (3.2, 12.0))
    errors = place_errors_ms(acapella, found, sung_moments(vocal, acapella))
    assert np.mean(errors < 1.0) > 0.95


@pytest.mark.parametrize("seed", [20, 21])
def test_no_edit_is_invented(seed):
    vocal, music = synthetic_song(20.0, seed=seed)
    acapella = releases.played(vocal, Player(swing=0.0015, swings_hz=TURNS_HZ["33"], lead_s=0.5))
    found = align(vocal + music, acapella.samples, RATE_HZ)
    assert found.is_confident, found.reason
    assert len(found.timeline.segments) == 1
    assert found.left_out_s == ()


# Bars that repeat


def bars(*seeds, bar_s=2.0):
    """One bar of music again and again, with the voice of each seed."""
    music = synthetic_song(bar_s, seed=77)[1]
    voice = np.concatenate([synthetic_song(bar_s, seed=seed)[0] for seed in seeds])
    return np.tile(music, len(seeds)) + voice, voice


@pytest.mark.parametrize("seeds", [(1, 1, 2), (2, 1, 1), (1, 1, 1, 1, 2, 1, 1, 1)])
@pytest.mark.parametrize("lead_s", [0.0, 0.31])
def test_bars_that_repeat_are_placed_right_or_told(seeds, lead_s):
    mixture, voice = bars(*seeds)
    acapella = releases.played(voice, Player(swing=0.001, swings_hz=TURNS_HZ["33"], lead_s=lead_s))
    found = align(mixture, acapella.samples, RATE_HZ)
    errors = place_errors_ms(acapella, found, sung_moments(voice, acapella))
    is_right = found.is_confident and np.percentile(errors, 90) < 1.0
    assert is_right or found.rivals


@pytest.mark.parametrize("lead_s", [0.0, 0.136])
def test_each_place_of_one_bar_is_used_or_told(lead_s):
    """The acapella of one bar fits each of four."""
    mixture, voice = bars(1, 1, 1, 1)
    bar = len(voice) // 4
    lead = round(lead_s * RATE_HZ)
    late = np.concatenate([np.zeros(lead, np.float32), voice[:bar]])
    found = align(mixture, late, RATE_HZ)
    offsets = [segment.clock.offset_samples for segment in found.timeline.segments]
    offsets += [rival.offset_ms / 1e3 * RATE_HZ for rival in found.rivals]
    places = (np.array(offsets) + lead) / bar
    np.testing.assert_allclose(places, np.round(places), atol=1e-3)
    assert set(np.round(places)) == {0, 1, 2, 3}


@pytest.mark.parametrize("seeds", [(1, 1, 1, 1), (1, 1, 2, 1)])
def test_what_is_in_place_is_not_moved(seeds):
    mixture, voice = bars(*seeds)
    found = align(mixture, voice, RATE_HZ)
    assert (found.offset_samples, found.drift_ppm, found.polarity) == (0, 0, 1)
    assert len(found.timeline.segments) == 1
    np.testing.assert_array_equal(found.aligned, voice)


# Strangers


@pytest.mark.parametrize(("seed", "swing"), [(11, 0.0), (12, 0.001)])
def test_another_voice_is_refused(seed, swing):
    vocal, music = synthetic_song(7.0)
    stranger = synthetic_song(7.0, seed=seed)[0]
    played = releases.played(stranger, Player(swing=swing, swings_hz=TURNS_HZ["33"]))
    found = align(vocal + music, played.samples, RATE_HZ)
    assert not found.is_confident
    assert found.reason
    assert (found.offset_samples, found.drift_ppm, found.polarity) == (0, 0, 1)
    assert found.null.overall.after_db == found.null.overall.before_db
