"""The commands as a user runs them, on the demo song."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread

from vocal_separation_sanity_check.check import result_files
from vocal_separation_sanity_check.commands import sanity_check_complete

pytestmark = [pytest.mark.compiled, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[1]
SOUNDS = ("1_original_mixture", "2_target_vocal", "extracted_vocal", "extracted_music")


def command(script, workspace, *flags):
    return subprocess.run(
        [sys.executable, ROOT / script, "--workspace", workspace, *flags],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with the demo prepared and both checks run."""
    folder = tmp_path_factory.mktemp("wörk space")
    for script, flags in (
        ("prepare_audio_files.py", ["--demo"]),
        ("sanity_check_complete.py", []),
        ("sanity_check_full_length.py", []),
    ):
        result = command(script, folder, *flags)
        assert result.returncode == 0, result.stderr
        (folder / f"{script}.txt").write_text(result.stdout, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("results", "suffix"), [("output", ""), ("output_full", "_full")])
def test_every_file_is_there_and_nothing_else(workspace, results, suffix):
    # The demo's stem is exact: nothing has to be rebuilt, so there is no picture of a path.
    names = [f"{name}{suffix}.wav" for name in (*SOUNDS, "subtracted_music", "rebuilt_vocal")]
    names += [f"optimization_loss{suffix}.png", f"spectrograms{suffix}.png"]
    names += [f"mask{suffix}.npz", f"results{suffix}.json", f"report{suffix}.html", "index.html"]
    assert sorted(path.name for path in (workspace / results).iterdir()) == sorted(names)


@pytest.mark.parametrize(
    ("prepared", "results", "suffix"),
    [("100-window", "output", ""), ("no-limit", "output_full", "_full")],
)
def test_vocal_and_music_sum_to_the_mixture(workspace, prepared, results, suffix):
    given = soundfile.info(workspace / "rtg" / prepared / "stereo_mixture.wav")
    sounds = {}
    for name in SOUNDS:
        path = workspace / results / f"{name}{suffix}.wav"
        info = soundfile.info(path)
        assert (info.subtype, info.frames, info.samplerate) == ("PCM_24", given.frames, 22050)
        sounds[name] = soundfile.read(path)[0]
        assert np.abs(sounds[name]).max() < 1
    total = sounds["extracted_vocal"] + sounds["extracted_music"]
    np.testing.assert_allclose(total, sounds["1_original_mixture"], atol=1e-4)


def test_results_hold_what_they_promise(workspace):
    facts = json.loads((workspace / "output" / "results.json").read_text(encoding="utf-8"))
    assert {"settings", "versions", "inputs", "seconds", "loss", "fingerprint"} <= facts.keys()
    assert set(facts["si_sdr_db"]) == {"mixture", "extraction", "irm1", "irm2", "psm"}
    assert {"stft", "fit"} <= facts["seconds"].keys()
    assert facts["fingerprint"]["n_points"] == 780_300
    assert facts["fingerprint"]["match_after"]["overall"] > 0.98
    assert (np.diff(facts["loss"]["by_step"]) < 0).all()
    mixture = workspace / "rtg" / "100-window" / "stereo_mixture.wav"
    digest = hashlib.sha256(mixture.read_bytes()).hexdigest()
    assert facts["inputs"]["mixture"]["sha256"] == digest


def test_mask_and_pictures_open(workspace):
    with np.load(workspace / "output" / "mask.npz", allow_pickle=False) as stored:
        assert stored["mask"].shape == (1025, 102)
        assert 0 <= stored["mask"].min() < stored["mask"].max() <= 1
    for name in ("optimization_loss.png", "spectrograms.png"):
        picture = imread(workspace / "output" / name)
        assert min(picture.shape[:2]) > 300
        assert picture[..., :3].std() > 0.1


def test_the_terminal_says_how_good_it_is(workspace):
    text = (workspace / "sanity_check_complete.py.txt").read_text(encoding="utf-8")
    assert "780 300 points" in text
    assert re.search(r"SI-SDR +dB( +-?\d+\.\d){3} +\d+ %", text)
    assert "ESTOI" in text
    assert "The fingerprint is enough to find the vocal" in text
    assert max(len(line) for line in text.splitlines() if "Results" not in line) <= 100


def test_the_same_input_gives_the_same_bits(workspace):
    before = {name: (workspace / "output" / name).read_bytes() for name in ("extracted_vocal.wav",)}
    before |= {"mask": np.load(workspace / "output" / "mask.npz")["mask"].tobytes()}
    assert command("sanity_check_complete.py", workspace).returncode == 0
    assert (workspace / "output" / "extracted_vocal.wav").read_bytes() == before[
        "extracted_vocal.wav"
    ]
    assert np.load(workspace / "output" / "mask.npz")["mask"].tobytes() == before["mask"]


