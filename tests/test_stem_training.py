"""Training for stems, from folders to a model file that takes songs apart; and scoring."""

import csv
import json
import re

import numpy as np
import pytest
import soundfile
import soxr
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from song_sets import RATE_HZ, stems_of, write_song

from unet.commands import evaluate_network, separate_vocals, train_network
from unet.model_files import load_model
from unet.networks import DEPTHS
from unet.separating import load_network, separate_sound
from unet.songs.song_folders import find_songs
from unet.songs.stem_cache import cache_songs
from unet.songs.stem_examples import CACHED, EXAMPLE_SAMPLES, LARGEST_MARGIN, WholeSounds, sound_of
from unet.songs.stem_losses import STEM_LOSSES
from unet.songs.stem_module import StemModule
from unet.songs.stem_training import STEM_MODELS, STEM_SOURCES, StemRecipe
from vocal_separation_sanity_check.errors import InputError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    for number in range(3):
        write_song(folder / f"{number} - song", number)
    return folder


@pytest.fixture(scope="module", params=STEM_MODELS)
def model(request, songs, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    flags = ["--model", request.param, "--depth", "2", "--epochs", "2", "--steps", "2"]
    where = ["--data", str(songs), "--checkpoints", str(folder), "--licence", "ours"]
    more = ["--batch-size", "2", "--device", "cpu", "--seed", "3"]
    assert train_network(None, ["--task", "stems", *flags, *where, *more]) == 0
    return folder / "model.safetensors"


def test_a_model_file_says_what_it_is(model, songs):
    held = load_model(model, "stems")
    assert held.network.sources == STEM_SOURCES
    assert held.settings["network"]["depth"] == 2
    assert held.metadata["training_data"] == [{"name": songs.name, "licence": "ours"}]
    assert held.metadata["validation_songs"] == ["0 - song"]
    assert held.metadata["loss"] == "mse"
    rows = list(csv.DictReader((model.parent / "curve.csv").read_text().splitlines()))
    assert len(rows) == 2
    assert set(rows[0]) >= {"loss", "validation loss", "validation SDR dB", *STEM_SOURCES}


def test_a_damaged_model_is_refused(model, tmp_path):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(model.read_bytes()[:-100])
    with pytest.raises(InputError, match="damaged or truncated"):
        load_network(cut, "cpu")
    with safe_open(model, "pt") as file:
        told = file.metadata()
    settings = json.loads(told["settings"])
    for change, message in (
        ({"depth": 3}, "weights are missing, unknown or of another shape"),
        ({"depth": 99}, "settings that .* does not know"),
        ({"sources": ["vocals"]}, "settings that .* does not know"),
    ):
        other = settings | {"network": settings["network"] | change}
        save_file(load_file(model), cut, told | {"settings": json.dumps(other)})
        with pytest.raises(InputError, match=message):
            load_network(cut, "cpu")
    other = settings | {"task": "vocals"}
    save_file(load_file(model), cut, told | {"settings": json.dumps(other)})
    with pytest.raises(InputError, match="said to be for vocals, and holds another network"):
        load_network(cut, "cpu")


@pytest.mark.parametrize("n_channels", [1, 2])
def test_four_files_sum_to_the_song(model, tmp_path, n_channels):
    sound = sum(stems_of(7).values())[:, :n_channels]
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, "PCM_16")
    flags = ["--workspace", str(tmp_path), "--model", str(model), "--device", "cpu", "--page"]
    assert separate_vocals(None, [*flags, str(tmp_path / "a.wav")]) == 0
    folder = tmp_path / "separated" / "a"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["bass.wav", "drums.wav", "listen.html", "other.wav", "vocals.wav"]
    given = soundfile.read(tmp_path / "a.wav", dtype="int16", always_2d=True)[0]
    stems = [soundfile.read(folder / f"{name}.wav", dtype="int16")[0] for name in STEM_SOURCES]
    np.testing.assert_array_equal(sum(stem.reshape(given.shape) for stem in stems), given)
    assert (folder / "listen.html").read_text(encoding="utf-8").count("Drums") > 0


def test_stems_in_memory_sum_to_the_sound(model):
    sound = sum(stems_of(5).values()).astype(np.float32)
    found = separate_sound(sound, RATE_HZ, load_network(model, "cpu")[0])
    assert tuple(found) == STEM_SOURCES
    np.testing.assert_allclose(sum(found.values()), sound, atol=1e-6)
    silence = separate_sound(0 * sound, RATE_HZ, load_network(model, "cpu")[0])
    assert not any(stem.any() for stem in silence.values())


