"""Lining up: synthetic songs always, real pairs where they are at hand."""

from dataclasses import replace
from pathlib import Path

import librosa
import naive_alignment
import numpy as np
import pytest
from disturb import RATE_HZ, Disturbance, delayed, disturbed, synthetic_song

from vocal_separation_sanity_check.alignment.alignment import align
from vocal_separation_sanity_check.alignment.correlation import local_lags, whitening
from vocal_separation_sanity_check.alignment.robust_line import level_line, robust_line
from vocal_separation_sanity_check.alignment.rough_pair import RoughPair
from vocal_separation_sanity_check.alignment.search import SearchRange, find_candidates
from vocal_separation_sanity_check.errors import InputError

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "pairs"
PAIRS = sorted(DATA.glob("*_100-full.flac"))
needs_pairs = pytest.mark.skipif(not PAIRS, reason=f"the real pairs are not in {DATA}")


@pytest.fixture(scope="module")
def song():
    vocal, music = synthetic_song()
    return vocal + music, vocal


@pytest.fixture(scope="module")
def real_pairs():
    return [
        tuple(librosa.load(path, sr=RATE_HZ)[0] for path in (full, stem))
        for full in PAIRS
        for stem in [full.with_name(full.name.replace("-full", "-stem"))]
    ]


def si_sdr_db(truth, estimate):
    truth, estimate = truth.astype(float), estimate.astype(float)
    scaled = truth * (truth @ estimate) / (truth @ truth)
    return 10 * np.log10(np.sum(scaled**2) / (np.sum((estimate - scaled) ** 2) + 1e-12))


def check(mixture, vocal, what, offset_tolerance=0.1, drift_tolerance=1.0):
    found = align(mixture, disturbed(vocal, what), RATE_HZ)
    assert found.is_confident, found.reason
    assert found.offset_samples == pytest.approx(what.true_offset_samples, abs=offset_tolerance)
    assert found.drift_ppm == pytest.approx(what.true_drift_ppm, abs=drift_tolerance)
    assert found.polarity == what.polarity
    assert found.aligned.shape == mixture.shape
    assert found.aligned.dtype == np.float32
    return found


def test_ideal_pair_is_untouched(song):
    mixture, vocal = song
    found = align(mixture, vocal, RATE_HZ)
    assert (found.offset_samples, found.drift_ppm, found.polarity) == (0, 0, 1)
    assert (found.gain_db, found.channel.is_impulse, found.reason) == (0, True, "")
    np.testing.assert_array_equal(found.aligned, vocal)


@pytest.mark.parametrize(
    "what",
    [
        Disturbance(delay_s=0.3),
        Disturbance(delay_s=0.2301234),
        Disturbance(delay_s=-0.3, clock_ppm=604, polarity=-1),
        Disturbance(delay_s=0.019, clock_ppm=-900, gain_db=-9),
    ],
)
def test_disturbed_synthetic_song(song, what):
    found = check(*song, what)
    assert found.gain_db == pytest.approx(-what.gain_db, abs=0.3)
    assert found.null.overall.after_db > found.null.overall.before_db + 3


def test_two_percent_of_drift(song):
    check(*song, Disturbance(delay_s=0.1, clock_ppm=15000))


def test_sign_convention(song):
    mixture, vocal = song
    early = align(mixture, vocal[1000:], RATE_HZ)
    assert early.offset_samples == 1000
    late = align(mixture, np.concatenate([np.zeros(777, np.float32), vocal]), RATE_HZ)
    assert late.offset_samples == -777


def test_excerpts_either_way(song):
    mixture, vocal = song
    part = slice(40_000, 100_000)
    assert align(mixture, vocal[part], RATE_HZ).offset_samples == 40_000
    assert align(mixture[part], vocal, RATE_HZ).offset_samples == -40_000


def test_instrumental_as_reference(song):
    mixture, vocal = song
    music = mixture - vocal
    check(mixture, music, Disturbance(delay_s=0.1, clock_ppm=300, polarity=-1, gain_db=3))


