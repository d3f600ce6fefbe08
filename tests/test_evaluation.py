"""The scores of the report card: against hand-made cases, published values, and each other."""

import warnings

import numpy as np
import pystoi
import pytest
from scipy.signal import find_peaks

from vocal_separation_sanity_check import InputError
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.scoring.bleed import bleed_db, why_no_bleed
from vocal_separation_sanity_check.scoring.distortion_ratios import si_sdr_db
from vocal_separation_sanity_check.scoring.evaluation import evaluate_separation
from vocal_separation_sanity_check.scoring.intelligibility import STOI_RATE_HZ, estoi
from vocal_separation_sanity_check.scoring.score import Score
from vocal_separation_sanity_check.scoring.timbre import log_spectral_distances_db
from vocal_separation_sanity_check.scoring.transients import (
    _peaks,
    excess_fluxes_db,
    onset_frames,
)
from vocal_separation_sanity_check.scoring.vocal_frames import (
    silent_frames,
    voiced_frames,
)

RATE = 22050


@pytest.fixture
def rng():
    return np.random.default_rng(31)


@pytest.fixture(scope="module")
def song():
    """Mixture and vocal of the demo song, 4.7 s mono."""
    made = demo_song(4.7, RATE)
    return made.mixture.mean(1).astype(np.float32), made.vocal.mean(1).astype(np.float32)


def tone(frequency_hz, duration_s=1.0, n_partials=8):
    t = np.arange(round(duration_s * RATE)) / RATE
    return sum(0.2 / k * np.sin(2 * np.pi * k * frequency_hz * t) for k in range(1, n_partials + 1))


def test_si_sdr_ignores_scale_and_counts_noise(rng):
    wanted, noise = rng.standard_normal((2, 20_000))
    noise -= (noise @ wanted) / (wanted @ wanted) * wanted
    noise *= 0.1 * np.linalg.norm(wanted) / np.linalg.norm(noise)
    assert si_sdr_db(wanted + noise, wanted) == pytest.approx(20)
    assert si_sdr_db(-3 * (wanted + noise), wanted) == pytest.approx(20)


def test_estoi_falls_from_one_with_noise(song, rng):
    mixture, vocal = song
    noise = rng.standard_normal(len(vocal)) * vocal.std()
    clean, some, much = estoi([vocal + g * noise for g in (0, 0.3, 3)], vocal, RATE)
    assert clean == pytest.approx(1, abs=1e-6)
    assert clean > some > much
    assert estoi([vocal[:4000], mixture[:4000]], vocal[:4000], RATE) == (None, None)
    # At its own rate nothing is resampled.
    sounds = vocal[:30_000], (vocal + 0.3 * noise)[:30_000]
    theirs = pystoi.stoi(*sounds, STOI_RATE_HZ, extended=True)
    assert estoi([sounds[1]], sounds[0], STOI_RATE_HZ)[0] == pytest.approx(theirs, abs=1e-7)


@pytest.mark.parametrize("n_samples", [*range(3900, 4400, 25), 20_000])
@pytest.mark.parametrize("n_quiet", [0, 1500])
def test_a_sound_too_short_to_judge_is_told_without_a_warning(n_samples, n_quiet):
    sound = np.random.default_rng(2).standard_normal(n_samples)
    sound[:n_quiet] *= 1e-4
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        (value,) = estoi([sound], sound, STOI_RATE_HZ)
    assert not told
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pystoi.stoi(sound, sound, STOI_RATE_HZ, extended=True)
    assert value == (None if theirs == 1e-5 else pytest.approx(theirs))


@pytest.mark.parametrize("n_samples", [1, 200, 256, 257])
def test_a_sound_without_a_single_frame_is_too_short_as_well(n_samples):
    sound = np.ones(n_samples)
    assert estoi([sound], sound, STOI_RATE_HZ) == (None,)


def test_voiced_and_silent_frames(rng):
    noise = 0.1 * rng.standard_normal(RATE)
    signal = np.concatenate([tone(180.0), noise, 1e-4 * noise])
    per_second = RATE // 512
    voiced, silent = voiced_frames(signal, RATE), silent_frames(signal)
    assert voiced[2 : per_second - 4].all()
    assert not voiced[per_second + 4 :].any()
    assert not silent[: 2 * per_second - 4].any()
    assert silent[2 * per_second + 4 :].all()


def test_spectral_distance_of_a_gain_is_the_gain():
    voice = tone(200.0, n_partials=40).astype(np.float32)
    filtered = np.convolve(voice, [1, 0.9], "same")
    same, louder, other = log_spectral_distances_db([voice, 2 * voice, filtered], voice, RATE)
    assert same == 0
    # Bins under the floor do not move, so that the distance is less than the gain.
    assert 2 < louder <= 6.03
    assert other > 0.5
    assert log_spectral_distances_db([voice, filtered], 0 * voice, RATE) == (None, None)


def test_bleed_is_measured_where_the_vocal_is_silent(rng):
    music = 0.1 * rng.standard_normal(2 * RATE)
    vocal = np.concatenate([tone(220.0), np.zeros(RATE)])
    mixture = vocal + music
    assert bleed_db(mixture, vocal, mixture) == pytest.approx(0)
    assert bleed_db(vocal + 0.1 * music, vocal, mixture) == pytest.approx(-20, abs=0.5)
    assert bleed_db(vocal, vocal, mixture) < -50
    assert bleed_db(mixture, tone(220.0, 2.0), mixture) is None
    assert why_no_bleed(tone(220.0, 2.0), "vocal") == "the vocal is never silent"


