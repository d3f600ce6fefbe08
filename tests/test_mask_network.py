"""The networks between spectrogram and mask, and separating in blocks."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from song_sets import random_network

from unet.front_end import FrontEnd, mid_side
from unet.networks.jansson import Jansson
from unet.networks.mask_network import BODIES, log_powers
from unet.separating import block_masking
from unet.separating.torch_network import TorchNetwork
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.spectral import OverlapAdd, hann

BODY_NAMES = sorted(BODIES)


def some_spectra(network, n_windows, seed=0):
    shape = (1, network.front_end.n_channels, network.front_end.n_bins, n_windows)
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.complex64)


@pytest.mark.parametrize("body", BODY_NAMES)
@pytest.mark.parametrize("n_windows", [1, 100])
def test_masks_of_every_source_and_channel(body, n_windows):
    network = random_network(body, ("vocals", "drums", "bass", "other"))
    with torch.inference_mode():
        masks = network(some_spectra(network, n_windows))
    front_end = network.front_end
    assert masks.shape == (1, 4, front_end.n_channels, front_end.n_bins, n_windows)
    assert 0 <= masks.min() < masks.max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("body", BODY_NAMES)
def test_made_quick_computes_the_same(body):
    network = random_network(body)
    spectra = some_spectra(network, 70)
    with torch.inference_mode():
        plain = network(spectra)
        quick = network.made_quick()(spectra)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in _followers(network))
    assert plain.std() > 1e-3
    torch.testing.assert_close(quick, plain, atol=1e-5, rtol=0)


def _followers(network):
    for layers in network.modules():
        if isinstance(layers, torch.nn.Sequential):
            for first, second in itertools.pairwise(layers):
                if isinstance(first, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                    yield second


@pytest.mark.slow
@pytest.mark.parametrize("body", BODY_NAMES)
def test_context_is_wide_enough(body):
    network = random_network(body)
    context, multiple = network.context_windows, BODIES[body].window_multiple
    assert context % multiple == 0
    spectra = some_spectra(network, 2 * context + 2 * multiple)
    middle = slice(context, context + multiple)
    other = some_spectra(network, spectra.shape[-1], seed=1)
    other[..., : context + multiple + context] = spectra[..., : context + multiple + context]
    third = some_spectra(network, spectra.shape[-1], seed=2)
    third[..., context - context :] = spectra[..., context - context :]
    with torch.inference_mode():
        masks, changed_after = network(spectra), network(other)
        longer = network(torch.cat([third[..., :multiple], spectra], dim=-1))
    torch.testing.assert_close(changed_after[..., middle], masks[..., middle], atol=1e-6, rtol=0)
    shifted = longer[..., multiple + context : 2 * multiple + context]
    torch.testing.assert_close(shifted, masks[..., middle], atol=1e-6, rtol=0)


def test_features_are_log_power():
    network = random_network("tdf")
    spectra = some_spectra(network, 5)
    mid, side = spectra[0]
    wanted = torch.stack([part.abs() ** 2 for part in (mid, side, mid + side, mid - side)])
    found = log_powers(spectra)
    torch.testing.assert_close(found[0], torch.log(wanted + 1e-6), atol=1e-4, rtol=1e-4)


def test_jansson_is_the_papers():
    with torch.device("meta"):
        network = Jansson(1, 1, 512)
    shapes = [tuple(layer[0].weight.shape) for layer in network.down]
    widths = [1, 16, 32, 64, 128, 256, 512]
    assert shapes == [(b, a, 5, 5) for a, b in itertools.pairwise(widths)]
    assert all(layer[0].stride == (2, 2) for layer in (*network.down, *network.up))
    assert all(layer[2].negative_slope == 0.2 for layer in network.down)
    dropouts = [[m.p for m in layer if isinstance(m, torch.nn.Dropout)] for layer in network.up]
    assert dropouts == [[0.5], [0.5], [0.5], [], [], []]
    # One channel in and out, 512 x 128 patches, skip connections doubling the way up.
    assert [layer[0].weight.shape[0] for layer in network.up] == [512, 512, 256, 128, 64, 32]
    out = torch.empty(1, 1, 512, 128, device="meta")
    assert network(out).shape == out.shape
    usual = BODIES["jansson"].front_end
    assert usual == FrontEnd(8192, n_fft=1024, hop_length=768, n_bins=512)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_fft": 1 << 30}, "a transform of 1073741824, wanted 2 to 65536 samples"),
        ({"n_fft": 2048.0}, r"n_fft is 2048\.0, wanted a whole number"),
        ({"n_channels": True}, "n_channels is True, wanted a whole number"),
        ({"sample_rate_hz": 10**9}, "1000000000 samples a second, wanted 1000 to 1000000"),
        ({"hop_length": 2048}, "hop length is 2048, wanted 1 to 2047"),
        ({"n_bins": 1026}, "1026 bins, wanted 1 to 1025"),
    ],
)
def test_a_front_end_that_a_file_asks_for_has_limits(settings, message):
    with pytest.raises(InputError, match=message):
        replace(FrontEnd(8000, 2048, 512, 1025), **settings)


@pytest.mark.parametrize("hop_length", [512, 700, 1024])
def test_transform_and_back(hop_length):
    front_end = FrontEnd(8000, 2048, hop_length, 1025)
    sound = np.random.default_rng(0).normal(size=(2, 9001)).astype(np.float32)
    frames = front_end.frames(front_end.stft(sound)).swapaxes(0, 1)
    total = OverlapAdd(9001, hann(2048).astype(np.float32), n_channels=2)
    back = total.add(frames, np.arange(len(frames)) * hop_length - 1024, None)
    np.testing.assert_allclose(back, sound, atol=1e-5)


def separated(sound, network, piece=5000):
    pieces = (sound[i : i + piece] for i in range(0, len(sound), piece))
    level = float(np.sqrt(np.mean(sound**2)))
    return np.concatenate(
        list(block_masking.vocals_of(pieces, len(sound), level, TorchNetwork(network)))
    )


@pytest.mark.slow
@pytest.mark.parametrize("body", BODY_NAMES)
@pytest.mark.parametrize("n_channels", [1, 2])
def test_blocks_give_what_the_whole_gives(monkeypatch, body, n_channels):
    network = random_network(body)
    n_samples = int(3.3 * network.context_windows * network.front_end.hop_length)
    sound = np.random.default_rng(0).normal(0, 0.1, (n_samples, n_channels)).astype(np.float32)
    monkeypatch.setattr(block_masking, "BLOCK_IN_CONTEXTS", 100)
    whole = separated(sound, network, piece=n_samples)
    monkeypatch.setattr(block_masking, "BLOCK_IN_CONTEXTS", 1)
    in_blocks = separated(sound, network)
    assert whole.shape == in_blocks.shape == sound.shape
    assert whole.std() > 0.01
    np.testing.assert_allclose(in_blocks, whole, atol=1e-5)


@pytest.mark.parametrize("n_samples", [1, 100, 5000, 70001])
def test_a_mask_of_one_gives_the_sound_back(monkeypatch, n_samples):
    network = random_network("unet")
    with torch.no_grad():
        network.body.outc.conv.weight.zero_()
        network.body.outc.conv.bias.fill_(50)
    monkeypatch.setattr(block_masking, "BLOCK_IN_CONTEXTS", 1)
    sound = np.random.default_rng(0).normal(0, 0.1, (n_samples, 2)).astype(np.float32)
    np.testing.assert_allclose(separated(sound, network), sound, atol=1e-5)


@pytest.mark.slow
def test_no_more_is_held_for_a_longer_sound(monkeypatch):
    monkeypatch.setattr(block_masking, "BLOCK_IN_CONTEXTS", 1)
    network = random_network("unet")
    reach = 3 * network.context_windows * network.front_end.hop_length
    most = []
    for n_blocks in (4, 12):
        n_samples, ahead = n_blocks * reach // 3, [0]
        taken = given = 0

        def pieces(n_samples=n_samples):
            nonlocal taken
            for first in range(0, n_samples, 4096):
                piece = np.full((min(4096, n_samples - first), 1), 0.1, np.float32)
                taken += len(piece)
                yield piece

        for vocals in block_masking.vocals_of(pieces(), n_samples, 0.1, TorchNetwork(network)):
            ahead.append(taken - given)
            given += len(vocals)
        assert given == n_samples
        most.append(max(ahead))
    assert most[0] == most[1] < reach


@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_above_the_networks_bins_the_highest_decide(n_channels):
    network = TorchNetwork(random_network("tdf"))
    parts = np.random.default_rng(0).normal(size=(2, n_channels, 2049, 20))
    spectra = (parts[0] + 1j * parts[1]).astype(np.complex64)
    seen = spectra[:, :1024].copy()
    if n_channels != 2:
        mean = seen.mean(axis=0)
        seen = np.stack([mean, 0 * mean])
    masks = network.masks(seen)[: n_channels if n_channels == 2 else 1, :, 3:9]
    wanted = spectra[..., 3:9].copy()
    wanted[:, :1024] *= masks
    wanted[:, 1024:] *= masks[:, 1024 - 128 :].mean(axis=1, keepdims=True)
    found = block_masking.masked_windows(spectra, slice(3, 9), network)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_mid_side_and_back():
    sound = np.random.default_rng(0).normal(size=(2, 7))
    np.testing.assert_allclose(2 * mid_side(mid_side(sound)), sound)
