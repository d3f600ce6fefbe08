"""Training on songs, from folders to a model file that separates; and scoring."""

import argparse
import csv

import numpy as np
import pytest
import soundfile
import torch
from song_sets import (
    DATA,
    RATE_HZ,
    SMALL,
    needs_data,
    random_network,
    save_network,
    write_engine_result,
    write_song,
)

from unet.commands import train_vocals
from unet.commands.evaluate_songs import add_options, evaluate
from unet.front_end import FrontEnd
from unet.model_files import load_model, load_pickled
from unet.networks import mask_network
from unet.separating import load_network, onnx_files, separate_sound
from unet.separating.torch_network import TorchNetwork
from unet.separating.write_graphs import write_graphs
from unet.songs.judging import ideal_mask, songs_to_judge
from unet.songs.remix import Augmentation, RemixedBatches
from unet.songs.separation_scores import (
    SCORES,
    Row,
    overall,
    overall_table,
    score,
    song_table,
)
from unet.songs.song_folders import find_songs
from unet.songs.song_split import musdb_validation_names
from unet.songs.stem_cache import cache_songs
from unet.songs.vocal_losses import LOSSES
from unet.songs.vocal_module import VocalModule, weight_average
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.scoring import bss_eval, si_sdr_db

pytestmark = pytest.mark.slow


BOTH = ("vocals", "music")


def make_narrow(patch):
    for name, body in mask_network.BODIES.items():

        def build(*numbers, body=body, name=name, **_):
            return body.build(*numbers, **SMALL[name])

        patch.setitem(mask_network.BODIES, name, body._replace(build=build))


@pytest.fixture(scope="module")
def small_graphs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graphs")
    with pytest.MonkeyPatch.context() as patch:
        make_narrow(patch)
        write_graphs(folder)
    return folder


@pytest.fixture
def small_networks(monkeypatch, small_graphs):
    """The real networks, narrow: what is learnt in a few steps does not matter here."""
    make_narrow(monkeypatch)
    monkeypatch.setattr(onnx_files, "GRAPHS", small_graphs)
    onnx_files._graphs.cache_clear()
    yield
    onnx_files._graphs.cache_clear()


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    for number in range(3):
        write_song(folder / f"{number} - song", number)
    return folder


def train(folder, *arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--workspace")
    train_vocals.add_options(parser)
    common = ["--checkpoints", folder, "--device", "cpu", "--batch-size", 2]
    options = parser.parse_args([str(word) for word in (*common, *arguments)])
    train_vocals.train(options)
    return folder / "model.safetensors"


def curve_of(folder):
    rows = csv.DictReader((folder / "curve.csv").read_text().splitlines())
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


@pytest.mark.usefixtures("small_networks")
@pytest.mark.parametrize(
    ("model", "loss", "sources"),
    [
        ("tdf", "sdr", "vocals"),
        ("unet", "mask", "vocals,drums,bass,other"),
        ("jansson", "l1", "vocals"),
        ("jansson", "mse", "vocals,drums"),
    ],
)
def test_every_network_trains(tmp_path, songs, model, loss, sources):
    run = ["--data", songs, "--epochs", 2, "--steps", 3, "--model", model, "--loss", loss]
    path = train(tmp_path, *run, "--sources", sources, "--licence", "ours")
    rows = curve_of(tmp_path)
    assert len(rows) == 2
    assert all(np.isfinite(float(value)) for row in rows for value in row.values())
    assert set(rows[0]) == {"epoch", "loss", "validation loss", "validation SDR dB"}
    held = load_model(path, "vocals")
    assert held.network.sources == tuple(sources.split(","))
    assert held.settings["network"]["body"] == model
    assert held.metadata["training_data"] == [{"name": songs.name, "licence": "ours"}]
    assert held.metadata["validation_songs"] == ["0 - song"]
    assert held.metadata["loss"] == loss
    exported, metadata = load_network(path.with_suffix(".onnx"), "cpu")
    assert metadata == held.metadata
    seen = (exported.front_end.n_channels, exported.front_end.n_bins, 20)
    spectra = np.random.default_rng(0).normal(size=seen).astype(np.complex64)
    masks = TorchNetwork(held.network).masks(spectra)
    np.testing.assert_allclose(exported.masks(spectra), masks, atol=4e-6)


@pytest.mark.usefixtures("small_networks")
def test_the_best_epoch_is_kept(tmp_path, songs):
    run = ["--data", songs, "--epochs", 3, "--steps", 2, "--model", "jansson"]
    metadata = load_model(train(tmp_path, *run), "vocals").metadata
    scores = [float(row["validation SDR dB"]) for row in curve_of(tmp_path)]
    assert metadata["epoch"] == 1 + int(np.argmax(scores))


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_can_be_learnt(tmp_path, songs, loss):
    front_end = FrontEnd(RATE_HZ, 512, 256, 256)
    cached = cache_songs(find_songs([songs]), front_end, (1.0,), tmp_path, "")
    batch = RemixedBatches(cached, ("vocals",), 2, 64, 1, 0, Augmentation())[0]
    torch.manual_seed(0)
    network = mask_network.MaskNetwork("unet", vars(front_end), ("vocals",), {"base_channels": 4})
    network.calibrate(batch.mixture)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    losses = []
    for _ in range(25):
        optimizer.zero_grad()
        losses.append(LOSSES[loss](network(batch.mixture), batch))
        losses[-1].backward()
        optimizer.step()
    first, last = losses[0].item(), losses[-1].item()
    assert last < (first - 3 if loss == "sdr" else 0.6 * first)


@pytest.mark.parametrize(
    ("n_steps", "first", "decay"), [(1, 0, 0), (50, 2, 0.8), (9999, 100, 0.995)]
)
def test_a_short_training_is_averaged_over_few_steps(n_steps, first, decay):
    """Otherwise its first weights, which know nothing, would be what is validated and kept."""
    average = weight_average(n_steps)
    updates = [step for step in range(n_steps) if average.should_update(step_idx=step)]
    assert updates[0] == first
    old, new = torch.zeros(1), torch.ones(1)
    assert float(average._kwargs["avg_fn"](old, new, 1)) == pytest.approx(1 - decay)


@pytest.mark.usefixtures("small_networks")
def test_resumed_after_a_stop_gives_the_same_curve(tmp_path, songs, monkeypatch):
    run = ["--data", songs, "--epochs", 3, "--steps", 4, "--model", "jansson"]
    train(tmp_path / "whole", *run)
    step = VocalModule.training_step

    def stopping(self, batch, batch_index):
        if self.trainer.global_step == 6:
            raise KeyboardInterrupt
        return step(self, batch, batch_index)

    with monkeypatch.context() as patched:
        patched.setattr(VocalModule, "training_step", stopping)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "cut", *run)
    assert len(curve_of(tmp_path / "cut")) == 1
    train(tmp_path / "cut", *run, "--resume")
    assert curve_of(tmp_path / "cut") == curve_of(tmp_path / "whole")
    whole, cut = (load_pickled(tmp_path / name / "last.ckpt") for name in ("whole", "cut"))
    assert all((whole["state_dict"][k] == v).all() for k, v in cut["state_dict"].items())


