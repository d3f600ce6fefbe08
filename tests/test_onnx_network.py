"""A network in ONNX Runtime gives the masks that it gives in PyTorch."""

import numpy as np
import onnxruntime
import pytest
import torch
from song_sets import DATA, needs_data, random_network, stems_of

from unet.model_files import load_model
from unet.networks import BODIES
from unet.separating import (
    SHIPPED_MODEL,
    SHIPPED_WEIGHTS,
    export_onnx,
    load_network,
    onnx_network,
    separate_sound,
)
from unet.separating.onnx_checks import OPERATORS
from unet.separating.onnx_schema import model_message
from unet.separating.torch_network import TorchNetwork
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import opened

pytestmark = pytest.mark.slow

BODY_NAMES = sorted(BODIES)
NO_CUDA = "CUDAExecutionProvider" not in onnxruntime.get_available_providers()


def some_spectra(front_end, n_windows):
    """Like a song's: loud and soft bins, with silence among them."""
    rng = np.random.default_rng(0)
    shape = (front_end.n_channels, front_end.n_bins, n_windows)
    parts = rng.normal(size=(2, *shape)) * 10 ** rng.uniform(-4, 1, shape)
    parts[:, :, 3:9] = 0
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


@pytest.fixture(scope="module", params=BODY_NAMES)
def exported(request, tmp_path_factory):
    network = random_network(request.param, ("vocals", "drums"))
    path = tmp_path_factory.mktemp(request.param) / "m.onnx"
    export_onnx(path, network, {"epoch": 3})
    return path, network


def operators_of(path):
    model = model_message().FromString(path.read_bytes())
    return {node.op_type for node in model.graph.node}


@pytest.mark.parametrize("n_windows", [1, 2, 70, 193])
def test_every_network_gives_the_masks_that_it_gave_before(exported, n_windows):
    path, network = exported
    found, metadata = load_network(path, "cpu")
    assert metadata == {"epoch": 3}
    assert (found.front_end, found.context_windows) == (network.front_end, network.context_windows)
    spectra = some_spectra(network.front_end, n_windows)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(spectra)[None])[0, 0].numpy()
    assert wanted.std() > 1e-4
    np.testing.assert_allclose(found.masks(spectra), wanted, atol=2e-6)


def test_exporting_leaves_the_network_as_it_is(exported):
    _, network = exported
    again = random_network(next(name for name in BODY_NAMES if name in str(exported[0].parent)))
    assert list(network.state_dict())[:9] == list(again.state_dict())[:9]
    assert any(isinstance(part, torch.nn.BatchNorm2d) for part in network.modules())


def test_a_file_does_not_say_where_it_was_made(exported):
    content = exported[0].read_bytes()
    assert b"site-packages" not in content
    assert b".py" not in content


def test_no_operation_is_allowed_that_no_network_has(tmp_path):
    found = operators_of(SHIPPED_MODEL)
    for body in BODY_NAMES:
        export_onnx(tmp_path / "m.onnx", random_network(body), {})
        found |= operators_of(tmp_path / "m.onnx")
    assert found == set(OPERATORS.split())


def test_the_shipped_file_is_the_export_of_the_shipped_weights(tmp_path):
    model = load_model(SHIPPED_WEIGHTS, "vocals")
    export_onnx(tmp_path / "m.onnx", model.network, model.metadata)
    shipped, metadata = load_network(SHIPPED_MODEL, "cpu")
    anew, _ = load_network(tmp_path / "m.onnx", "cpu")
    assert metadata == model.metadata
    spectra = some_spectra(shipped.front_end, 400)
    masks = shipped.masks(spectra)
    assert masks.std() > 0.01
    np.testing.assert_allclose(masks, anew.masks(spectra), atol=1e-6)
    weights = TorchNetwork(model.network)
    np.testing.assert_allclose(masks, weights.masks(spectra), atol=4e-6)


def vocals_by(path, sound):
    return separate_sound(sound, 44100, load_network(path, "cpu")[0])


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
