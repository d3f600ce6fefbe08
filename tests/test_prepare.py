"""From process/ to rtg/, through the functions and through the script."""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.commands import prepare_audio_files, run
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare import lining_up, preparing
from vocal_separation_sanity_check.prepare.lining_up import line_up_pair
from vocal_separation_sanity_check.prepare.pair_files import PairFiles
from vocal_separation_sanity_check.prepare.prepared_pair import prepare_pair
from vocal_separation_sanity_check.prepare.preparing import prepare_pairs
from vocal_separation_sanity_check.prepare.vocal_window import first_sung_window
from vocal_separation_sanity_check.settings import Settings

pytestmark = pytest.mark.slow

RATE_HZ = 22050
SCRIPT = Path(__file__).parents[1] / "prepare_audio_files.py"
SHORT = Path("process/100-window")
N_CLIP = 103635


def noise(length_s, seed=0, level=0.1, n_channels=1):
    shape = (round(length_s * RATE_HZ), n_channels)
    return level * np.random.default_rng(seed).standard_normal(shape)


def write(path, samples, rate_hz=RATE_HZ):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate_hz, subtype="FLOAT" if path.suffix == ".wav" else None)


def add_pair(workspace, song="song", length_s=6.0, vocal=None, role="stem", **kinds):
    vocal = noise(length_s, seed=1) if vocal is None else vocal
    mixture = vocal + noise(len(vocal) / RATE_HZ, **kinds)
    write(workspace / SHORT / f"{song}_100-full.wav", mixture)
    write(workspace / SHORT / f"{song}_100-{role}.wav", vocal)
    return mixture, vocal


def options(workspace, **changes):
    """Files are what is tested here; lining up has tests of its own."""
    given = dict.fromkeys(["mixture", "vocal", "instrumental", "start"])
    given |= dict.fromkeys(["offset_ms", "drift_ppm", "polarity", "timeline"]) | {"no_align": True}
    return argparse.Namespace(workspace=workspace, **{**given, **changes})


def prepared(workspace):
    """The prepared files; what lies beside every mixture, in JSON, is left out."""
    always = ("original.json", "conditions.json")
    rtg = workspace / "rtg"
    files = [path for path in rtg.rglob("*") if path.is_file()]
    for path in files:
        if path.name == "stereo_mixture.wav":
            assert all(path.with_name(name) in files for name in always)
    return sorted(str(path.relative_to(rtg)) for path in files if path.name not in always)


def read(workspace, name):
    return soundfile.read(workspace / "rtg" / "100-window" / name)[0]


FLAT = ["100-window/isolated_vocal.wav", "100-window/stereo_mixture.wav"]


def test_first_clip_bit_for_bit_in_24_bits(tmp_path, capsys):
    mixture, vocal = add_pair(tmp_path)
    flags = ["--workspace", str(tmp_path), "--no-align"]
    assert prepare_audio_files(str(SCRIPT), flags) == 0
    assert prepared(tmp_path) == FLAT
    for name, signal in (("stereo_mixture.wav", mixture), ("isolated_vocal.wav", vocal)):
        np.testing.assert_allclose(read(tmp_path, name), signal[:N_CLIP, 0], atol=2.0**-22)
    out = capsys.readouterr().out
    assert "4.70 s from 0.00 s" in out
    assert f"python sanity_check_complete.py --workspace {tmp_path}" in out.splitlines()[-1]
    assert prepare_audio_files(arguments=flags) == 0
    out = capsys.readouterr().out
    assert f"  sanity-check-complete --workspace {tmp_path}" in out.splitlines()[-1]


def test_one_gain_keeps_the_vocals_level(tmp_path):
    mixture, vocal = add_pair(tmp_path, level=1.0)
    prepare_pairs(options(tmp_path))
    peak = np.abs(mixture[:N_CLIP]).max()
    assert peak > 2
    np.testing.assert_allclose(
        read(tmp_path, "isolated_vocal.wav") * peak, vocal[:N_CLIP, 0], atol=1e-4
    )
    assert np.abs(read(tmp_path, "stereo_mixture.wav")).max() <= 1


