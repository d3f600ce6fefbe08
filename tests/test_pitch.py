"""Pitch: the kernels against plain loops, the track against librosa's, the score."""

import naive_pitch
import numpy as np
import pytest

from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.scoring.pitch_accuracy import raw_pitch_accuracy
from vocal_separation_sanity_check.scoring.pitch_kernels import follow, weigh_dips
from vocal_separation_sanity_check.scoring.pitch_tracking import PitchTrack, track_pitch
from vocal_separation_sanity_check.scoring.vocal_frames import HIGHEST_HZ, LOWEST_HZ

RATE = 22050


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_dips_are_weighed_as_by_plain_loops(rng):
    difference = rng.exponential(0.3, (40, 31)).astype(np.float32)
    difference[3] = 0.5  # without a dip
    difference[4] = np.linspace(0.1, 1, 31)  # a dip at its start
    difference[5] = np.linspace(1, 0.1, 31)  # and at its end
    difference[6] += 1  # none under any threshold
    thresholds = np.linspace(0, 1, 21)[1:]
    prior = rng.dirichlet(np.ones(20))
    out = np.full(difference.shape, np.nan)
    weigh_dips(difference, thresholds, prior, 2.0, 0.01, out)
    wanted = naive_pitch.weigh_dips(difference, thresholds, prior, 2.0, 0.01)
    np.testing.assert_allclose(out, wanted, rtol=1e-12, atol=1e-15)
    assert not out[3].any()
    assert out[4, 0] > 0
    assert out[5, 30] > 0
    assert out[6].sum() == pytest.approx(0.01)


@pytest.mark.parametrize("floor", [-1e3, -3.0])
def test_the_likeliest_way_is_that_of_plain_loops(rng, floor):
    n_frames, n_pitches, reach = 60, 12, 2
    observed = 3 * rng.standard_normal((n_frames, 2 * n_pitches))
    near, leaving = rng.standard_normal(2 * reach + 1), rng.standard_normal(n_pitches)
    stay, switch = -0.1, -2.0
    transition = np.full((2 * n_pitches, 2 * n_pitches), floor)
    for source, target in np.ndindex(transition.shape):
        off = target % n_pitches - source % n_pitches
        if abs(off) <= reach:
            keeps = source // n_pitches == target // n_pitches
            move = near[reach + off] - leaving[source % n_pitches]
            transition[source, target] = max(move + (stay if keeps else switch), floor)
    way = np.full(n_frames, -1)
    follow(observed.copy(), near, leaving, stay, switch, floor, way)
    assert way.tolist() == naive_pitch.follow(observed, transition)


@pytest.mark.compiled
@pytest.mark.slow
@pytest.mark.parametrize("rate_hz", [RATE, 44100])
def test_the_track_is_librosas(rate_hz):
    from librosa import pyin

    song = demo_song(4.7, rate_hz)
    for sound in (song.vocal, song.mixture, 0 * song.vocal):
        signal = sound.mean(1).astype(np.float32)
        theirs, is_voiced, _ = pyin(
            signal, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, sr=rate_hz, frame_length=2048,
            hop_length=1024, fill_na=None,
        )  # fmt: skip
        ours = track_pitch(signal, rate_hz)
        assert ours.frequency_hz.shape == theirs.shape
        assert (ours.is_voiced == is_voiced).mean() > 0.99
        cents = 1200 * np.abs(np.log2(ours.frequency_hz / theirs))
        assert (cents < 25).mean() > 0.99


@pytest.mark.compiled
def test_pitch_is_followed_and_scored_within_fifty_cents():
    from mir_eval import melody

    wanted = track_pitch(tone(220.0), RATE)
    inside = slice(3, -3)
    cents = 1200 * np.log2(wanted.frequency_hz[inside] / 220)
    assert np.abs(cents).max() < 15
    assert wanted.is_voiced[inside].all()
    near, far = (
        PitchTrack(wanted.frequency_hz * 2 ** (off / 1200), wanted.is_voiced) for off in (40, 60)
    )
    assert raw_pitch_accuracy(near, wanted) == 1
    assert raw_pitch_accuracy(far, wanted) == 0
    half = PitchTrack(wanted.frequency_hz.copy(), ~wanted.is_voiced)
    half.frequency_hz[::2] *= 2
    voiced = wanted.is_voiced
    expected = 1 - voiced[::2].sum() / voiced.sum()
    assert raw_pitch_accuracy(half, wanted) == pytest.approx(expected)
    theirs = melody.raw_pitch_accuracy(
        voiced.astype(float), melody.hz2cents(wanted.frequency_hz),
        np.ones(len(voiced)), melody.hz2cents(half.frequency_hz),
    )  # fmt: skip
    assert raw_pitch_accuracy(half, wanted) == theirs
    assert raw_pitch_accuracy(wanted, PitchTrack(wanted.frequency_hz, 0 * voiced > 1)) is None


def tone(frequency_hz, duration_s=1.0, n_partials=8):
    t = np.arange(round(duration_s * RATE)) / RATE
    return sum(0.2 / k * np.sin(2 * np.pi * k * frequency_hz * t) for k in range(1, n_partials + 1))
