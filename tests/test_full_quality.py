"""The mask on the original file: rate, channels, length, depth, and the sum."""

import json
from argparse import Namespace

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check import command_line, run
from vocal_separation_sanity_check.demo_song import demo_song
from vocal_separation_sanity_check.full_quality import split
from vocal_separation_sanity_check.prepare import prepare

pytestmark = pytest.mark.compiled
WISHES = {"mixture": None, "vocal": None, "instrumental": None, "start": None, "no_align": True}
WISHES |= {"offset_ms": None, "drift_ppm": None, "polarity": None}


def check(workspace, kind, *flags):
    parser = command_line.command_parser(str(workspace / "x.py"), "", "")
    run.add_options(parser)
    arguments = ["--workspace", str(workspace), "--quick", "--full-quality", *flags]
    return command_line.main(parser, lambda o: run.run_check(kind, o), arguments)


def prepared(workspace, length, rate, extension, subtype, duration_s=6.0):
    """Prepare the demo song as a file of some kind; give its samples as libsndfile reads them."""
    mark = {"100-window": "100", "no-limit": "nl"}[length]
    folder = workspace / "process" / length
    folder.mkdir(parents=True)
    song = demo_song(duration_s, rate)
    for role, sound in (("full", song.mixture), ("stem", song.vocal)):
        soundfile.write(folder / f"a_{mark}-{role}.{extension}", sound, rate, subtype=subtype)
    prepare_all(workspace)
    kind = "int32" if subtype.startswith("PCM") else "float64"
    return soundfile.read(folder / f"a_{mark}-full.{extension}", dtype=kind)[0], song


def prepare_all(workspace):
    prepare(Namespace(workspace=workspace, **WISHES))


def stems(folder, suffix="", kind="int32"):
    paths = [folder / f"full_quality_{name}{suffix}.wav" for name in ("vocal", "music")]
    return [soundfile.read(path, dtype=kind)[0] for path in paths], soundfile.info(paths[0])


@pytest.mark.parametrize(
    ("rate", "extension", "subtype"),
    [(44_100, "wav", "PCM_24"), (48_000, "flac", "PCM_16"), (96_000, "wav", "FLOAT")],
)
def test_rate_channels_length_and_depth_are_the_originals(tmp_path, rate, extension, subtype):
    original, song = prepared(tmp_path, "no-limit", rate, extension, subtype)
    assert check(tmp_path, run.FULL_LENGTH_CHECK) == 0
    kind = "int32" if subtype.startswith("PCM") else "float64"
    (vocal, music), info = stems(tmp_path / "output_full", "_full", kind)
    assert (info.samplerate, info.channels, info.subtype) == (rate, 2, subtype)
    assert vocal.shape == music.shape == original.shape
    np.testing.assert_allclose(vocal + music, original, atol=0 if kind == "int32" else 1e-7)
    found = vocal / (2.0**31 if kind == "int32" else 1)
    error = np.sum((found - song.vocal) ** 2) / np.sum(song.vocal**2)
    assert 10 * np.log10(error) < -8


def test_the_clip_is_cut_out_of_the_original(tmp_path):
    original, _ = prepared(tmp_path, "100-window", 44_100, "flac", "PCM_24", 7.0)
    assert check(tmp_path, run.CLIP_CHECK) == 0
    (vocal, music), _ = stems(tmp_path / "output")
    facts = json.loads((tmp_path / "rtg" / "100-window" / "original.json").read_text())
    begin = round(facts["clip_start_s"] * 44_100)
    np.testing.assert_array_equal(vocal + music, original[begin : begin + round(4.7 * 44_100)])


def test_what_only_the_song_has_stays_music(tmp_path):
    folder = tmp_path / "process" / "no-limit"
    folder.mkdir(parents=True)
    song = demo_song(6.0, 44_100)
    soundfile.write(folder / "a_nl-full.wav", song.mixture, 44_100)
    soundfile.write(folder / "a_nl-stem.wav", song.vocal[: 4 * 44_100], 44_100)
    prepare_all(tmp_path)
    assert check(tmp_path, run.FULL_LENGTH_CHECK) == 0
    (vocal, _), _ = stems(tmp_path / "output_full", "_full")
    assert len(vocal) == 6 * 44_100
    assert not vocal[4 * 44_100 + 8192 :].any()
    assert vocal[: 4 * 44_100].any()


def test_an_original_that_changed_or_went_is_told(tmp_path, capsys):
    prepared(tmp_path, "no-limit", 44_100, "wav", "PCM_16")
    path = tmp_path / "process" / "no-limit" / "a_nl-full.wav"
    path.write_bytes(path.read_bytes()[:-4] + b"abcd")
    assert check(tmp_path, run.FULL_LENGTH_CHECK) == 2
    assert "has changed since it was prepared" in capsys.readouterr().err
    path.unlink()
    assert check(tmp_path, run.FULL_LENGTH_CHECK) == 2
    assert "has gone" in capsys.readouterr().err
    assert not (tmp_path / "output_full" / "results_full.json").exists()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32"])
def test_integers_sum_exactly_and_neither_part_clips(subtype):
    rng = np.random.default_rng(22)
    shift = 32 - {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}[subtype]
    given = rng.integers(-(2**31), 2**31, (5000, 2)).astype(np.int32) >> shift << shift
    given[:2] = np.array([[-(2**31)] * 2, [(2**31 - 1) >> shift << shift] * 2])
    extracted = rng.uniform(-1.5, 1.5, given.shape).astype(np.float32)
    part, rest = split(given, extracted, subtype)
    np.testing.assert_array_equal(part.astype(np.int64) + rest, given)
    assert not ((part >> shift << shift) - part).any()