def test_silent_intro_moves_the_clip_and_says_so(tmp_path, capsys):
    vocal = noise(20, seed=1)
    vocal[: 10 * RATE_HZ] *= 1e-3
    mixture, _ = add_pair(tmp_path, vocal=vocal)
    prepare_pairs(options(tmp_path))
    assert "clip is taken from 10.00 s on" in capsys.readouterr().out
    begin = 200 * round(0.05 * RATE_HZ)
    np.testing.assert_allclose(
        read(tmp_path, "stereo_mixture.wav"), mixture[begin : begin + N_CLIP, 0], atol=1e-2
    )


def test_instrumental_tells_where_the_voice_is(tmp_path):
    vocal = noise(20, seed=1)
    vocal[: 12 * RATE_HZ] = 0
    music = noise(20, seed=2)
    write(tmp_path / "m.wav", vocal + music)
    write(tmp_path / "i.wav", music)
    pair = PairFiles("a", tmp_path / "m.wav", tmp_path / "i.wav", "music")
    ready = prepare_pair(line_up_pair(pair, Settings(), tmp_path), Settings(), full_length=False)
    assert ready.start_s == pytest.approx(12, abs=0.1)
    np.testing.assert_allclose(
        ready.reference[1000:2000], music[round(ready.start_s * RATE_HZ) :][1000:2000, 0], atol=1e-6
    )


def test_start_decides(tmp_path):
    mixture, _ = add_pair(tmp_path)
    prepare_pairs(options(tmp_path, start=1.0))
    clip = read(tmp_path, "stereo_mixture.wav")
    np.testing.assert_allclose(clip, mixture[RATE_HZ : RATE_HZ + N_CLIP, 0], atol=1e-6)


def test_start_outside_the_song(tmp_path):
    add_pair(tmp_path)
    with pytest.raises(InputError, match=r"wanted 0 to 5\.00 s for this song"):
        prepare_pairs(options(tmp_path, start=5.5))
    assert prepared(tmp_path) == []


def test_start_where_the_vocal_is_silent(tmp_path):
    vocal = noise(20, seed=1)
    vocal[8 * RATE_HZ :] = 0
    add_pair(tmp_path, vocal=vocal)
    with pytest.raises(InputError, match=r"is silent from 10\.00 s on; choose another --start"):
        prepare_pairs(options(tmp_path, start=10.0))


def test_short_song_is_padded(tmp_path, capsys):
    mixture, _ = add_pair(tmp_path, length_s=2.0)
    prepare_pairs(options(tmp_path))
    clip = read(tmp_path, "stereo_mixture.wav")
    assert len(clip) == N_CLIP
    assert not clip[len(mixture) :].any()
    assert "last 2.70 s of the clip are silence" in capsys.readouterr().out


def test_different_lengths_are_cut_to_the_common_part(tmp_path, capsys):
    write(tmp_path / "m.wav", noise(8.0))
    write(tmp_path / "v.wav", noise(6.5, seed=1))
    prepare_pairs(options(tmp_path, mixture=tmp_path / "m.wav", vocal=tmp_path / "v.wav"))
    assert "The vocal is 1.50 s shorter than the song: only their common 6.50 s" in (
        capsys.readouterr().out
    )
    assert prepared(tmp_path) == [*FLAT, *(name.replace("100-window", "no-limit") for name in FLAT)]
    for name in ("stereo_mixture.wav", "isolated_vocal.wav"):
        path = tmp_path / "rtg" / "no-limit" / name
        assert soundfile.info(path).frames == round(6.5 * RATE_HZ)


@pytest.mark.parametrize("n_samples", [1, RATE_HZ - 1])
def test_too_little_in_common(tmp_path, n_samples):
    write(tmp_path / "m.wav", noise(8.0))
    write(tmp_path / "v.wav", noise(6.0)[:n_samples])
    with pytest.raises(InputError, match="in common, wanted at least 1 s"):
        prepare_pairs(options(tmp_path, mixture=tmp_path / "m.wav", vocal=tmp_path / "v.wav"))
    assert prepared(tmp_path) == []


def test_any_rates_and_channels_together(tmp_path):
    for name, rate_hz, n_channels in (("m.wav", 192000, 6), ("v.wav", 8000, 1)):
        at_s = np.arange(6 * rate_hz) / rate_hz
        wave = np.repeat(np.sin(2 * np.pi * 300 * at_s)[:, None], n_channels, axis=1)
        write(tmp_path / name, 0.5 * wave, rate_hz)
    pair = PairFiles("a", tmp_path / "m.wav", tmp_path / "v.wav", "vocal")
    ready = prepare_pair(line_up_pair(pair, Settings(), tmp_path), Settings(), full_length=True)
    inside = slice(2000, -2000)
    np.testing.assert_allclose(ready.mixture[inside], ready.reference[inside], atol=1e-3)