@pytest.mark.usefixtures("small_networks")
def test_what_the_engine_wrote_is_learnt_from(tmp_path):
    for number in range(2):
        write_engine_result(tmp_path / "output" / f"{number} - song", number)
    run = ["--data", tmp_path / "output", "--epochs", 1, "--steps", 2, "--model", "unet"]
    path = train(tmp_path / "run", *run, "--loss", "mask")
    assert load_model(path, "vocals").metadata["validation_songs"] == ["0 - song"]


def test_a_damaged_mask_is_named(tmp_path):
    for number in range(2):
        write_engine_result(tmp_path / "output" / f"{number} - song", number)
    mask = tmp_path / "output" / "1 - song" / "mask.npz"
    content = bytearray(mask.read_bytes())
    content[len(content) // 3] ^= 1
    mask.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"1 - song.mask\.npz is not a mask that the engine wrote"):
        train(tmp_path / "run", "--data", tmp_path / "output", "--epochs", 1, "--steps", 1)


def test_flags_are_checked(tmp_path, songs):
    for arguments, message in (
        (["--steps", 0], "--steps is 0"),
        (["--sources", "drums"], "wanted vocals first"),
        (["--sources", "vocals,vocals"], "wanted vocals first"),
        (["--sources", "vocals,piano"], "wanted vocals first"),
        (["--licence", "a", "b"], "2 licences for 1 folders"),
        (["--learning-rate", 2], "--learning-rate is 2"),
    ):
        with pytest.raises(InputError, match=message):
            train(tmp_path, "--data", songs, *arguments)


def test_songs_without_the_stems_that_are_wanted(tmp_path):
    for number in range(2):
        song = write_song(tmp_path / "s" / f"{number} - song", number, 0.2)
        for name in ("drums", "bass", "other"):
            (song / f"{name}.wav").unlink()
    with pytest.raises(InputError, match="no song has stems for vocals, drums"):
        train(tmp_path, "--data", tmp_path / "s", "--sources", "vocals,drums")


@needs_data
@pytest.mark.usefixtures("small_networks")
def test_real_songs_of_two_kinds(tmp_path):
    """Links to a few real songs: MUSDB18's stem files beside MIR-1K's clips."""
    musdb, clips = DATA / "musdb18-7s" / "train", sorted((DATA / "mir1k" / "train").iterdir())
    (tmp_path / "train").mkdir()
    for path in (*sorted(musdb.glob("A*.stem.mp4"))[:4], *clips[:4]):
        (tmp_path / "train" / path.name).symlink_to(path)
    run = ["--data", tmp_path / "train", "--epochs", 1, "--steps", 2, "--model", "jansson"]
    aside = load_model(train(tmp_path / "run", *run), "vocals").metadata["validation_songs"]
    assert set(aside) <= musdb_validation_names()
    assert aside
    assert np.isfinite(float(curve_of(tmp_path / "run")[0]["validation SDR dB"]))


