"""Lining up as part of preparing: files, sentences, overrides, the other reference."""

import json

import numpy as np
import pytest
import soundfile
import soxr
from test_prepare import options, prepared

from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare import prepare_pairs

pytestmark = pytest.mark.slow

RATE = 22050
EARLY_MS, FAST_PPM = 19.1, 604.0


@pytest.fixture(scope="module")
def song():
    made = demo_song(8.0, RATE)
    return made.mixture.mean(1), made.vocal.mean(1)


def disturbed(signal):
    """Too short by FAST_PPM, inverted, half as loud, and cut at the front."""
    fast = soxr.resample(signal, RATE, RATE * (1 - FAST_PPM * 1e-6), quality="VHQ")
    return -0.5 * fast[round(EARLY_MS * 1e-3 * RATE) :]


def prepare_files(tmp_path, mixture, reference, kind="vocal", **changes):
    soundfile.write(tmp_path / "m.wav", mixture, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "r.wav", reference, RATE, subtype="FLOAT")
    given = {"mixture": tmp_path / "m.wav", kind: tmp_path / "r.wav", "no_align": False}
    prepare_pairs(options(tmp_path, **given | changes))
    return tmp_path / "rtg" / "no-limit"


def test_a_disturbed_acapella_is_lined_up_and_proven(tmp_path, song, capsys):
    mixture, vocal = song
    folder = prepare_files(tmp_path, mixture, disturbed(vocal))
    found = json.loads((folder / "alignment.json").read_text(encoding="utf-8"))
    whole_ms = round(EARLY_MS * 1e-3 * RATE) / RATE * 1e3
    # The stretch moves the cut as well, by 604 ppm of 19 ms: nothing.
    assert found["offset_ms"] == pytest.approx(whole_ms, abs=0.1 / RATE * 1e3 + 0.02)
    assert found["drift_ppm"] == pytest.approx(FAST_PPM, abs=2)
    assert found["polarity"] == -1
    assert found["gain_db"] == pytest.approx(6.0, abs=0.5)
    depth = found["null_depth_db"]
    assert depth["after"] > depth["before"] + 6
    assert set(depth["by_band"]) >= {"bass", "mid", "presence"}
    text = capsys.readouterr().out
    assert "started 19.1 ms early, ran 604 ppm fast, was inverted" in text
    assert "of the vocal band" in text
    null, _ = soundfile.read(folder / "null_test.wav")
    mixed, _ = soundfile.read(folder / "stereo_mixture.wav")
    aligned, _ = soundfile.read(folder / "isolated_vocal.wav")
    np.testing.assert_allclose(null, mixed - aligned, atol=1e-6)
    inside = slice(RATE // 2, -RATE // 2)
    error = aligned[inside] - vocal[inside]
    assert 10 * np.log10((vocal[inside] ** 2).sum() / (error**2).sum()) > 15
    assert (folder / "alignment.png").stat().st_size > 10_000
    assert len(prepared(tmp_path)) == 10


def test_another_songs_vocal_is_left_as_it_is_and_the_user_is_told_why(tmp_path, song, capsys):
    noise = np.random.default_rng(20).standard_normal(len(song[0])) * 0.1
    folder = prepare_files(tmp_path, song[0], noise)
    found = json.loads((folder / "alignment.json").read_text(encoding="utf-8"))
    assert not found["is_confident"]
    assert "was not lined up" in capsys.readouterr().out
    kept, _ = soundfile.read(folder / "isolated_vocal.wav")
    np.testing.assert_allclose(kept, noise, atol=1e-6)


def test_what_the_user_says_is_done(tmp_path, song, capsys):
    mixture, vocal = song
    folder = prepare_files(tmp_path, mixture, vocal, offset_ms=0.0, polarity=-1)
    found = json.loads((folder / "alignment.json").read_text(encoding="utf-8"))
    assert (found["polarity"], found["offset_samples"]) == (-1, 0)
    assert "as you asked" in capsys.readouterr().out


def test_no_align_leaves_everything(tmp_path, song):
    folder = prepare_files(tmp_path, song[0], -song[1], no_align=True)
    assert not (folder / "alignment.json").exists()
    kept, _ = soundfile.read(folder / "isolated_vocal.wav")
    np.testing.assert_allclose(kept, -song[1], atol=1e-6)
    with pytest.raises(InputError, match="contradicts"):
        prepare_files(tmp_path, song[0], song[1], no_align=True, polarity=1)


def test_an_instrumental_is_lined_up_as_well(tmp_path, song, capsys):
    mixture, vocal = song
    folder = prepare_files(tmp_path, mixture, disturbed(mixture - vocal), "instrumental")
    found = json.loads((folder / "alignment.json").read_text(encoding="utf-8"))
    assert found["drift_ppm"] == pytest.approx(FAST_PPM, abs=2)
    assert found["polarity"] == -1
    assert (folder / "isolated_music.wav").is_file()
    assert "The instrumental started 19.1 ms early" in capsys.readouterr().out