def test_several_songs_and_no_leftovers(tmp_path, capsys):
    add_pair(tmp_path, "one")
    prepare_pairs(options(tmp_path))
    add_pair(tmp_path, "två låtar", seed=3)
    add_pair(tmp_path, "three", role="inst")
    own = tmp_path / "rtg" / "100-window" / "notes.txt"
    own.write_text("the user's own")
    prepare_pairs(options(tmp_path))
    assert prepared(tmp_path) == [
        "100-window/notes.txt",
        "100-window/one/isolated_vocal.wav",
        "100-window/one/stereo_mixture.wav",
        "100-window/three/isolated_music.wav",
        "100-window/three/stereo_mixture.wav",
        "100-window/två låtar/isolated_vocal.wav",
        "100-window/två låtar/stereo_mixture.wav",
    ]
    assert "två låtar" in capsys.readouterr().out
    for path in (tmp_path / SHORT).glob("t*"):
        path.unlink()
    (tmp_path / SHORT / "one_100-stem.wav").rename(tmp_path / SHORT / "one_100-inst.wav")
    prepare_pairs(options(tmp_path))
    assert prepared(tmp_path) == [
        "100-window/isolated_music.wav",
        "100-window/notes.txt",
        "100-window/stereo_mixture.wav",
    ]


def test_one_bad_song_does_not_stop_the_others(tmp_path, capsys):
    for song in ("a", "b", "c"):
        add_pair(tmp_path, song)
    prepare_pairs(options(tmp_path))
    (tmp_path / SHORT / "b_100-stem.wav").write_bytes(b"")
    with pytest.raises(InputError, match=r"b_100-stem\.wav is empty"):
        prepare_pairs(options(tmp_path))
    assert {Path(name).parent.name for name in prepared(tmp_path)} == {"a", "c"}
    assert "not prepared: b_100-stem.wav is empty" in capsys.readouterr().out


@pytest.mark.parametrize(
    "error", [np.linalg.LinAlgError("SVD did not converge"), MemoryError("19 GiB"), OSError("gone")]
)
def test_a_mistake_of_ours_does_not_stop_the_others_either(tmp_path, monkeypatch, capsys, error):
    for song in ("a", "b", "c"):
        add_pair(tmp_path, song)
    prepare_pairs(options(tmp_path))

    def stumble(pair, *rest, **wishes):
        if pair.files.song == "b":
            raise error
        return prepare_pair(pair, *rest, **wishes)

    with monkeypatch.context() as patched:
        patched.setattr(preparing, "prepare_pair", stumble)
        with pytest.raises(InputError, match=f"b: .*Error: {error}"):
            prepare_pairs(options(tmp_path))
    log = tmp_path / "rtg" / "100-window" / "b" / "error.log"
    assert f"{error} (traceback: {log})" in capsys.readouterr().out
    assert "in stumble" in log.read_text()
    assert {Path(name).parent.name for name in prepared(tmp_path)} == {"a", "b", "c"}
    assert len(prepared(tmp_path)) == 6 + 1
    prepare_pairs(options(tmp_path))
    assert not log.exists()
    assert len(prepared(tmp_path)) == 6


@pytest.mark.parametrize("damage", ["words", "loud", "one"])
def test_damaged_floats_are_told_and_stop_no_other(tmp_path, damage):
    for song in ("a", "b"):
        mixture, _ = add_pair(tmp_path, song)
    if damage == "words":
        words = np.array([0x7E12AB34, 0x7D00FF01, 0xFE345678], np.uint32).view(np.float32)
        mixture[[1000, 60_000, 90_000], 0] = words
    else:
        mixture *= 1e18 if damage == "loud" else 1.0
        mixture[7] = 3e38 if damage == "one" else mixture[7]
    write(tmp_path / SHORT / "a_100-full.wav", mixture)
    with pytest.raises(InputError, match=r"a_100-full\.wav, near second [0-4], holds a sample of"):
        prepare_pairs(options(tmp_path, no_align=False))
    assert {Path(name).parent.name for name in prepared(tmp_path)} == {"b"}


