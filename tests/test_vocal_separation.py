"""`separate.py`: formats in and out, lengths, and whatever can be wrong with a song or a model."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from song_sets import DATA, needs_data, random_network, save_network, stems_of

from unet import UNet
from unet.commands import separate_vocals
from unet.commands.separate import output_folders
from unet.model_files import save_model
from unet.separating import (
    MODEL_IN_A_LINE,
    SHIPPED_MODEL,
    SHIPPED_STEMS,
    SHIPPED_WEIGHTS,
    load_network,
    separate_file,
    separate_sound,
    song_separation,
)
from unet.separating.torch_network import TorchNetwork
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import clear_unfinished, replacing_together
from vocal_separation_sanity_check.scoring.distortion_ratios import si_sdr_db
from vocal_separation_sanity_check.sound import opened, sound_info

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
SEPARATE = ROOT / "separate.py"
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is missing")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_network(
        tmp_path_factory.mktemp("model") / "m.safetensors", random_network("tdf"), "tdf"
    )


@pytest.fixture(scope="module")
def network(model):
    return load_network(model, "cpu")[0]


def some_song(n_channels=2, seconds=1.5):
    sound = sum(stems_of(3, seconds).values())
    return np.repeat(sound[:, :1], n_channels, axis=1) * np.linspace(1, 0.5, n_channels)


def read(path):
    return soundfile.read(path, dtype="float64", always_2d=True)[0]


@pytest.mark.parametrize(
    ("name", "subtype", "rate", "n_channels", "stems"),
    [
        ("a.wav", "PCM_16", 44100, 2, "PCM_16"),
        ("a.wav", "PCM_24", 48000, 1, "PCM_24"),
        ("a.aiff", "PCM_32", 96000, 2, "PCM_32"),
        ("a.wav", "PCM_U8", 22050, 1, "PCM_U8"),
        ("a.aiff", "PCM_S8", 22050, 2, "PCM_U8"),
        ("a.flac", "PCM_24", 8000, 2, "PCM_24"),
        ("a.wav", "FLOAT", 44100, 6, "FLOAT"),
        ("a.wav", "DOUBLE", 44100, 1, "DOUBLE"),
        ("a.ogg", "VORBIS", 44100, 2, "FLOAT"),
        ("a.mp3", "MPEG_LAYER_III", 44100, 2, "FLOAT"),
        ("a.wav", "ULAW", 16000, 1, "FLOAT"),
    ],
)
def test_stems_are_like_the_song_and_sum_to_it(
    tmp_path, network, name, subtype, rate, n_channels, stems
):
    soundfile.write(tmp_path / name, some_song(n_channels), rate, subtype)
    separate_file(tmp_path / name, tmp_path / "out", network)
    song = read(tmp_path / name)
    found = [tmp_path / "out" / f"{stem}.wav" for stem in ("vocals", "music")]
    for path in found:
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (rate, n_channels, stems)
        assert info.frames == len(song)
        assert 0.02 < read(path).std() < song.std()
    exact = 1e-15 if stems.startswith("PCM") or stems == "DOUBLE" else 1e-7
    np.testing.assert_allclose(sum(map(read, found)), song, atol=exact)


def test_loud_floating_point_is_not_clipped(tmp_path, network):
    soundfile.write(tmp_path / "a.wav", 9 * some_song(), 44100, "FLOAT")
    separate_file(tmp_path / "a.wav", tmp_path, network)
    assert np.abs(read(tmp_path / "music.wav")).max() > 1


@needs_ffmpeg
def test_formats_that_only_ffmpeg_reads(tmp_path, network):
    soundfile.write(tmp_path / "a.wav", some_song(), 44100)
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.wav"), str(tmp_path / "a.m4a")]
    subprocess.run(command, check=True)
    separate_file(tmp_path / "a.m4a", tmp_path / "out", network)
    info = soundfile.info(tmp_path / "out" / "vocals.wav")
    assert (info.samplerate, info.channels, info.subtype) == (44100, 2, "FLOAT")


@pytest.mark.parametrize("n_samples", [1, 7, 2000, 44100])
def test_short_songs_keep_their_length(network, n_samples):
    for rate in (44100, 48000, 11025):
        vocals = separate_sound(np.full((n_samples, 1), 0.1, np.float32), rate, network)["vocals"]
        assert vocals.shape == (n_samples, 1)
        assert np.isfinite(vocals).all()


def test_scale_does_not_matter(network):
    sound = some_song().astype(np.float32)
    vocals = separate_sound(sound, 44100, network)["vocals"]
    np.testing.assert_allclose(
        separate_sound(sound / 50, 44100, network)["vocals"] * 50, vocals, atol=1e-5
    )


def test_silence_gives_silence(tmp_path, network):
    song = np.zeros((30000, 2))
    song[100] = 1e-6
    soundfile.write(tmp_path / "a.wav", song, 44100, "FLOAT")
    separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    assert not read(tmp_path / "out" / "vocals.wav").any()
    assert (read(tmp_path / "out" / "music.wav") == read(tmp_path / "a.wav")).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_is_refused_and_nothing_written(tmp_path, network, bad):
    song = some_song(seconds=12)
    song[160000, 1] = bad
    soundfile.write(tmp_path / "a.wav", song, 16000, "FLOAT")
    with pytest.raises(InputError, match=r"a\.wav, near second (8|9|10), holds NaN or infinity"):
        separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    assert not (tmp_path / "out").exists()


def test_a_sample_that_nothing_can_mean_is_refused(tmp_path, network):
    song = some_song()
    song[20_000, 0] = 3e38
    soundfile.write(tmp_path / "a.wav", song, 44100, "FLOAT")
    with pytest.raises(InputError, match=r"a\.wav, near second 0, holds a sample of 3e\+38"):
        separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("factor", [1e36, np.nan])
def test_a_model_that_makes_no_numbers_writes_no_stems(tmp_path, factor):
    network = random_network("tdf")
    with torch.no_grad():
        for weights in network.parameters():
            weights *= factor
    soundfile.write(tmp_path / "a.wav", some_song(), 44100)
    with pytest.raises(InputError, match="the model makes NaN or infinity of this sound"):
        separate_file(tmp_path / "a.wav", tmp_path / "out", TorchNetwork(network))
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("seconds", [0.5, 1.5, 4.0, None])
def test_a_song_that_changes_meanwhile_is_told(tmp_path, network, monkeypatch, seconds):
    def changed_meanwhile(path, **options):
        info = sound_info(path, **options)
        path.unlink()
        if seconds is not None:
            soundfile.write(path, some_song(seconds=seconds), 44100)
        return info

    soundfile.write(tmp_path / "a.wav", some_song(), 44100)
    monkeypatch.setattr(song_separation, "sound_info", changed_meanwhile)
    with pytest.raises(InputError, match=r"a\.wav changed while it was being|cannot read .*a\.wav"):
        separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize("stem", ["vocals.wav", "music.wav"])
def test_both_stems_or_neither(tmp_path, network, stem):
    soundfile.write(tmp_path / "a.wav", some_song(), 44100)
    (tmp_path / "out" / stem).mkdir(parents=True)
    with pytest.raises(InputError, match=f"{stem}: a folder is in its place"):
        separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [stem]


KILLED = """
import os, signal, sys
from pathlib import Path
from unet.separating import load_network, separate_file, song_separation