def test_padding_is_not_called_never_silent():
    padded = np.pad(tone(220.0, 1.0), (0, RATE))
    assert bleed_db(padded, padded, padded) is None
    assert why_no_bleed(padded, "vocal") == "where the vocal is silent, so is the song"
    paused = np.pad(tone(220.0, 1.0), (0, 4000))
    assert why_no_bleed(paused, "music") == "the music is hardly ever silent"


def test_onsets_are_found_and_their_excess_counted():
    clicks = np.zeros(2 * RATE)
    places = [5000, 15000, 30000]
    for place in places:
        clicks[place : place + 400] = np.hanning(400) * np.sin(np.arange(400))
    frames = onset_frames(clicks, RATE)
    assert len(frames) == 3
    assert np.abs(frames * 512 + 2048 - np.array(places)).max() < 2048
    voice = 0.3 * tone(220.0, 2.0) * (1 + 0.5 * np.sin(np.arange(2 * RATE) / 500))
    mixture = voice + clicks
    estimates = [voice, voice + 0.2 * clicks, mixture]
    exact, little, all_of_it = excess_fluxes_db(estimates, voice, mixture, RATE)
    assert exact == 0
    assert 0 < little < all_of_it


@pytest.mark.parametrize("distance", [1, 2, 7])
def test_peaks_are_scipys(distance, rng):
    for values in (rng.random(500), rng.standard_normal(500).cumsum()):
        threshold = rng.random(500)
        wanted, _ = find_peaks(values, height=threshold, distance=distance)
        assert _peaks(values, threshold, distance).tolist() == wanted.tolist()
        assert len(wanted) > 10


def test_the_card_of_a_perfect_and_of_no_separation(song):
    mixture, vocal = song
    groups = []
    perfect = evaluate_separation(vocal, vocal, mixture, RATE, on_group=groups.append)
    nothing = evaluate_separation(vocal, mixture, mixture, RATE)
    by_name = {score.name: score for score in perfect}
    assert len(groups) == len({score.group for score in perfect}) == 7
    assert by_name["raw pitch accuracy"].extraction == 100
    assert by_name["ESTOI"].extraction == pytest.approx(1, abs=1e-4)
    assert by_name["excess flux"].extraction == 0
    assert by_name["SDR"].extraction > 60
    assert by_name["SI-SDR"].reading == "better than the ideal mask"
    assert by_name["share of the ceiling"].extraction == 100, "nothing is beyond a ceiling"
    for score in nothing:
        if score.extraction is not None:
            assert score.extraction == pytest.approx(score.mixture, abs=1e-6), score.name
        if score.share_of_ceiling is not None:
            assert score.share_of_ceiling == pytest.approx(0, abs=1e-6)
    share = {score.name: score for score in nothing}["share of the ceiling"]
    assert (share.mixture, share.extraction, share.ideal) == (0, 0, 100)


def test_quick_and_music_leave_rows_empty_and_say_why(song):
    mixture, vocal = song
    quick = evaluate_separation(vocal, vocal, mixture, RATE, is_quick=True)
    empty = {score.name for score in quick if score.reading == "left out by --quick"}
    assert empty == {"SDR", "ISR", "SIR", "SAR", "raw pitch accuracy"}
    music = mixture - vocal
    of_music = evaluate_separation(music, music, mixture, RATE, source="music", is_quick=True)
    assert {score.group for score in of_music} >= {"Vocal bleed"}
    assert {s.name: s.reading for s in of_music}["ESTOI"] == "the reference is not a vocal"


def test_readings_follow_the_values():
    def reading(*values, better="higher"):
        return Score("group", "name", "dB", "somehow", better, *values).reading

    assert reading(0, 8, 10) == "80 % of the way to the ideal mask"
    assert reading(0, 9.9, 10) == "as good as the ideal mask"
    assert reading(0, -1, 10) == "worse than doing nothing"
    assert reading(10, 2, 0, better="lower") == "80 % of the way to the ideal mask"
    assert reading(150, 12, 14) == "-2.0 dB against the ideal mask"
    assert reading(None, None, None) == "not defined here"


def test_bad_input_is_refused(song):
    mixture, vocal = song
    with pytest.raises(InputError, match="one length"):
        evaluate_separation(vocal, vocal[:-1], mixture, RATE)
    with pytest.raises(InputError, match="NaN"):
        evaluate_separation(vocal, vocal * np.nan, mixture, RATE)
    with pytest.raises(InputError, match="silence"):
        evaluate_separation(0 * vocal, vocal, mixture, RATE)


def test_intelligibility_of_a_long_sound_is_the_mean_of_its_stretches(song):
    mixture, vocal = song
    (once,) = estoi([mixture], vocal, RATE)
    n_repeats = -(-30 * RATE // len(vocal)) + 3
    (long,) = estoi([np.tile(mixture, n_repeats)], np.tile(vocal, n_repeats), RATE)
    assert long == pytest.approx(once, abs=0.03)
    # A half minute in which the vocal is silent says nothing.
    quiet = [np.concatenate([sound, 0 * np.tile(sound, 15)[: 60 * RATE]]) for sound in song]
    assert estoi(quiet[:1], quiet[1], RATE)[0] == pytest.approx(once, abs=0.02)
