"""The synthesised song: what a listener and a separation would ask of it."""

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.demo import song as composing
from vocal_separation_sanity_check.demo.song import demo_song, write_demo_pairs
from vocal_separation_sanity_check.demo.voice import Syllable, sing
from vocal_separation_sanity_check.errors import InputError


@pytest.fixture(scope="module")
def song():
    return demo_song(6.0)


def test_shapes_and_levels(song):
    assert song.mixture.shape == song.vocal.shape == (6 * 44100, 2)
    assert song.mixture.dtype == song.vocal.dtype == np.float32
    assert np.abs(song.mixture).max() == pytest.approx(0.9, abs=1e-4)
    mixture, vocal = song.mixture.mean(axis=1, dtype=float), song.vocal.mean(axis=1, dtype=float)
    target = vocal * (mixture @ vocal) / (vocal @ vocal)
    si_sdr_db = 10 * np.log10(np.sum(target**2) / np.sum((mixture - target) ** 2))
    assert si_sdr_db == pytest.approx(-4, abs=0.5)


def test_same_seed_same_song(song):
    again = demo_song(6.0)
    np.testing.assert_array_equal(song.mixture, again.mixture)
    np.testing.assert_array_equal(song.vocal, again.vocal)
    assert np.abs(demo_song(6.0, seed=1).vocal - song.vocal).max() > 1e-3


def test_vocal_and_music_are_both_there_in_stereo(song):
    music = song.mixture - song.vocal
    for part in (song.vocal, music):
        assert np.abs(part).max() > 0.1
        assert np.abs(part[:, 0] - part[:, 1]).max() > 0.01


@pytest.mark.parametrize("midi", [57, 69])
def test_sings_the_note_with_vibrato(midi):
    rate_hz = 44100
    note = [Syllable(0.0, 2.0, midi, "", "a")]
    voice = sing(note, 2 * rate_hz, rate_hz, np.random.default_rng(0))
    pitches_hz = []
    for begin in range(rate_hz // 2, 3 * rate_hz // 2, 1024):
        frame = voice[begin : begin + 4096] * np.hanning(4096)
        correlation = np.fft.irfft(np.abs(np.fft.rfft(frame, 8192)) ** 2)
        lags = np.arange(80, 250)
        pitches_hz.append(rate_hz / lags[np.argmax(correlation[lags])])
    cents = 1200 * np.log2(np.array(pitches_hz) / (440 * 2 ** ((midi - 69) / 12)))
    assert abs(np.mean(cents)) < 20
    assert 30 < np.ptp(cents) < 200


def test_vowels_have_their_formants():
    rate_hz, n_samples = 44100, 44100
    shares = {}
    for vowel in "iu":
        note = [Syllable(0.0, 1.0, 50, "", vowel)]
        power = np.abs(np.fft.rfft(sing(note, n_samples, rate_hz, np.random.default_rng(0)))) ** 2
        shares[vowel] = power[1900:2700].sum() / power[500:1100].sum()
    assert shares["i"] > 30 * shares["u"]


def test_consonants_are_noise_before_the_vowel():
    rate_hz, n_samples = 44100, 44100
    voices = [
        sing([Syllable(0.3, 0.5, 60, consonant, "a")], n_samples, rate_hz, np.random.default_rng(0))
        for consonant in ("", "s")
    ]
    before = slice(int(0.22 * rate_hz), int(0.26 * rate_hz))
    assert np.std(voices[1][before]) > 20 * np.std(voices[0][before])


@pytest.mark.parametrize(("duration_s", "rate_hz"), [(0.5, 44100), (np.nan, 44100), (5.0, 8000)])
def test_refuses_what_cannot_be_played(duration_s, rate_hz):
    with pytest.raises(InputError, match="wanted at least 1 s"):
        demo_song(duration_s, rate_hz)


def test_writes_pairs_that_preparing_finds(tmp_path):
    write_demo_pairs(tmp_path)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.wav"))
    assert files == [
        "100-window/demo_100-full.wav",
        "100-window/demo_100-stem.wav",
        "no-limit/demo_nl-full.wav",
        "no-limit/demo_nl-stem.wav",
    ]
    assert soundfile.info(tmp_path / files[3]).duration == 20
    assert soundfile.info(tmp_path / files[0]).subtype == "PCM_24"


def test_interruption_leaves_no_half_pair(tmp_path, monkeypatch):
    true_write = composing.write_wav

    def interrupted(path, samples, rate_hz):
        if path.name == "demo_100-stem.wav":
            raise KeyboardInterrupt
        true_write(path, samples, rate_hz)

    monkeypatch.setattr(composing, "write_wav", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_demo_pairs(tmp_path)
    assert list(tmp_path.rglob("*.wav")) == []
