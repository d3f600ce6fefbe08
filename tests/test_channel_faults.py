"""Files with a channel inverted, empty, or off zero are prepared as the plain pair is."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import soxr
from disturb import RATE_HZ, synthetic_song
from scipy.signal import fftconvolve
from test_full_quality import check, stems
from test_prepare import options

from vocal_separation_sanity_check.commands import sanity_check_full_length
from vocal_separation_sanity_check.prepare import prepare_pairs
from vocal_separation_sanity_check.prepare.lining_up import line_up_pair
from vocal_separation_sanity_check.prepare.pair_files import PairFiles
from vocal_separation_sanity_check.prepare.prepared_pair import prepare_pair
from vocal_separation_sanity_check.prepare.wishes import Wishes
from vocal_separation_sanity_check.settings import Settings

pytestmark = pytest.mark.slow

INVERTED = "right channel is inverted: it was turned over."
EMPTY = "right channel is empty: the left one is used alone."
OFFSET = "waveform was off zero by +0.50: the offset was taken off."


@pytest.fixture(scope="module")
def song():
    """Song and acapella, (n_samples, 2) each, with a room that differs between the channels."""
    rng = np.random.default_rng(5)
    vocal, music = synthetic_song(8.0)
    decay = 10 ** (-3 * np.arange(8000) / 8000)
    rooms = [np.concatenate([[1.0], 0.02 * rng.normal(size=8000) * decay]) for _ in range(2)]
    vocal, music = (
        np.stack([fftconvolve(sound, room)[: len(sound)] for room in rooms], axis=1)
        for sound in (vocal, music)
    )
    return vocal + music, vocal


def prepare(tmp_path, mixture, reference, **wishes):
    paths = tmp_path / "song.wav", tmp_path / "acapella.wav"
    for path, sound in zip(paths, (mixture, reference), strict=True):
        soundfile.write(path, sound, RATE_HZ, subtype="FLOAT")
    files = PairFiles("song", *paths, "vocal")
    pair = line_up_pair(files, Settings(), tmp_path, Wishes(**wishes))
    ready = prepare_pair(pair, Settings(), full_length=True)
    held = (sound[: len(sound)] for sound in (ready.mixture, ready.reference))
    return replace(ready, **dict(zip(("mixture", "reference"), held, strict=True)))


def test_an_ordinary_pair_has_nothing_to_tell(tmp_path, song):
    ready = prepare(tmp_path, *song)
    assert ready.notices == ()
    wanted = [sound.astype(np.float32).mean(axis=1) for sound in song]
    np.testing.assert_array_equal(ready.mixture, wanted[0])
    np.testing.assert_array_equal(ready.reference, wanted[1])


@pytest.mark.parametrize("which", ["song", "acapella"])
def test_an_inverted_channel_stays_in_its_place(tmp_path, song, which):
    plain = prepare(tmp_path, *song)
    mixture, vocal = (
        sound * [1, -1] if name == which else sound
        for name, sound in zip(("song", "acapella"), song, strict=True)
    )
    ready = prepare(tmp_path, mixture, vocal)
    assert ready.notices == (f"The {which}'s {INVERTED}",)
    assert (ready.alignment.offset_ms, ready.alignment.polarity) == (0, 1)
    np.testing.assert_allclose(ready.mixture, plain.mixture, atol=1e-6)
    np.testing.assert_allclose(ready.reference, plain.reference, atol=1e-6)


def test_an_acapella_in_antiphase_is_used(tmp_path, song):
    mixture, vocal = song
    mono = vocal.mean(axis=1, keepdims=True)
    plain = prepare(tmp_path, mixture, mono)
    ready = prepare(tmp_path, mixture, mono * [1, -1])
    assert ready.notices == (f"The acapella's {INVERTED}",)
    np.testing.assert_allclose(ready.reference, plain.reference, atol=1e-6)


def test_an_acapella_with_an_empty_channel_has_its_level(tmp_path, song):
    mixture, vocal = song
    mono = vocal.mean(axis=1, keepdims=True)
    ready = prepare(tmp_path, mixture, mono * [1, 0])
    assert ready.notices == (f"The acapella's {EMPTY}",)
    assert ready.alignment.gain_db == 0
    np.testing.assert_array_equal(ready.reference, mono[:, 0].astype(np.float32))


def test_a_song_with_an_empty_channel_has_its_level(tmp_path, song):
    mixture, vocal = (sound.mean(axis=1, keepdims=True) for sound in song)
    ready = prepare(tmp_path, mixture * [1, 1e-4], vocal)
    assert ready.notices == (f"The song's {EMPTY}",)
    assert ready.alignment.gain_db == 0


@pytest.mark.parametrize("which", ["song", "acapella"])
@pytest.mark.parametrize("is_aligned", [True, False])
def test_half_a_scale_of_offset_changes_nothing(tmp_path, song, which, is_aligned):
    plain = prepare(tmp_path, *song, is_aligned=is_aligned)
    mixture, vocal = (
        sound + 0.5 if name == which else sound
        for name, sound in zip(("song", "acapella"), song, strict=True)
    )
    ready = prepare(tmp_path, mixture, vocal, is_aligned=is_aligned)
    assert ready.notices == (f"The {which}'s {OFFSET}",)
    # What is taken off is the mean of the whole, so the sound's own goes with it.
    for found, wanted in ((ready.mixture, plain.mixture), (ready.reference, plain.reference)):
        np.testing.assert_allclose(found - found.mean(), wanted - wanted.mean(), atol=1e-5)


def test_the_level_of_a_pair_whose_song_was_at_8_khz(tmp_path):
    vocal, music = synthetic_song(8.0)
    # The synthetic voice is dark; breath gives it something above 4 kHz, as voices have it.
    breath = np.random.default_rng(2).normal(size=len(vocal))
    vocal = vocal + (0.2 * np.abs(vocal) * breath).astype(np.float32)
    dull = soxr.resample(vocal + music, RATE_HZ, 8000, "VHQ")
    dull = soxr.resample(dull, 8000, RATE_HZ, "VHQ")[: len(vocal)]
    ready = prepare(tmp_path, dull, vocal)
    assert ready.alignment.is_confident
    assert ready.alignment.gain_db == pytest.approx(0, abs=0.3)
    response = ready.alignment.channel.response(RATE_HZ)
    frequencies_hz, gains_db = response
    assert np.abs(gains_db[:, (frequencies_hz > 500) & (frequencies_hz < 3000)]).max() < 1


def test_what_was_done_is_printed_and_full_quality_keeps_the_original(tmp_path, song, capsys):
    mixture, vocal = song
    for name, sound in (("m", mixture * [1, -1]), ("v", vocal)):
        soundfile.write(tmp_path / f"{name}.wav", sound, RATE_HZ, subtype="FLOAT")
    wishes = {"mixture": tmp_path / "m.wav", "vocal": tmp_path / "v.wav", "no_align": False}
    prepare_pairs(options(tmp_path, **wishes))
    assert f"The song's {INVERTED}" in capsys.readouterr().out
    facts = tmp_path / "rtg" / "no-limit" / "alignment.json"
    assert json.loads(facts.read_text(encoding="utf-8"))["is_confident"]
    assert check(tmp_path, sanity_check_full_length) == 0
    (own, rest), info = stems(tmp_path / "output_full", "_full", "float64")
    assert info.channels == 2
    np.testing.assert_allclose(own + rest, mixture * [1, -1], atol=1e-6)
    error = np.sum((own - vocal * [1, -1]) ** 2) / np.sum(vocal**2)
    assert 10 * np.log10(error) < -6
