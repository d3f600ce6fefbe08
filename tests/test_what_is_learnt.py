"""Nothing is learnt from songs whose pair is wrong, and no finished model is lost."""

import argparse
import shutil

import numpy as np
import pytest
import soundfile
from song_sets import DATA, RATE_HZ, needs_data, stems_of, write_engine_result, write_song
from test_vocal_training import small_graphs, small_networks, train  # noqa: F401

from unet.commands import train_cars
from unet.front_end import FrontEnd
from unet.model_files import load_model
from unet.songs.refusals import MOST_ELSEWHERE, share_elsewhere
from unet.songs.song_folders import find_songs
from unet.songs.stem_cache import cache_songs
from vocal_separation_sanity_check.errors import InputError

FRONT_END = FrontEnd(RATE_HZ, 512, 256, 256)


def left_out(folder, cache, capsys):
    """Names of the songs that are learnt from, and what is told of the others."""
    cached = cache_songs(find_songs([folder]), FRONT_END, (1.0,), cache, "")
    told = capsys.readouterr().out.splitlines()
    faults = dict(line.strip().removeprefix("left out: ").split(": ", 1) for line in told)
    return [song.song.name for song in cached], faults


def write_pair(folder, mixture, vocals):
    folder.mkdir(parents=True)
    for name, sound in (("mixture", mixture), ("vocals", vocals)):
        soundfile.write(folder / f"{name}.wav", sound, RATE_HZ, "FLOAT")


def test_songs_with_a_wrong_pair_are_left_out_and_named(tmp_path, capsys):
    stems = stems_of(1)
    mixture, vocals = sum(stems.values()), stems["vocals"]
    for name, pair in {
        "a": (mixture, vocals),
        "quiet": (mixture, 0.02 * vocals),
        "swapped": (vocals, mixture),
        "twice": (mixture, mixture),
        "instrumental": (mixture, 1e-5 * vocals),
        "silent": (0 * mixture, 0 * vocals),
        "other": (mixture - vocals, 3 * vocals),
    }.items():
        write_pair(tmp_path / "s" / name, *pair)
    wanted = {
        "swapped": "its vocal holds what the song does not: are the two swapped?",
        "other": "its vocal holds what the song does not: are the two swapped?",
        "twice": "its vocal is all of it: are both the same file?",
        "instrumental": "its vocal is silent",
        "silent": "it is silent",
    }
    for _ in range(2):  # from the cache, too
        assert left_out(tmp_path / "s", tmp_path / "c", capsys) == (["a", "quiet"], wanted)
    for name in ("a", "quiet"):
        shutil.rmtree(tmp_path / "s" / name)
    with pytest.raises(InputError, match="all 5 songs are left out, as told above"):
        cache_songs(find_songs([tmp_path / "s"]), FRONT_END, (1.0,), tmp_path / "c", "")


def test_checks_that_were_refused_or_not_finished_are_left_out(tmp_path, capsys):
    output = tmp_path / "output"
    for number, name in enumerate(("good", "refused", "unfinished", "damaged", "swapped")):
        write_engine_result(output / name, number, is_placed=name != "refused")
    (output / "unfinished" / "results.json").unlink()
    (output / "damaged" / "results.json").write_text("{")
    stems = {role: sound.mean(axis=1) for role, sound in stems_of(4).items()}
    swapped = {"1_original_mixture": stems["vocals"], "2_target_vocal": sum(stems.values())}
    for name, sound in swapped.items():
        soundfile.write(output / "swapped" / f"{name}.wav", sound, 22050, "FLOAT")
    assert left_out(output, tmp_path / "c", capsys) == (
        ["good"],
        {
            "refused": "its reference was not lined up with it",
            "unfinished": "its check was not finished",
            "damaged": "its results.json is damaged; check it again",
            "swapped": "its vocal holds what the song does not: are the two swapped?",
        },
    )


def test_of_a_check_with_an_instrumental_the_music_is_not_learnt_as_the_voice(tmp_path):
    write_engine_result(tmp_path / "vocal")
    write_engine_result(tmp_path / "music", source="music")
    of_vocal, of_music = (
        find_songs([tmp_path / name])[0].read().sources for name in ("vocal", "music")
    )
    np.testing.assert_allclose(of_vocal["vocals"], of_music["accompaniment"], atol=1e-4)


def test_a_checked_song_has_the_name_that_its_check_told(tmp_path):
    write_engine_result(tmp_path / "output", song="Band - Song")
    (song,) = find_songs([tmp_path])
    assert (song.name, song.artist) == ("Band - Song", "Band")


@needs_data
@pytest.mark.slow
def test_real_songs_and_swapped_ones():
    for song in find_songs([DATA / "musdb18-7s" / "train"])[1::12]:
        stems = song.read()
        vocals, mixture = stems.sources["vocals"].mean(axis=1), stems.mixture.mean(axis=1)
        assert share_elsewhere(vocals, mixture, stems.sample_rate_hz) < MOST_ELSEWHERE / 2
        assert share_elsewhere(mixture, vocals, stems.sample_rate_hz) > MOST_ELSEWHERE


@pytest.mark.slow
@pytest.mark.usefixtures("small_networks")
def test_a_finished_model_is_not_overwritten_without_being_told_to(tmp_path, capsys):
    for number in range(3):
        write_song(tmp_path / "s" / f"{number} - song", number)
    stems = stems_of(9)
    write_pair(tmp_path / "s" / "9 - swapped", stems["vocals"], sum(stems.values()))
    run = ["--data", tmp_path / "s", "--epochs", 1, "--steps", 1, "--model", "jansson"]
    model = train(tmp_path / "run", *run)
    told = capsys.readouterr().out
    assert "left out: 9 - swapped: its vocal holds what the song does not" in told
    assert "2 songs to train on, 1 to validate with" in told
    assert load_model(model, "vocals").metadata["n_training_songs"] == 2
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").glob("*.*")}
    with pytest.raises(InputError, match=r"holds model\.safetensors of an earlier training"):
        train(tmp_path / "run", *run, "--seed", 1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").glob("*.*")} == before
    train(tmp_path / "run", *run, "--resume")
    train(tmp_path / "run", *run, "--seed", 1, "--overwrite")
    assert model.read_bytes() != before["model.safetensors"]
    # A training that was stopped has not been told to be thrown away, either.
    for name in ("model.safetensors", "model.onnx", "best.ckpt"):
        (tmp_path / "run" / name).unlink()
    with pytest.raises(InputError, match=r"run holds last\.ckpt of an earlier training"):
        train(tmp_path / "run", *run)


@pytest.mark.parametrize("name", ["checkpoint_epoch1.pth", "checkpoint_best.pth", "last.ckpt"])
def test_nor_is_one_for_pictures(tmp_path, name):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / name).write_bytes(b"weights")
    parser = argparse.ArgumentParser()
    parser.set_defaults(workspace=tmp_path)
    train_cars.add_options(parser)
    with pytest.raises(InputError, match=f"checkpoints holds {name} of an earlier training"):
        train_cars.train(parser.parse_args([]))
    with pytest.raises(SystemExit):
        parser.parse_args(["--resume", "--overwrite"])
    with pytest.raises(InputError, match="imgs"):  # goes on to the data
        train_cars.train(parser.parse_args(["--overwrite"]))