def test_every_stem_is_scored(model, songs, tmp_path, capsys):
    flags = ["--task", "stems", "--data", str(songs), "--model", str(model), "--device", "cpu"]
    assert evaluate_network(None, [*flags, "--csv", str(tmp_path / "e.csv")]) == 0
    rows = list(csv.DictReader((tmp_path / "e.csv").read_text().splitlines()))
    assert len(rows) == 2 * 3 * 5
    assert [row["source"] for row in rows[:5]] == [*STEM_SOURCES, "accompaniment"]
    shown = capsys.readouterr().out
    assert "those that the model's training set aside" in shown
    stems = next(song for song in find_songs([songs]) if song.name == "0 - song").read()
    found = separate_sound(stems.mixture, RATE_HZ, load_network(model, "cpu")[0])
    errors = {name: found[name] - stems.sources[name] for name in STEM_SOURCES}
    errors["accompaniment"] = errors["drums"] + errors["bass"] + errors["other"]
    by_source = {
        r["source"]: r for r in rows if (r["method"], r["song"]) == ("network", "0 - song")
    }
    for name, error in errors.items():
        assert float(by_source[name]["mse"]) == pytest.approx(np.mean(error**2), rel=1e-3)
    nothing_done = next(
        r for r in rows if (r["method"], r["source"]) == ("mixture", "accompaniment")
    )
    vocals = stems.sources["vocals"]
    assert nothing_done["song"] == "0 - song"
    assert float(nothing_done["mse"]) == pytest.approx(np.mean(vocals**2), rel=1e-3)
    assert re.search(r"^accompaniment +ideal mask +\S", shown, re.MULTILINE)


def test_a_model_is_needed_to_score_stems(songs, capsys):
    with pytest.raises(SystemExit):
        evaluate_network(None, ["--task", "stems", "--data", str(songs)])
    assert "--model" in capsys.readouterr().err


def test_a_dry_run_needs_no_songs(capsys, tmp_path):
    flags = ["--task", "stems", "--workspace", str(tmp_path), "--model", "waveunet"]
    assert train_network(None, [*flags, "--depth", "2", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "107 658" in shown
    assert "16 GB are full" in shown
    assert list(tmp_path.iterdir()) == []
    assert train_network(None, [*flags, "--depth", "9", "--dry-run"]) == 2
    assert train_network(None, flags) == 2
    assert "--data is missing" in capsys.readouterr().err


def test_cached_songs_turn_back_into_their_sound(songs, tmp_path):
    song = find_songs([songs])[0]
    (cached,) = cache_songs([song], CACHED, (1.0,), tmp_path, "")
    network = StemRecipe("waveunet", 3, "mse", 1, 1, 1e-3).network()
    whole = WholeSounds([cached], STEM_SOURCES, network)[0]
    stems = song.read()
    level = np.sqrt(np.mean(sum(stems.sources.values()) ** 2))
    for name, found in zip(STEM_SOURCES, whole[0].numpy(), strict=True):
        wanted = soxr.resample(stems.sources[name], RATE_HZ, CACHED.sample_rate_hz) / level
        found = found[:, network.margin :][:, : len(wanted) - 1100]
        np.testing.assert_allclose(
            found, wanted[: found.shape[1]].T, atol=0.01 * np.abs(wanted).max()
        )
    assert (whole.shape[-1] - 2 * network.margin) % network.step == 0


@pytest.mark.parametrize("kind", STEM_MODELS)
@pytest.mark.parametrize("depth", DEPTHS)
def test_an_example_suits_every_network(kind, depth):
    network = StemRecipe(kind, depth, "mse", 1, 1, 1e-3).network()
    assert network.margin <= LARGEST_MARGIN
    assert EXAMPLE_SAMPLES % network.step == 0


def test_a_training_step_hears_the_middle_of_an_example():
    network = StemRecipe("waveunet", 1, "mse", 1, 1, 1e-3).network()
    module = StemModule(network, "mse", 1e-3, 1)
    module.log = lambda *_, **__: None
    stems = torch.randn(1, 4, 2, EXAMPLE_SAMPLES + 2 * LARGEST_MARGIN)
    middle = slice(
        LARGEST_MARGIN - network.margin, LARGEST_MARGIN + EXAMPLE_SAMPLES + network.margin
    )
    true = stems[..., LARGEST_MARGIN : LARGEST_MARGIN + EXAMPLE_SAMPLES]
    wanted = STEM_LOSSES["mse"](network(stems.sum(dim=1)[..., middle]), true)
    torch.testing.assert_close(module.training_step(stems, 0), wanted)


def test_losses_by_hand():
    true = torch.tensor([[[[3.0, 0.0]], [[0.0, 4.0]]]])
    found = true + torch.tensor([[[[1.0, 1.0]], [[0.0, -2.0]]]])
    assert STEM_LOSSES["mse"](found, true).item() == pytest.approx((1 + 1 + 0 + 4) / 4)
    assert STEM_LOSSES["l1"](found, true).item() == pytest.approx((1 + 1 + 0 + 2) / 4)
    least = 0.003 * 25
    wanted = [10 * np.log10((e + least) / (p + least)) for e, p in ((2, 9), (4, 16))]
    assert STEM_LOSSES["sdr"](found, true).item() == pytest.approx(np.mean(wanted), rel=1e-5)


def test_spectra_of_an_example_last_as_long_as_it():
    spectra = torch.zeros(1, 1, 2, CACHED.n_bins, 39, dtype=torch.complex64)
    assert sound_of(spectra).shape[-1] == EXAMPLE_SAMPLES + 2 * LARGEST_MARGIN