@pytest.mark.parametrize(("role", "other"), [("full", "stem"), ("stem", "full")])
def test_a_file_beside_which_the_other_is_silent_is_told(tmp_path, role, other):
    sounds = dict(zip(("full", "stem"), add_pair(tmp_path, "a"), strict=True))
    sounds[role][50_000] = -5e6
    write(tmp_path / SHORT / f"a_100-{role}.wav", sounds[role])
    message = f"a_100-{role}.wav goes 134 dB beyond full scale; .*, a_100-{other}.wav is silent"
    with pytest.raises(InputError, match=message):
        prepare_pairs(options(tmp_path))


def test_what_a_killed_run_left_goes_with_the_next(tmp_path):
    add_pair(tmp_path)
    rtg = tmp_path / "rtg" / "100-window"
    rtg.mkdir(parents=True)
    for name in ("isolated_vocal", "stereo_mixture", "null_test"):
        (rtg / f".{name}.4711.part.wav").touch()
    prepare_pairs(options(tmp_path))
    assert not [path for path in rtg.iterdir() if ".part" in path.name]


def test_interruption_leaves_no_half_pair(tmp_path, monkeypatch):
    add_pair(tmp_path)
    prepare_pairs(options(tmp_path))
    true_write = preparing.write_wav

    def interrupted(path, samples, rate_hz):
        if path.name == "isolated_vocal.wav":
            raise KeyboardInterrupt
        true_write(path, samples, rate_hz)

    monkeypatch.setattr(preparing, "write_wav", interrupted)
    assert (
        run(argparse.ArgumentParser(), lambda: lambda _: prepare_pairs(options(tmp_path)), [])
        == 130
    )
    assert prepared(tmp_path) == []


def test_window_choice():
    voice = np.zeros(RATE_HZ * 30, np.float32)
    assert first_sung_window(voice, N_CLIP, RATE_HZ) == 0
    voice[RATE_HZ * 20 : RATE_HZ * 26] = 0.1
    assert first_sung_window(voice, N_CLIP, RATE_HZ) == pytest.approx(20 * RATE_HZ, abs=1200)
    voice[: RATE_HZ // 2 + 2000] = 0.05
    assert first_sung_window(voice, N_CLIP, RATE_HZ) == 0


def run_script(workspace, *arguments):
    command = [sys.executable, str(SCRIPT), "--workspace", str(workspace), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_script_on_the_demo(tmp_path):
    done = run_script(tmp_path, "--demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].split()[:2] == ["python", "sanity_check_full_length.py"]
    assert len(prepared(tmp_path)) == 2 * (2 + 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no pair in"),
        (b"words, not sound", "not a sound file|need ffmpeg"),
        (b"RIFF\x00\x01\x00\x00WAVEfmt ", "cut off|not a sound file|need ffmpeg"),
    ],
)
def test_script_tells_bad_input_in_one_line(tmp_path, content, message):
    if content is not None:
        add_pair(tmp_path)
        (tmp_path / SHORT / "song_100-stem.wav").write_bytes(content)
    done = run_script(tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: ")
    assert re.search(message, done.stderr)
    assert prepared(tmp_path) == []


def test_script_cannot_write(tmp_path):
    add_pair(tmp_path)
    (tmp_path / "rtg").write_text("a file where the folder belongs")
    done = run_script(tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["--mix", "a"], ["--vocal", "a"], ["--demo", "--mixture", "a"]]
)
def test_script_refuses_wrong_flags(tmp_path, arguments):
    done = run_script(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_pair_that_is_given_is_lined_up_once_for_both_lengths(tmp_path, monkeypatch):
    voice = noise(8.0)
    write(tmp_path / "m.wav", voice + noise(8.0, seed=1))
    write(tmp_path / "v.wav", voice)
    calls = []

    def counted(files, *rest):
        calls.append(files)
        return line_up_pair(files, *rest)

    monkeypatch.setattr(lining_up, "line_up_pair", counted)
    wishes = {"mixture": tmp_path / "m.wav", "vocal": tmp_path / "v.wav", "no_align": False}
    prepare_pairs(options(tmp_path, **wishes))
    assert len(calls) == 1
    facts = [
        json.loads(next((tmp_path / "rtg" / name).rglob("alignment.json")).read_text())
        for name in ("100-window", "no-limit")
    ]
    assert facts[0] == facts[1]
