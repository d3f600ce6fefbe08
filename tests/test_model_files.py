"""Model files: what comes back, and what is refused."""

import os
import pickle
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path

import pytest
import safetensors.torch
import torch
from song_sets import random_network

from unet import UNet
from unet.model_files import ARCHITECTURES, MODEL_FORMAT, load_model, save_model
from unet.networks import BODIES
from unet.pictures import load_unet
from unet.separating import load_network
from vocal_separation_sanity_check.errors import InputError

SHAPE = {"n_channels": 3, "n_classes": 2, "bilinear": False, "base_channels": 4}
TRANSFORM = ("sample_rate_hz", "n_fft", "hop_length")
SETTINGS = {"task": "cars", "architecture": "unet", "network": SHAPE}


def scores_of(network):
    with torch.inference_mode():
        return network.eval()(torch.full((1, 3, 20, 20), 0.5))


@pytest.fixture
def saved(tmp_path):
    network = UNet(**SHAPE)
    path = tmp_path / "model.safetensors"
    save_model(path, network, SETTINGS, {"training_data": [{"name": "drawn", "licence": "MIT"}]})
    return path, network


def test_round_trip(saved):
    path, network = saved
    model = load_model(path, "cars")
    assert model.settings == SETTINGS
    assert model.metadata["training_data"][0]["licence"] == "MIT"
    assert not model.network.training
    assert torch.equal(scores_of(model.network), scores_of(network))


def test_name_does_not_matter(saved):
    path, _ = saved
    assert load_model(path.rename(path.with_suffix(".pth")), "cars").settings == SETTINGS


@pytest.mark.slow
@pytest.mark.parametrize("bilinear", [False, True])
@pytest.mark.parametrize("mask_values", [None, [0, 255], [[0, 0, 0], [255, 0, 9]]])
@pytest.mark.parametrize("zipped", [True, False])
def test_public_checkpoints(tmp_path, bilinear, mask_values, zipped):
    network = UNet(3, 5, bilinear, base_channels=4)
    state = network.state_dict()
    if mask_values is not None:
        state["mask_values"] = mask_values
    torch.save(state, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    model = load_model(tmp_path / "a.pth", "cars")
    assert model.metadata == ({} if mask_values is None else {"mask_values": mask_values})
    assert model.settings["network"] == {**SHAPE, "n_classes": 5, "bilinear": bilinear}
    assert torch.equal(scores_of(model.network), scores_of(network))


def test_half_precision_comes_back_single(tmp_path):
    save_model(tmp_path / "half.safetensors", UNet(**SHAPE).half(), SETTINGS, {})
    network = load_model(tmp_path / "half.safetensors", "cars").network
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}


class Payload:
    def __reduce__(self):
        return (Path.touch, (Path("ran"),))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("protocol", [2, 4])
def test_code_is_not_run(tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    torch.save({**UNet(**SHAPE).state_dict(), "mask_values": Payload()}, "zipped.pth")
    Path("plain.pth").write_bytes(pickle.dumps({"a": Payload()}, protocol=protocol))
    torch.save(UNet(**SHAPE), "whole.pth")
    for name in ("zipped.pth", "plain.pth", "whole.pth"):
        with pytest.raises(InputError, match="holds more than weights"):
            load_model(Path(name), "cars")
    assert not Path("ran").exists()


def test_other_pickle_protocols_are_read_without_a_word(tmp_path):
    torch.save(UNet(**SHAPE).state_dict(), tmp_path / "a.pth", pickle_protocol=3)
    code = """if True:
        import sys
        from pathlib import Path
        from unet.model_files import load_model
        print(load_model(Path(sys.argv[1]), "cars").settings["task"])"""
    arguments = [sys.executable, "-c", code, str(tmp_path / "a.pth")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("cars\n", "")


def test_reading_switches_no_filters_of_warnings(tmp_path, monkeypatch):
    """They are the whole process's; switching them in threads leaves the wrong ones behind."""
    torch.save(UNet(**SHAPE).state_dict(), tmp_path / "a.pth")
    seen = []
    really_load = torch.load

    def noting(*arguments, **options):
        seen.append(list(warnings.filters))
        return really_load(*arguments, **options)

    monkeypatch.setattr(torch, "load", noting)
    load_model(tmp_path / "a.pth", "cars")
    assert seen == [warnings.filters]


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("kept", [9, 0.1, 0.5, 0.99])
def test_truncated(tmp_path, saved, suffix, kept):
    path, network = saved
    if suffix == ".pth":
        path = tmp_path / "a.pth"
        torch.save(network.state_dict(), path)
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept > 1 else int(kept * len(content))])
    with pytest.raises(InputError, match=r"truncated|damaged"):
        load_model(path, "cars")


@pytest.mark.parametrize("content", [b"RIFF\x00\x00\x00\x00WAVEfmt ", b"\x00", b"# Model\n"])
def test_not_a_model(tmp_path, content):
    (tmp_path / "song.wav").write_bytes(content)
    with pytest.raises(InputError, match="not a model file"):
        load_model(tmp_path / "song.wav", "cars")


def test_missing_and_empty(tmp_path):
    with pytest.raises(InputError, match="cannot read the model file"):
        load_model(tmp_path / "none.pth", "cars")
    with pytest.raises(InputError, match="cannot read the model file"):
        load_model(tmp_path, "cars")
    (tmp_path / "empty.pth").touch()
    with pytest.raises(InputError, match="is empty"):
        load_model(tmp_path / "empty.pth", "cars")