def test_flags_reach_the_fit(workspace, tmp_path):
    (tmp_path / "rtg").symlink_to(workspace / "rtg")
    flags = ["--hop-length", "512", "--iterations", "2", "--seed", "3", "--target", "magnitude"]
    assert command("sanity_check_complete.py", tmp_path, *flags).returncode == 0
    facts = json.loads((tmp_path / "output" / "results.json").read_text(encoding="utf-8"))
    wanted = {"hop_length": 512, "n_iterations": 2, "seed": 3, "target": "magnitude"}
    assert wanted.items() <= facts["settings"].items()
    assert len(facts["loss"]["by_step"]) == 3


def in_process(workspace, *flags):
    """The script's command, without a new process."""
    script = str(ROOT / "sanity_check_complete.py")
    return sanity_check_complete(script, ["--workspace", str(workspace), *flags])


def prepared(folder, mixture, vocal):
    folder.mkdir(parents=True)
    for name, signal in (("stereo_mixture", mixture), ("isolated_vocal", vocal)):
        if signal is not None:
            soundfile.write(folder / f"{name}.wav", signal, 22050, subtype="FLOAT")


TONE = 0.1 * np.sin(np.arange(30_000) / 9)
NOISE = 0.1 * np.random.default_rng(15).standard_normal(30_000)


@pytest.mark.parametrize(
    ("mixture", "vocal", "words"),
    [
        (TONE + NOISE, None, "nothing to look for"),
        (TONE + NOISE, 0 * TONE, "only silence"),
        (TONE + NOISE, TONE[:-7], "common part"),
        ((TONE + NOISE) * np.nan, TONE, "NaN"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, mixture, vocal, words):
    prepared(tmp_path / "rtg" / "100-window", mixture, vocal)
    assert in_process(tmp_path) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert [path.name for path in (tmp_path / "output").iterdir()] == ["index.html"]


def test_nothing_prepared_says_which_command_prepares(tmp_path, capsys):
    assert in_process(tmp_path) == 2
    told = capsys.readouterr().err
    assert "run prepare_audio_files.py, or prepare-audio-files where installed" in told
    # A song of which a file is missing says so, too.
    prepared(tmp_path / "rtg" / "100-window" / "a", TONE, None)
    assert in_process(tmp_path) == 2
    told = capsys.readouterr().err
    assert "prepare it again (prepare_audio_files.py, or prepare-audio-files where inst" in told


def test_several_songs_have_folders_and_one_can_be_chosen(tmp_path, capsys):
    for song in ("Año", "b b"):
        prepared(tmp_path / "rtg" / "100-window" / song, TONE + NOISE, TONE)
    assert in_process(tmp_path, "--song", "c") == 2
    assert "there is: Año, b b" in capsys.readouterr().err
    assert in_process(tmp_path, "--song", "Año") == 0
    assert {path.name for path in (tmp_path / "output").iterdir()} == {"Año", "index.html"}
    assert in_process(tmp_path) == 0
    written = {path.name for path in (tmp_path / "output").iterdir()}
    assert written == {"Año", "b b", "index.html"}


def test_loud_sounds_share_one_gain_and_do_not_clip(tmp_path):
    prepared(tmp_path / "rtg" / "100-window", 1.2 * (TONE + NOISE) / abs(TONE + NOISE).max(), TONE)
    assert in_process(tmp_path) == 0
    vocal, music, mixture = (
        soundfile.read(tmp_path / "output" / f"{name}.wav")[0]
        for name in ("extracted_vocal", "extracted_music", "1_original_mixture")
    )
    assert max(np.abs(sound).max() for sound in (vocal, music, mixture)) <= 1
    assert np.abs(mixture).max() < 1.2
    np.testing.assert_allclose(vocal + music, mixture, atol=1e-4)


def test_a_folder_that_cannot_be_written_and_ctrl_c(tmp_path, capsys, monkeypatch):
    prepared(tmp_path / "rtg" / "100-window", TONE + NOISE, TONE)
    (tmp_path / "output").write_text("in the way")
    assert in_process(tmp_path) == 2
    assert "cannot write" in capsys.readouterr().err
    (tmp_path / "output").unlink()

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(result_files, "writing_npz", interrupt)
    assert in_process(tmp_path) == 130
    assert not [path for path in (tmp_path / "output").iterdir() if ".part" in path.name]


def test_unknown_flags_are_errors(tmp_path):
    result = command("sanity_check_complete.py", tmp_path, "--itterations", "3")
    assert result.returncode == 2
    assert "unrecognized arguments" in result.stderr