def killing(*given):
    stream = stems_stream(*given)
    yield next(stream)
    os.kill(os.getpid(), signal.SIGKILL)

stems_stream, song_separation.stems_stream = song_separation.stems_stream, killing
separate_file(Path(sys.argv[1]), Path(sys.argv[2]), load_network(Path(sys.argv[3]), "cpu")[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_killed_run_leaves_no_folder_and_the_next_one_clears_up(tmp_path, model):
    soundfile.write(tmp_path / "a.wav", some_song(1, 0.3), 16000)
    song, folder = tmp_path / "a.wav", tmp_path / "separated" / "a"
    command = [sys.executable, "-c", KILLED, str(song), str(folder), str(model)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode < 0
    (left,) = folder.parent.iterdir()
    assert left.name.startswith(".a.")
    arguments = ["--workspace", str(tmp_path), "--device", "cpu", "--model", str(model)]
    assert separate_vocals(None, [*arguments, str(song)]) == 0
    assert list(folder.parent.iterdir()) == [folder]
    assert sorted(path.name for path in folder.iterdir()) == ["music.wav", "vocals.wav"]


def test_a_new_folder_appears_with_both_stems_and_old_ones_stay_till_then(
    tmp_path, network, monkeypatch
):
    soundfile.write(tmp_path / "a.wav", some_song(), 44100)
    renamed = []
    rename = Path.rename
    monkeypatch.setattr(
        Path,
        "rename",
        lambda path, to: (renamed.append(sorted(p.name for p in path.iterdir())), rename(path, to)),
    )
    separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    assert renamed == [["music.wav", "vocals.wav"]]
    before = read(tmp_path / "out" / "vocals.wav")
    monkeypatch.setattr(song_separation, "stems_stream", lambda *_: iter([1 / 0]))
    with pytest.raises(ZeroDivisionError):
        separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    assert (read(tmp_path / "out" / "vocals.wav") == before).all()
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_what_somebody_else_is_writing_stays(tmp_path):
    with replacing_together(tmp_path / "out", ["a"]) as temporary:
        clear_unfinished(tmp_path)
        (temporary / "a").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "a"]


@pytest.mark.parametrize(
    ("subtype", "peak", "written"),
    [("PCM_16", 0.9, "PCM_16"), ("PCM_24", 0.9, "PCM_24"), ("FLOAT", 3.0, "PCM_24")],
)
def test_flac_sums_to_the_song(tmp_path, network, capsys, subtype, peak, written):
    song = some_song()
    soundfile.write(tmp_path / "a.wav", song * (peak / np.abs(song).max()), 44100, subtype)
    separate_file(tmp_path / "a.wav", tmp_path / "out", network, "flac")
    stems = [tmp_path / "out" / f"{stem}.flac" for stem in ("vocals", "music")]
    assert {soundfile.info(path).subtype for path in stems} == {written}
    whole = sum(map(read, stems))
    expected = read(tmp_path / "a.wav") / max(1, peak)
    np.testing.assert_allclose(whole, expected, atol=1e-15 if peak < 1 else 3e-7)
    told = capsys.readouterr().out
    assert ("turned down by 9.54 dB, since FLAC ends at full scale" in told) == (peak > 1)


def test_mp3_is_in_step_with_the_song_to_the_sample(tmp_path, network):
    soundfile.write(tmp_path / "a.wav", some_song(), 44100)
    for kind in ("wav", "mp3"):
        separate_file(tmp_path / "a.wav", tmp_path / kind, network, kind)
    for stem in ("vocals", "music"):
        plain, coded = (read(tmp_path / kind / f"{stem}.{kind}") for kind in ("wav", "mp3"))
        assert soundfile.info(tmp_path / "mp3" / f"{stem}.mp3").format == "MP3"
        assert len(coded) == len(plain)
        left = plain - coded
        assert 10 * np.log10((plain**2).mean() / (left**2).mean()) > 10
        for shifted in (plain[1:] - coded[:-1], plain[:-1] - coded[1:]):
            assert (left**2).mean() < (shifted**2).mean()


@pytest.mark.parametrize(
    ("kind", "rate", "n_channels", "told"),
    [
        ("mp3", 96_000, 2, "96000 samples a second, which MP3 cannot hold; take --format flac"),
        ("mp3", 44_100, 6, "6 channels, and MP3 holds 2 at most; take --format wav"),
        ("flac", 44_100, 9, "9 channels, and FLAC holds 8 at most; take --format wav"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path, network, kind, rate, n_channels, told):
    soundfile.write(tmp_path / "a.wav", some_song(n_channels, 0.3), rate)
    with pytest.raises(InputError, match=told):
        separate_file(tmp_path / "a.wav", tmp_path / "out", network, kind)
    assert not (tmp_path / "out").exists()


def test_what_a_killed_run_left_goes_with_the_next_of_any_song(tmp_path, model):
    soundfile.write(tmp_path / "a.wav", some_song(1, 0.3), 16000)
    (tmp_path / "separated" / "other").mkdir(parents=True)
    (tmp_path / "separated" / "other" / ".vocals.4711.part.wav").touch()
    (tmp_path / "separated" / "other" / "music.wav").touch()
    arguments = ["--workspace", str(tmp_path), "--device", "cpu", "--model", str(model)]
    assert separate_vocals(None, [*arguments, str(tmp_path / "a.wav")]) == 0
    found = sorted(path.name for path in tmp_path.rglob("separated/*/*"))
    assert found == ["music.wav", "music.wav", "vocals.wav"]


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg"])
def test_cut_off_songs_are_refused(tmp_path, network, capfd, name):
    noise = np.random.default_rng(0).normal(0, 0.1, (3 * 44100, 2))
    soundfile.write(tmp_path / name, noise, 44100)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cut off"):
        separate_file(tmp_path / name, tmp_path / "out", network)
    assert not (tmp_path / "out").exists()
    assert "\n" not in capfd.readouterr().err.rstrip("\n")


@pytest.mark.parametrize("content", [b"", b"no sound at all", b"RIFF\x04\x00\x00\x00WAVE"])
def test_no_song(tmp_path, network, content):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.wav"):
        separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    with pytest.raises(InputError, match="cannot read"):
        separate_file(tmp_path / "none.wav", tmp_path / "out", network)
    with pytest.raises(InputError, match="cannot read"):
        separate_file(tmp_path, tmp_path / "out", network)


def test_odd_names_are_only_names(tmp_path, network, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("-", "a b'.raw", "|x.wav"):
        with Path(name).open("wb") as file:
            soundfile.write(file, some_song(1, 0.3), 16000, format="WAV")
        separate_file(Path(name), tmp_path / "out", network)
        assert len(read(tmp_path / "out" / "vocals.wav")) == 4800


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text on this system")
def test_odd_names_are_spelled_out(tmp_path, model, capsys):
    names = [os.fsdecode(b"caf\xe9 \x1b[31m.wav"), "cut \x1b]0;title\x07.wav"]
    for name in names:
        with (tmp_path / name).open("wb") as file:
            soundfile.write(file, some_song(1, 0.3), 16000, format="WAV")
    os.truncate(tmp_path / names[1], 5000)
    songs = [str(tmp_path / name) for name in names]
    arguments = ["--workspace", str(tmp_path), "--device", "cpu", "--model", str(model)]
    assert separate_vocals(None, [*arguments, *songs]) == 2
    told, errors = capsys.readouterr()
    assert r"caf\udce9 \x1b[31m.wav: wrote" in told
    assert errors.startswith(r"cut \x1b]0;title\x07.wav: ")
    assert "\x1b" not in told + errors


def test_folders():
    files = [Path("x/Song.mp3"), Path("y/song.wav"), Path("z.wav")]
    named = [Path("out/Song"), Path("out/song-2"), Path("out/z")]
    stems = ["vocals.wav", "music.wav"]
    assert output_folders(files, Path("out"), Path("usual"), stems) == named
    assert output_folders(files[:1], Path("out"), Path("usual"), stems) == [Path("out")]
    assert output_folders(files[:1], None, Path("usual"), stems) == [Path("usual/Song")]
    assert output_folders([Path("summary.csv.mp3")], None, Path("x"), stems) == [
        Path("x/summary.csv-2")
    ]
    with pytest.raises(InputError, match="overwritten by its own stems"):
        output_folders([Path("a/music.mp3")], Path("a"), Path("usual"), ["music.mp3"])
    with pytest.raises(InputError, match="overwritten by its own stems"):
        output_folders([Path("a/vocals.wav")], Path("a"), Path("usual"), stems)


def run(*arguments, **options):
    command = [sys.executable, str(SEPARATE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_nothing_is_reported_to_the_makers_of_a_library(tmp_path):
    # What keeps ONNX Runtime silent on the machines that run tests is not there for a user.
    user = {name: value for name, value in os.environ.items() if name != "CI"}
    user |= {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
    for name in ("home", "temporary"):
        (tmp_path / name).mkdir()
    soundfile.write(tmp_path / "a.wav", some_song(2, 0.5), 44100)
    done = run(tmp_path / "a.wav", "-o", tmp_path / "out", env=user)
    assert done.returncode == 0, done.stderr
    assert not [*(tmp_path / "home").rglob("*"), *(tmp_path / "temporary").rglob("*")]


def test_several_songs_one_bad(tmp_path, model):
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.wav", some_song(1, 0.5), 16000)
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    songs = [tmp_path / f"{name}.wav" for name in ("a", "bad", "b")]
    done = run(*songs, "--model", model, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "error: 1 of 3 songs failed: bad.wav"
    *wrote, summary = done.stdout.splitlines()
    assert len(wrote) == 2
    assert re.fullmatch(r"2 of 3 songs done, 1\.0 s of sound in [\d.]+ s: .*summary\.csv", summary)
    with (tmp_path / "out" / "summary.csv").open(newline="") as file:
        rows = {row["song"]: row for row in csv.DictReader(file)}
    assert [row["status"] for row in rows.values()] == ["done", "failed", "done"]
    assert float(rows["b.wav"]["duration_s"]) == pytest.approx(0.5)
    assert "bad.wav" in rows["bad.wav"]["reason"]
    assert rows["a.wav"]["folder"] == str(tmp_path / "out" / "a")
    written = sorted(str(path.relative_to(tmp_path / "out")) for path in tmp_path.rglob("out/*/*"))
    assert written == ["a/music.wav", "a/vocals.wav", "b/music.wav", "b/vocals.wav"]


def test_a_song_that_breaks_the_program_stops_no_other(tmp_path, model, monkeypatch, capsys):
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.wav", some_song(1, 0.5), 16000)
    streams = iter([lambda *_: iter([1 / 0]), song_separation.stems_stream])
    monkeypatch.setattr(song_separation, "stems_stream", lambda *given: next(streams)(*given))
    arguments = ["--workspace", str(tmp_path), "--device", "cpu", "--model", str(model)]
    assert separate_vocals(None, [*arguments, *(str(tmp_path / f"{k}.wav") for k in "ab")]) == 2
    log = tmp_path / "separated" / "a" / "error.log"
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"a.wav: ZeroDivisionError: division by zero (traceback: {log})",
        "error: 1 of 2 songs failed: a.wav",
    ]
    assert "ZeroDivisionError" in log.read_text()
    written = sorted(path.name for path in (tmp_path / "separated" / "b").iterdir())
    assert written == ["music.wav", "vocals.wav"]
    monkeypatch.undo()
    assert separate_vocals(None, [*arguments, *(str(tmp_path / f"{k}.wav") for k in "ab")]) == 0
    assert not log.exists()


def test_the_licence_of_the_shipped_weights_is_told_once(tmp_path, model, capsys):
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.wav", some_song(1, 0.5), 16000)
    songs = [str(tmp_path / f"{name}.wav") for name in ("a", "b")]
    common = ["--workspace", str(tmp_path), "--device", "cpu"]
    ours = (SHIPPED_MODEL, SHIPPED_WEIGHTS, SHIPPED_STEMS)
    shipped = [[songs[0], "--model", str(path)] for path in ours]
    for arguments in (songs, *shipped):
        assert separate_vocals(None, [*common, *arguments]) == 0
        shown = capsys.readouterr().out.splitlines()
        assert [line == MODEL_IN_A_LINE for line in shown] == [False] * (len(shown) - 1) + [True]
    assert "research only" in MODEL_IN_A_LINE
    assert "LICENSE-MODEL" in MODEL_IN_A_LINE
    assert separate_vocals(None, [*common, songs[0], "--model", str(model)]) == 0
    assert MODEL_IN_A_LINE not in capsys.readouterr().out
    assert separate_vocals(None, [*common, str(tmp_path / "none.wav")]) == 2
    assert MODEL_IN_A_LINE not in capsys.readouterr().out


def test_models_that_are_none(tmp_path, model):
    cars = tmp_path / "cars.safetensors"
    shape = {"n_channels": 3, "n_classes": 1, "base_channels": 2}
    save_model(cars, UNet(**shape), {"task": "cars", "architecture": "unet", "network": shape}, {})
    (tmp_path / "short.safetensors").write_bytes(model.read_bytes()[:5000])
    torch.save(UNet(**shape), tmp_path / "code.pth")
    wrong = save_network(tmp_path / "wrong.safetensors", random_network("unet"), "tdf")
    for path, message in (
        (cars, "is a model for cars, wanted one for vocals"),
        (tmp_path / "short.safetensors", "truncated"),
        (tmp_path / "code.pth", "more than weights"),
        (wrong, "another network than MaskNetwork|settings that MaskNetwork does not know"),
        (SEPARATE, "not a model file"),
    ):
        with pytest.raises(InputError, match=message):
            load_network(path, "cpu")


def test_a_missing_model_is_told_in_one_line(tmp_path):
    soundfile.write(tmp_path / "a.wav", some_song(1, 0.3), 16000)
    done = run(tmp_path / "a.wav", "--model", tmp_path / "none", "-o", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot read the model file")
    assert len(done.stderr.splitlines()) == 1


def test_a_full_disk_is_noticed_before_the_work(tmp_path, network, monkeypatch):
    soundfile.write(tmp_path / "a.wav", some_song(), 44100)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(
        InputError, match=r"has room for 0\.0 MB, the stems of a\.wav take 0\.[0-9] MB"
    ):
        separate_file(tmp_path / "a.wav", tmp_path / "out", network)
    assert not (tmp_path / "out").exists()


@needs_data
def test_a_real_song_in_blocks(network, monkeypatch):
    from unet.separating import block_masking

    song = DATA / "pairs" / "medley_nl-full.flac"
    with opened(song) as file:
        chunks = [chunk for _, chunk in zip(range(6), file.chunks(dtype="float32"), strict=False)]
    sound = np.concatenate(chunks)
    whole = separate_sound(sound, 22050, network)["vocals"]
    monkeypatch.setattr(block_masking, "BLOCK_IN_CONTEXTS", 1)
    in_blocks = separate_sound(sound, 22050, network)["vocals"]
    assert whole.shape == in_blocks.shape == sound.shape
    assert whole.std() > 0.01
    np.testing.assert_allclose(in_blocks, whole, atol=1e-4)


def test_the_shipped_model_says_what_it_learnt_from():
    _, metadata = load_network(None, "cpu")
    assert all(data["name"] and data["licence"] for data in metadata["training_data"])
    assert metadata["use"] == "research only"
    assert len(metadata["validation_songs"]) == 14
    assert load_network(SHIPPED_WEIGHTS, "cpu")[1] == metadata
    assert SHIPPED_MODEL.stat().st_size < 20e6


@needs_data
def test_the_shipped_model_finds_the_vocals():
    network, _ = load_network(None, "cpu")
    gains = []
    for song in sorted((DATA / "pairs").glob("*_100-full.flac"))[:3]:
        mixture, vocals = (
            soundfile.read(str(song).replace("full", role), dtype="float32", always_2d=True)[0]
            for role in ("full", "stem")
        )
        found = separate_sound(mixture, 44100, network)["vocals"]
        before, after = (si_sdr_db(sound.ravel(), vocals.ravel()) for sound in (mixture, found))
        gains.append(after - before)
    assert np.mean(gains) > 4