def test_other_architectures(tmp_path):
    torch.save(torch.nn.Linear(3, 4).state_dict(), tmp_path / "linear.pth")
    with pytest.raises(InputError, match="another network than the U-Net"):
        load_model(tmp_path / "linear.pth", "cars")
    state = UNet(**SHAPE).state_dict()
    del state["up1.up.bias"]
    torch.save(state, tmp_path / "incomplete.pth")
    with pytest.raises(InputError, match=r"another network than UNet: 1 weights .* up1\.up\.bias"):
        load_model(tmp_path / "incomplete.pth", "cars")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(InputError, match="holds a list"):
        load_model(tmp_path / "list.pth", "cars")


def test_weights_of_other_programs(tmp_path):
    path = tmp_path / "theirs.safetensors"
    safetensors.torch.save_file({"a": torch.zeros(3)}, path)
    with pytest.raises(InputError, match="another program"):
        load_model(path, "cars")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({**SETTINGS, "task": "vocals"}, "a model for vocals, wanted one for cars"),
        ({**SETTINGS, "architecture": "os:system"}, "known are: unet"),
        ({**SETTINGS, "network": {**SHAPE, "depth": 9}}, "settings that UNet does not know"),
        ({**SETTINGS, "network": {**SHAPE, "n_classes": "two"}}, "settings that UNet does not"),
        ({**SETTINGS, "network": {**SHAPE, "base_channels": 10**6}}, "another network than UNet"),
        ({"task": "cars", "architecture": "unet"}, "settings that UNet does not know"),
    ],
)
def test_wrong_settings(tmp_path, settings, message):
    save_model(tmp_path / "m.safetensors", UNet(**SHAPE), settings, {})
    with pytest.raises(InputError, match=message):
        load_model(tmp_path / "m.safetensors", "cars")


def test_every_architecture_is_where_files_look_for_it():
    for place in ARCHITECTURES.values():
        module, name = place.split(":")
        assert issubclass(getattr(import_module(module), name), torch.nn.Module)


def test_a_song_model_is_pointed_elsewhere(saved):
    path, _ = saved
    with pytest.raises(InputError, match=r"vocals and stems for separate\.py"):
        load_model(path, "vocals")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs umasks and pipes with names")
def test_others_may_read_a_model_where_they_may_read_other_files(tmp_path, saved):
    (tmp_path / "other").touch()
    assert saved[0].stat().st_mode == (tmp_path / "other").stat().st_mode
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="it is a pipe, wanted a file"):
        load_model(tmp_path / "pipe", "cars")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(tmp_path, bad):
    network = UNet(**SHAPE)
    network.outc.conv.bias.data[0] = bad
    save_model(tmp_path / "a.safetensors", network, SETTINGS, {})
    with pytest.raises(InputError, match="weights that are NaN or infinite"):
        load_model(tmp_path / "a.safetensors", "cars")


def test_settings_without_end(tmp_path):
    text = {"format": MODEL_FORMAT, "settings": "[" * 99_999, "metadata": "{}"}
    tensors = safetensors.torch.save({"a": torch.zeros(1)}, text)
    (tmp_path / "a.safetensors").write_bytes(tensors)
    with pytest.raises(InputError, match="unreadable settings"):
        load_model(tmp_path / "a.safetensors", "cars")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"outc.conv.bias": torch.zeros(2, dtype=torch.int64)},
        {"outc.conv.bias": torch.zeros(2, dtype=torch.complex64)},
        {"outc.conv.bias": torch.zeros(2).to_sparse()},
        {"outc.conv.bias": "text"},
        {"outc.conv.weight": torch.tensor(1.0)},
        {7: torch.zeros(2), "more": torch.zeros(2)},
    ],
)
def test_weights_of_another_kind(tmp_path, spoilt):
    torch.save({**UNet(**SHAPE).state_dict(), **spoilt}, tmp_path / "a.pth")
    with pytest.raises(InputError, match="holds another network than"):
        load_model(tmp_path / "a.pth", "cars")


@pytest.mark.parametrize("values", [5, [], [[[0]]], [[0, 1]], "white", [300], torch.zeros(2, 2)])
def test_mask_values_that_are_none(tmp_path, values):
    torch.save({**UNet(**SHAPE).state_dict(), "mask_values": values}, tmp_path / "a.pth")
    with pytest.raises(InputError, match="mask values"):
        load_unet(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("body", "wishes", "message"),
    [
        ("tdf", {"sample_rate_hz": 0}, "0 samples a second, wanted 1000"),
        ("tdf", {"sample_rate_hz": True}, "sample_rate_hz is True, wanted a whole number"),
        ("tdf", {"n_fft": 2**40}, "a transform of 1099511627776, wanted 2 to 65536"),
        ("tdf", {"hop_length": 1.5}, "hop_length is 1.5, wanted a whole number"),
        ("tdf", {"body_options": {"widths": []}}, "settings that MaskNetwork does not know"),
        ("none", {}, "settings that MaskNetwork does not know"),
    ],
)
def test_settings_of_song_models_that_are_none(tmp_path, body, wishes, message):
    shape = {"body": body, "front_end": vars(BODIES["tdf"].front_end), "sources": ["vocals"]}
    shape |= {"body_options": wishes.get("body_options")}
    shape["front_end"] = shape["front_end"] | {k: v for k, v in wishes.items() if k in TRANSFORM}
    settings = {"task": "vocals", "architecture": "mask", "network": shape}
    save_model(tmp_path / "m.safetensors", random_network("tdf"), settings, {})
    with pytest.raises(InputError, match=message):
        load_network(tmp_path / "m.safetensors", "cpu")


def test_a_network_for_pictures_that_claims_to_be_for_songs(tmp_path):
    settings = SETTINGS | {"task": "vocals"}
    save_model(tmp_path / "m.safetensors", UNet(**SHAPE), settings, {})
    with pytest.raises(InputError, match="for vocals, and holds another network"):
        load_network(tmp_path / "m.safetensors", "cpu")