def test_scores_are_bss_eval_and_si_sdr(songs):
    stems = find_songs([songs])[0].read()
    vocals = stems.sources["vocals"]
    music = stems.mixture - vocals
    found = vocals + 0.1 * music
    truth = {"vocals": vocals, "music": music}
    estimates = {"vocals": found, "music": stems.mixture - found}
    rows = score("s", "m", truth, estimates, RATE_HZ)
    wanted = bss_eval([vocals, music], [found, stems.mixture - found], RATE_HZ)
    assert [row.sdr_db for row in rows] == [ratio.sdr_db for ratio in wanted]
    assert rows[0].si_sdr_db == pytest.approx(si_sdr_db(found.ravel(), vocals.ravel()))
    assert rows[0].mse == pytest.approx(np.mean((found - vocals) ** 2, dtype=np.float64))
    assert rows[0].sdr_db > 10
    silent = score("s", "m", truth | {"vocals": 0 * vocals}, estimates, RATE_HZ)
    assert {getattr(row, name) for row in silent for name in SCORES if name != "mse"} == {None}
    assert rows[0].source == "vocals"


def test_the_ideal_mask_is_above_all_else(songs):
    stems = find_songs([songs])[0].read()
    vocals = stems.sources["vocals"].ravel()
    found = ideal_mask(stems, stems.sources)["vocals"]
    assert si_sdr_db(found.ravel(), vocals) > si_sdr_db(stems.mixture.ravel(), vocals) + 8


def test_overall_is_a_median_of_medians_and_a_mean():
    scores = [(1.0, 10.0), (2.0, 20.0), (9.0, 60.0), (None, None)]
    rows = [Row(str(i), "m", "vocals", a, a, a, b, b) for i, (a, b) in enumerate(scores)]
    (summary,) = overall(rows)
    assert (summary.sdr_db, summary.si_sdr_db, summary.mse) == (2.0, 30.0, 30.0)
    assert "2.00" in overall_table([summary])
    assert song_table(rows).splitlines()[-1].split() == ["3", "-"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    return save_network(path, random_network("unet"), "unet", validation_songs=["1 - song"])


def test_evaluation(tmp_path, songs, model, capsys):
    parser = argparse.ArgumentParser()
    add_options(parser, is_shipped=True)
    arguments = ["--data", songs, "--model", model, "--csv", tmp_path / "e.csv"]
    evaluate(parser.parse_args([str(word) for word in (*arguments, "--device", "cpu")]))
    shown = capsys.readouterr().out
    rows = list(csv.DictReader((tmp_path / "e.csv").read_text().splitlines()))
    assert "1 songs: those that the model's training set aside" in shown
    assert len(rows) == 2 * 4 * 2
    network, _ = load_network(model, "cpu")
    stems = next(song for song in find_songs([songs]) if song.name == "1 - song").read()
    found = separate_sound(stems.mixture, RATE_HZ, network)["vocals"]
    wanted = si_sdr_db(found.ravel(), stems.sources["vocals"].ravel())
    row = next(r for r in rows if (r["method"], r["source"]) == ("network", "vocals"))
    assert float(row["si_sdr_db"]) == pytest.approx(wanted, abs=1e-3)
    for line in ("vocals  REPET-SIM", "music   ideal mask"):
        assert line in shown


def test_which_songs_are_judged(songs):
    found = find_songs([songs])
    judged, which = songs_to_judge(found, {"validation_songs": ["1 - song", "elsewhere"]}, BOTH)
    assert [song.name for song in judged] == ["1 - song"]
    assert "set aside" in which
    assert songs_to_judge(found, {}, BOTH)[0] == found
    assert songs_to_judge(found, {"validation_songs": 5}, BOTH)[0] == found


def test_short_and_mono_songs_can_be_judged(tmp_path, model, capsys):
    (tmp_path / "s" / "short").mkdir(parents=True)
    for name, level in (("vocals", 0.1), ("mixture", 0.2)):
        noise = np.random.default_rng(0).normal(0, level, 3000)
        soundfile.write(tmp_path / "s" / "short" / f"{name}.wav", noise, RATE_HZ)
    parser = argparse.ArgumentParser()
    add_options(parser, is_shipped=True)
    arguments = ["--data", tmp_path / "s", "--model", model, "--csv", tmp_path / "e.csv"]
    evaluate(parser.parse_args([str(word) for word in arguments]))
    assert "all that are there" in capsys.readouterr().out
