"""A network in ONNX Runtime gives the masks that it gives in PyTorch."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch
from song_sets import DATA, needs_data, random_network, stems_of

from unet.model_files import load_model
from unet.networks import BODIES, MaskNetwork
from unet.separating import (
    SHIPPED_MODEL,
    SHIPPED_WEIGHTS,
    export_onnx,
    load_network,
    onnx_network,
    separate_sound,
)
from unet.separating.onnx_files import GRAPHS, SPECTRA
from unet.separating.torch_network import TorchNetwork
from unet.separating.write_graphs import exported
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import opened

pytestmark = pytest.mark.slow

NO_CUDA = "CUDAExecutionProvider" not in onnxruntime.get_available_providers()


def some_spectra(front_end, n_windows):
    """Like a song's: loud and soft bins, with silence among them."""
    rng = np.random.default_rng(0)
    shape = (front_end.n_channels, front_end.n_bins, n_windows)
    parts = rng.normal(size=(2, *shape)) * 10 ** rng.uniform(-4, 1, shape)
    parts[:, :, 3:9] = 0
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


def some_network(body):
    """As train.py makes it, with random weights and lived-in statistics, for two sources."""
    torch.manual_seed(0)
    network = MaskNetwork(body, vars(BODIES[body].front_end), ("vocals", "drums"))
    for name, tensor in network.state_dict().items():
        if name.endswith("running_mean") or "mixing" in name:
            tensor.normal_(0, 0.05)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
    return network.eval()


@pytest.fixture(scope="module", params=sorted(BODIES))
def both(request, tmp_path_factory):
    network = some_network(request.param)
    path = tmp_path_factory.mktemp("model") / "m.onnx"
    export_onnx(path, network, {"epoch": 3})
    return path, network


@pytest.mark.parametrize("n_windows", [1, 2, 70, 193])
def test_every_network_gives_the_masks_that_it_gives_in_pytorch(both, n_windows):
    path, network = both
    found, metadata = load_network(path, "cpu")
    assert metadata == {"epoch": 3}
    assert (found.front_end, found.context_windows) == (network.front_end, network.context_windows)
    spectra = some_spectra(network.front_end, n_windows)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(spectra)[None])[0, 0].numpy()
    assert wanted.std() > 1e-3
    np.testing.assert_allclose(found.masks(spectra), wanted, atol=4e-6)


@pytest.mark.thorough
def test_the_graphs_are_what_pytorch_exports(both):
    """They lie in the tree without weights; here they are made anew, with weights, and run."""
    path, network = both
    anew = onnxruntime.InferenceSession(exported(network))
    shipped, _ = load_network(path, "cpu")
    spectra = some_spectra(network.front_end, 2 * network.window_multiple)
    parts = np.stack([spectra.real, spectra.imag]).swapaxes(2, 3)
    (wanted,) = anew.run(None, {SPECTRA: parts})
    np.testing.assert_allclose(shipped.masks(spectra), wanted.swapaxes(1, 2), atol=1e-6)


def test_exporting_leaves_the_network_as_it_is(both):
    _, network = both
    assert any(isinstance(part, torch.nn.BatchNorm2d) for part in network.modules())
    assert network.sources == ("vocals", "drums")
    spectra = torch.from_numpy(some_spectra(network.front_end, 3))[None]
    assert network(spectra).shape[1] == 2


def test_there_is_a_graph_for_every_network_and_no_other():
    assert {path.stem for path in GRAPHS.iterdir()} == set(BODIES)


def test_only_networks_as_train_makes_them_are_exported(tmp_path):
    with pytest.raises(InputError, match="no graph for this network"):
        export_onnx(tmp_path / "m.onnx", random_network("tdf"), {})
    network = some_network("jansson")
    network.front_end = replace(network.front_end, hop_length=512)
    with pytest.raises(InputError, match="no graph for this network"):
        export_onnx(tmp_path / "m.onnx", network, {})


def test_the_shipped_file_is_the_export_of_the_shipped_weights(tmp_path):
    model = load_model(SHIPPED_WEIGHTS, "vocals")
    export_onnx(tmp_path / "m.onnx", model.network, model.metadata)
    shipped, metadata = load_network(SHIPPED_MODEL, "cpu")
    anew, _ = load_network(tmp_path / "m.onnx", "cpu")
    assert metadata == model.metadata
    spectra = some_spectra(shipped.front_end, 400)
    masks = shipped.masks(spectra)
    assert masks.std() > 0.01
    np.testing.assert_array_equal(masks, anew.masks(spectra))
    weights = TorchNetwork(model.network)
    np.testing.assert_allclose(masks, weights.masks(spectra), atol=4e-6)


def vocals_by(path, sound):
    return separate_sound(sound, 44100, load_network(path, "cpu")[0])["vocals"]


def test_vocals_are_those_of_pytorch():
    sound = sum(stems_of(3, 8.0).values()).astype(np.float32)
    found, wanted = (vocals_by(path, sound) for path in (None, SHIPPED_WEIGHTS))
    assert 20 * np.log10((found - wanted).std() / wanted.std()) < -110


@needs_data
def test_real_vocals_are_those_of_pytorch():
    for song in sorted((DATA / "pairs").glob("*_100-full.flac"))[:2]:
        with opened(song) as file:
            sound = np.concatenate(list(file.chunks(dtype="float32")))
        found, wanted = (vocals_by(path, sound) for path in (None, SHIPPED_WEIGHTS))
        assert 20 * np.log10((found - wanted).std() / wanted.std()) < -110


def test_the_number_of_cores_does_not_matter(monkeypatch):
    masks = []
    for n_cores in (1, 2, 3, 6, 16, 17):
        monkeypatch.setattr(onnx_network, "_n_cores", lambda n=n_cores: n)
        network, _ = load_network(None, "cpu")
        masks.append([network.masks(some_spectra(network.front_end, n)) for n in (20, 300)])
    for others in masks[1:]:
        assert all((a == b).all() for a, b in zip(others, masks[0], strict=True))


@pytest.mark.skipif(not NO_CUDA or torch.cuda.is_available(), reason="there is CUDA here")
def test_a_device_that_is_not_there_is_told():
    for model in (SHIPPED_MODEL, None, SHIPPED_WEIGHTS):
        wanted = (
            "ONNX Runtime has no cuda here" if model == SHIPPED_MODEL else "no cuda device here"
        )
        with pytest.raises(InputError, match=wanted):
            load_network(model, "cuda")