def test_other_sample_rate(song):
    mixture, vocal = (librosa.resample(signal, orig_sr=RATE_HZ, target_sr=16000) for signal in song)
    found = align(mixture, delayed(vocal, 123.4).astype(np.float32), 16000)
    assert found.offset_samples == pytest.approx(-123.4, abs=0.1)
    assert found.offset_ms == pytest.approx(-123.4 / 16, abs=0.01)


def test_one_second():
    vocal, music = synthetic_song(1.0, seed=2)
    found = align(vocal + music, vocal, RATE_HZ)
    assert found.offset_samples == 0 or not found.is_confident


@pytest.mark.parametrize("seed", [5, 6])
def test_another_voice_is_left_as_it_came(song, seed):
    mixture, _ = song
    stranger, _ = synthetic_song(5.0, seed=seed)
    found = align(mixture, stranger, RATE_HZ)
    assert not found.is_confident
    assert "Left as it came" in found.reason or "Nothing" in found.reason
    assert (found.offset_samples, found.drift_ppm, found.polarity, found.gain_db) == (0, 0, 1, 0)
    np.testing.assert_array_equal(found.aligned[: len(stranger)], stranger)
    assert not found.aligned[len(stranger) :].any()


def test_what_the_user_knows_is_applied(song):
    mixture, vocal = song
    moved = disturbed(vocal, Disturbance(delay_s=0.25))
    found = align(mixture, moved, RATE_HZ, offset_ms=-250.0, drift_ppm=0.0, polarity=-1)
    assert found.offset_ms == -250.0
    assert found.polarity == -1
    stranger, _ = synthetic_song(5.0, seed=6)
    found = align(mixture, stranger, RATE_HZ, offset_ms=10.0, drift_ppm=100.0)
    assert not found.is_confident
    assert (found.offset_ms, found.drift_ppm, found.polarity) == (10.0, 100.0, 1)


def test_tape_wander_is_followed():
    vocal, music = synthetic_song(20.0)
    what = Disturbance(wander_s=0.001, wander_period_s=15.0)
    found = align(vocal + music, disturbed(vocal, what), RATE_HZ)
    assert found.is_confident
    assert found.timeline.segments[0].clock.wander_samples.any()
    assert si_sdr_db(vocal, found.aligned) > 15


def test_same_answer_twice(song):
    mixture, vocal = song
    moved = disturbed(vocal, Disturbance(delay_s=0.1, clock_ppm=200))
    first, second = (align(mixture, moved, RATE_HZ) for _ in range(2))
    assert first.offset_samples == second.offset_samples
    assert first.drift_ppm == second.drift_ppm
    np.testing.assert_array_equal(first.aligned, second.aligned)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mixture": np.zeros(RATE_HZ)}, "the mixture holds only silence"),
        ({"reference": np.ones((2, RATE_HZ))}, "average the channels"),
        ({"reference": np.ones(1000)}, "lasts 0.05 s, wanted at least 0.5 s"),
        ({"sample_rate_hz": 0}, "the sample rate is 0 Hz"),
        ({"polarity": 0}, "polarity is 0, wanted 1 or -1"),
        ({"drift_ppm": 3e5}, "wanted at most 100000"),
        ({"offset_ms": 22050}, "are these samples, not milliseconds"),
    ],
)
def test_bad_input_says_what_to_do(song, change, message):
    given = {"mixture": song[0], "reference": song[1], "sample_rate_hz": RATE_HZ} | change
    with pytest.raises(InputError, match=message):
        align(**given)


@needs_pairs
@pytest.mark.parametrize(
    "what",
    [
        Disturbance(delay_s=0.33, clock_ppm=-604, polarity=-1, gain_db=-9),
        Disturbance(delay_s=-0.4, clock_ppm=988),
    ],
)
def test_real_pairs(real_pairs, what):
    for mixture, vocal in real_pairs[::3]:
        check(mixture, vocal, what)


