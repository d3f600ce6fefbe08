"""The mask on the original file: rate, channels, length, depth, and the sum."""

import json
import shutil
import subprocess
from argparse import Namespace

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.commands import (
    sanity_check_complete,
    sanity_check_full_length,
)
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.prepare import prepare_pairs
from vocal_separation_sanity_check.sound import read_sound

pytestmark = [pytest.mark.compiled, pytest.mark.slow]
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
WISHES = {"mixture": None, "vocal": None, "instrumental": None, "start": None, "no_align": True}
WISHES |= {"offset_ms": None, "drift_ppm": None, "polarity": None, "timeline": None}


def check(workspace, command, *flags):
    arguments = ["--workspace", str(workspace), "--quick", "--full-quality", *flags]
    return command(arguments=arguments)


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
    prepare_pairs(Namespace(workspace=workspace, **WISHES))


def stems(folder, suffix="", kind="int32"):
    paths = [folder / f"full_quality_{name}{suffix}.wav" for name in ("vocal", "music")]
    return [soundfile.read(path, dtype=kind)[0] for path in paths], soundfile.info(paths[0])


@pytest.mark.parametrize(
    ("rate", "extension", "subtype"),
    [(44_100, "wav", "PCM_24"), (48_000, "flac", "PCM_16"), (96_000, "wav", "FLOAT")],
)
def test_rate_channels_length_and_depth_are_the_originals(tmp_path, rate, extension, subtype):
    original, song = prepared(tmp_path, "no-limit", rate, extension, subtype)
    assert check(tmp_path, sanity_check_full_length) == 0
    kind = "int32" if subtype.startswith("PCM") else "float64"
    (vocal, music), info = stems(tmp_path / "output_full", "_full", kind)
    assert (info.samplerate, info.channels, info.subtype) == (rate, 2, subtype)
    assert vocal.shape == music.shape == original.shape
    np.testing.assert_allclose(vocal + music, original, atol=0 if kind == "int32" else 1e-7)
    found = vocal / (2.0**31 if kind == "int32" else 1)
    error = np.sum((found - song.vocal) ** 2) / np.sum(song.vocal**2)
    assert 10 * np.log10(error) < -8


def test_the_clip_is_cut_out_of_the_original_and_the_terminal_names_it(tmp_path, capsys):
    original, _ = prepared(tmp_path, "100-window", 44_100, "flac", "PCM_24", 7.0)
    assert check(tmp_path, sanity_check_complete) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Full quality: full_quality_vocal.wav, full_quality_music.wav" in told
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
    assert check(tmp_path, sanity_check_full_length) == 0
    (vocal, _), _ = stems(tmp_path / "output_full", "_full")
    assert len(vocal) == 6 * 44_100
    assert not vocal[4 * 44_100 + 8192 :].any()
    assert vocal[: 4 * 44_100].any()


def test_an_original_that_changed_or_went_is_told(tmp_path, capsys):
    prepared(tmp_path, "no-limit", 44_100, "wav", "PCM_16")
    path = tmp_path / "process" / "no-limit" / "a_nl-full.wav"
    path.write_bytes(path.read_bytes()[:-4] + b"abcd")
    assert check(tmp_path, sanity_check_full_length) == 2
    assert "has changed since preparing read it" in capsys.readouterr().err
    path.unlink()
    assert check(tmp_path, sanity_check_full_length) == 2
    assert "has gone" in capsys.readouterr().err
    assert not (tmp_path / "output_full" / "results_full.json").exists()


@pytest.mark.thorough
@needs_ffmpeg
@pytest.mark.parametrize("kind", ["piped.flac", "named.raw", "signed.aiff", "no_xing.mp3"])
def test_files_that_prepare_takes_are_separated_in_full_quality(tmp_path, kind):
    """They are opened in one way: what can be prepared can be separated."""
    folder = tmp_path / "process" / "100-window"
    folder.mkdir(parents=True)
    song = demo_song(6.0, 44_100)
    name = f"a_100-full.{kind.split('.')[1]}"
    plain = tmp_path / "plain.wav"
    soundfile.write(plain, song.mixture, 44_100, subtype="PCM_24")
    soundfile.write(folder / "a_100-stem.wav", song.vocal, 44_100)
    if kind == "named.raw":
        (folder / name).write_bytes(plain.read_bytes())
    elif kind == "signed.aiff":
        soundfile.write(folder / name, song.mixture, 44_100, subtype="PCM_S8")
    else:
        options = ["-b:a", "128k", "-write_xing", "0"] if kind == "no_xing.mp3" else []
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-i",
            str(plain),
            *options,
            "-f",
            name[-4:].strip("."),
            "-",
        ]
        with (folder / name).open("wb") as out:
            subprocess.run(command, stdout=out, check=True)
    prepare_all(tmp_path)
    assert check(tmp_path, sanity_check_complete) == 0
    (vocal, music), info = stems(tmp_path / "output", kind="float64")
    subtypes = {"piped.flac": "PCM_24", "named.raw": "PCM_24", "signed.aiff": "PCM_U8"}
    assert info.subtype == subtypes.get(kind, "FLOAT")
    facts = json.loads((tmp_path / "rtg" / "100-window" / "original.json").read_text())
    begin = round(facts["clip_start_s"] * 44_100)
    whole = read_sound(folder / name).samples[begin : begin + round(4.7 * 44_100)]
    np.testing.assert_allclose(vocal + music, whole, atol=1e-7)
    if kind != "no_xing.mp3":  # an encoder's delay is not mended here
        assert np.corrcoef(vocal[:, 0], song.vocal[begin : begin + len(vocal), 0])[0, 1] > 0.9
