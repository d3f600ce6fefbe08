"""Lining up as part of preparing: files, sentences, overrides, the other reference."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from releases import TURNS_HZ, Player, played
from test_prepare import add_pair, options, prepared

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
    assert "from 150 Hz to 8 kHz" in text
    assert found["placed_by"] == "found"
    assert found["segments"][0]["song_to_s"] == pytest.approx(8.0)
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
    assert (found["is_confident"], found["placed_by"]) == (False, "none")
    text = capsys.readouterr().out
    assert "was not lined up" in text
    assert "dB" not in text
    kept, _ = soundfile.read(folder / "isolated_vocal.wav")
    np.testing.assert_allclose(kept, noise, atol=1e-6)


def test_what_the_user_says_is_done(tmp_path, song, capsys):
    mixture, vocal = song
    folder = prepare_files(tmp_path, mixture, vocal, offset_ms=0.0, polarity=-1)
    found = json.loads((folder / "alignment.json").read_text(encoding="utf-8"))
    assert (found["polarity"], found["offset_samples"]) == (-1, 0)
    assert found["placed_by"] == "user"
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


def test_a_timeline_that_was_not_edited_places_it_again(tmp_path, song):
    """From a record player: what comes out is the same to a hundredth of a percent."""
    mixture, vocal = song
    reference = played(-vocal, Player(swing=1e-3, swings_hz=TURNS_HZ["33"], lead_s=0.05)).samples
    folder = prepare_files(tmp_path, mixture, reference)
    first = soundfile.read(folder / "isolated_vocal.wav")[0]
    kept = shutil.copy(folder / "alignment.json", tmp_path / "kept.json")
    found = json.loads(Path(kept).read_text(encoding="utf-8"))
    assert found["segments"][0]["wander"]
    prepare_files(tmp_path, mixture, reference, timeline=Path(kept))
    again = json.loads((folder / "alignment.json").read_text(encoding="utf-8"))
    assert (again["placed_by"], again["polarity"]) == ("user", -1)
    assert again["segments"][0]["offset_ms"] == pytest.approx(found["segments"][0]["offset_ms"])
    second = soundfile.read(folder / "isolated_vocal.wav")[0]
    assert np.linalg.norm(second - first) < 1e-3 * np.linalg.norm(first)


def test_an_edited_timeline_is_done_at_both_lengths(tmp_path, song, capsys):
    """The song has a second of rest after 3 s, and the flag's sign wins over the file's."""
    mixture, vocal = song
    sung = np.zeros_like(vocal)
    sung[: 3 * RATE], sung[4 * RATE :] = -vocal[: 3 * RATE], -vocal[3 * RATE : 7 * RATE]
    segment = {"offset_ms": 0.0, "drift_ppm": 0.0, "wander": []}
    timeline = {
        "polarity": 1,
        "segments": [
            segment | {"song_from_s": 0.0, "song_to_s": 3.0},
            segment | {"song_from_s": 4.0, "song_to_s": 8.0, "offset_ms": 1000.0},
        ],
    }
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(timeline), encoding="utf-8")
    mixture = mixture - vocal + sung
    folder = prepare_files(tmp_path, mixture, vocal, timeline=path, polarity=-1)
    text = capsys.readouterr().out
    assert text.count("4.00 to     8.00 s of the song:     3.00 s of the acapella on") == 2
    assert text.count("none of it from 3.00 to 4.00 s") == 2
    moved, _ = soundfile.read(folder / "isolated_vocal.wav")
    away_from_cuts = np.ones(len(moved), bool)
    for cut_s in (3, 4):
        away_from_cuts[round((cut_s - 0.02) * RATE) : round((cut_s + 0.02) * RATE)] = False
    error = (moved - sung)[away_from_cuts]
    assert np.linalg.norm(error) < 0.03 * np.linalg.norm(sung)
    clip, _ = soundfile.read(tmp_path / "rtg" / "100-window" / "isolated_vocal.wav")
    np.testing.assert_allclose(clip, moved[: len(clip)], atol=1e-6)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"no_align": True}, "--no-align contradicts .* --timeline"),
        ({"offset_ms": 1.0}, "--timeline contradicts --offset-ms and --drift-ppm"),
        ({"drift_ppm": 1.0}, "--timeline contradicts --offset-ms and --drift-ppm"),
        ({}, "last segment ends at 9.000 s, wanted at most the song's length, 8.000 s"),
    ],
)
def test_a_timeline_contradicts(tmp_path, song, wishes, message):
    segment = {"offset_ms": 0.0, "drift_ppm": 0.0, "wander": [], "song_from_s": 0, "song_to_s": 9}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"polarity": 1, "segments": [segment]}), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        prepare_files(tmp_path, *song, timeline=path, **wishes)


def test_a_timeline_in_rtg_is_not_lost(tmp_path, song):
    path = tmp_path / "rtg" / "no-limit" / "alignment.json"
    path.parent.mkdir(parents=True)
    path.write_text("edited by hand", encoding="utf-8")
    with pytest.raises(InputError, match="copy it to another folder"):
        prepare_files(tmp_path, *song, timeline=path)
    assert path.read_text(encoding="utf-8") == "edited by hand"


def test_a_timeline_is_of_one_song(tmp_path):
    for name in ("a", "b"):
        add_pair(tmp_path, name)
    with pytest.raises(InputError, match=r"holds 2 pairs; .* --mixture and --vocal"):
        prepare_pairs(options(tmp_path, no_align=False, timeline=tmp_path / "mine.json"))
    assert not (tmp_path / "rtg").exists()