@needs_pairs
def test_real_pairs_through_shelf_and_mp3(real_pairs):
    what = Disturbance(delay_s=0.2, clock_ppm=-300, polarity=-1, shelf_db=6, codec="mp3")
    for mixture, vocal in real_pairs[1::4]:
        found = align(mixture, disturbed(vocal, what), RATE_HZ)
        expected = what.true_offset_samples - 1105 * (1 + what.true_drift_ppm * 1e-6)
        assert found.offset_samples == pytest.approx(expected, abs=1.0)
        assert found.drift_ppm == pytest.approx(what.true_drift_ppm, abs=5.0)
        assert found.polarity == -1


@needs_pairs
def test_real_ideal_pairs_lose_nothing(real_pairs):
    for mixture, vocal in real_pairs[::3]:
        assert si_sdr_db(vocal, align(mixture, vocal, RATE_HZ).aligned) > 40


@needs_pairs
def test_real_vocals_of_other_songs(real_pairs):
    assert not align(real_pairs[0][0], real_pairs[-1][1], RATE_HZ).is_confident


def test_candidates_hold_the_truth(song):
    mixture, vocal = song
    what = Disturbance(delay_s=0.2, clock_ppm=700)
    search = SearchRange(max_drift=1.5e-3, chunk_s=1.5, n_chunks=8)
    pair = RoughPair(mixture, disturbed(vocal, what), RATE_HZ)
    best = find_candidates(pair.mixture, pair.reference, pair.rate_hz, search, 3)[0]
    assert best.offset_s == pytest.approx(what.true_offset_samples / RATE_HZ, abs=0.002)
    assert best.drift == pytest.approx(what.true_drift_ppm * 1e-6, abs=3e-4)


def test_local_lags_are_exact_to_a_hundredth():
    rng = np.random.default_rng(0)
    vocal = np.convolve(rng.normal(size=3 * RATE_HZ), np.hanning(5), "same").astype(np.float32)
    late = delayed(vocal.astype(float), 7.31)[: len(vocal)].astype(np.float32)
    found = local_lags(-late, vocal, RATE_HZ, 0.5, 0.25, 0.01)
    np.testing.assert_allclose(found.lags_samples, 7.31, atol=0.01)
    assert (found.signs == -1).all()


def test_correlation_against_its_definition():
    rng = np.random.default_rng(4)
    mixture, reference = rng.normal(size=(2, 472)).astype(np.float32)
    found = local_lags(mixture, reference, 480.0, 1.0, 1.0, 0.05)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(472) / 472)
    padded = [np.pad(signal * taper, (0, 40)) for signal in (mixture, reference)]
    weights = whitening(np.abs(np.fft.rfft(padded[0])) ** 2, 480 / 512)
    expected = naive_alignment.circular_correlation(*padded, weights, 24)
    got = found.correlations[0]
    np.testing.assert_allclose(
        got / np.abs(got).max(), expected / np.abs(expected).max(), atol=1e-4
    )


def test_silent_windows_have_no_say(song):
    mixture, vocal = song
    half = vocal.copy()
    half[: 3 * RATE_HZ] = 0
    found = local_lags(mixture, half, RATE_HZ, 1.0, 0.25, 0.01)
    assert found.times_s.min() > 2.5


def test_robust_line_ignores_forty_percent_of_outliers():
    rng = np.random.default_rng(0)
    times = np.linspace(0, 10, 60)
    values = 3 + 0.5 * times + rng.normal(0, 0.01, 60)
    values[rng.choice(60, 24, replace=False)] = rng.uniform(-50, 50, 24)
    line = robust_line(times, values, np.ones(60), 0.1, 2.0)
    assert line.start == pytest.approx(3, abs=0.02)
    assert line.slope == pytest.approx(0.5, abs=0.005)
    assert 0.0005 < line.error_at(np.array([5.0]))[0] < 0.01
    level = level_line(times, values - 0.5 * times, np.ones(60), 0.1, 3.05)
    assert level.start == pytest.approx(3, abs=0.01)


def test_truth_of_the_disturbances_is_consistent():
    what = Disturbance(delay_s=0.5, clock_ppm=1000)
    assert what.true_offset_samples == pytest.approx(-11025 / 1.001)
    assert replace(what, clock_ppm=0).true_drift_ppm == 0
