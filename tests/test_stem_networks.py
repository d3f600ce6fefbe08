"""Networks for stems: shapes, what they hear, sums, gradients, blocks, and what they cost."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from unet.networks import DEPTHS, SpectrogramUNet, WaveUNet
from unet.separating.stem_separator import StemSeparator
from unet.songs.stem_losses import STEM_LOSSES
from unet.songs.stem_training import STEM_SOURCES, StemRecipe
from unet.songs.step_cost import CARDS_GB, step_cost, told_cost
from vocal_separation_sanity_check.errors import InputError

KINDS = [WaveUNet, SpectrogramUNet]
EVERY = [(kind, depth) for kind in KINDS for depth in DEPTHS]


def network_of(kind, depth, sources=STEM_SOURCES):
    torch.manual_seed(depth)
    network = kind(sources, depth, base_channels=2)
    network.train()
    network(torch.randn(1, 2, 8 * network.step + 2 * network.margin))  # statistics to live with
    return network.eval()


def sound_for(network, n_samples, n_examples=1):
    return torch.randn(n_examples, 2, n_samples + 2 * network.margin)


@pytest.mark.parametrize(("kind", "depth"), EVERY)
def test_stems_have_their_shape_and_sum_to_the_sound(kind, depth):
    network = network_of(kind, depth)
    n_samples = 6 * network.step
    sound = sound_for(network, n_samples, 2)
    with torch.no_grad():
        stems = network(sound)
    assert stems.shape == (2, 4, 2, n_samples)
    heard = sound[..., network.margin : network.margin + n_samples]
    torch.testing.assert_close(stems.sum(dim=1), heard, atol=2e-6, rtol=0)


@pytest.mark.parametrize(
    ("kind", "depth"), [(kind, depth) for kind in KINDS for depth in (1, 2, 3)]
)
def test_the_receptive_field_is_what_gradients_reach(kind, depth):
    network = network_of(kind, depth)
    n_samples = 2 * network.reach + 2 * network.stride
    sound = sound_for(network, n_samples).requires_grad_()
    stems = network(sound)
    # Masks belong to windows: of the spectrogram, one sample a window is enough.
    every = network.step if kind is SpectrogramUNet else 1
    reached = []
    for index in range(network.reach, network.reach + network.stride, every):
        (gradient,) = torch.autograd.grad(
            stems[0, 0, :, index + every // 2].sum(), sound, retain_graph=True
        )
        heard = gradient[0].abs().sum(dim=0).nonzero()[:, 0]
        reached.append(int(heard[-1] - heard[0]) + 1)
    assert max(reached) == network.receptive_field


def test_a_sample_hears_both_sides_alike():
    network = network_of(WaveUNet, 4)
    sound = sound_for(network, 4 * network.stride).requires_grad_()
    index = 2 * network.stride
    (gradient,) = torch.autograd.grad(network(sound)[0, 0, 0, index], sound)
    heard = gradient[0].abs().sum(dim=0).nonzero()[:, 0] - network.margin - index
    assert abs(int(heard[0] + heard[-1])) <= network.stride


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", STEM_LOSSES)
def test_gradients_are_those_of_the_loss(kind, loss):
    network = network_of(kind, 2).double()
    sound = sound_for(network, 4 * network.step).double()
    true = torch.randn(1, 4, 2, 4 * network.step, dtype=torch.float64)
    weights = [w for w in network.parameters() if w.requires_grad]
    value = STEM_LOSSES[loss](network(sound), true)
    gradients = torch.autograd.grad(value, weights)
    towards = [torch.randn_like(w) for w in weights]
    expected = sum(float((g * t).sum()) for g, t in zip(gradients, towards, strict=True))
    values = []
    with torch.no_grad():
        for step in (1e-5, -2e-5):
            for weight, direction in zip(weights, towards, strict=True):
                weight += step * direction
            values.append(float(STEM_LOSSES[loss](network(sound), true)))
    assert (values[0] - values[1]) / 2e-5 == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(
    ("kind", "depth"), [(WaveUNet, 1), (WaveUNet, 8), (SpectrogramUNet, 1), (SpectrogramUNet, 3)]
)
def test_blocks_give_what_the_whole_gives(kind, depth, monkeypatch):
    from unet.separating import stem_separator

    network = network_of(kind, depth)
    n_samples = 50_001
    sound = np.random.default_rng(0).normal(0, 0.1, (n_samples, 2)).astype(np.float32)

    def found(block_samples, chunk):
        monkeypatch.setattr(stem_separator, "BLOCK_SAMPLES", block_samples)
        chunks = (sound[first : first + chunk] for first in range(0, n_samples, chunk))
        return np.concatenate(list(StemSeparator(network).separated(chunks, n_samples, 0.1)))

    whole = found(1 << 20, n_samples)
    assert whole.shape == (n_samples, 6)
    assert whole.std() > 1e-3
    np.testing.assert_allclose(found(1 << 12, 777), whole, atol=1e-5)


def test_channels_other_than_two_are_heard_one_by_one():
    network = network_of(WaveUNet, 2)
    sound = np.random.default_rng(0).normal(0, 0.1, (3000, 3)).astype(np.float32)

    def found(channels):
        return next(StemSeparator(network).separated([sound[:, channels]], 3000, 0.1))

    three, last = found([0, 1, 2]), found([2])
    assert three.shape == (3000, 9)
    np.testing.assert_allclose(three[:, 2::3], last, atol=1e-6)


@pytest.mark.parametrize("recipe", [("waveunet", 4), ("unet", 3)])
def test_one_second_can_be_learnt_by_heart(recipe):
    torch.manual_seed(0)
    network = StemRecipe(*recipe, "mse", 1, 1, 1e-3).network()
    n_samples = 43 * 512
    time = torch.arange(n_samples + 2 * network.margin) / 22050
    tones = [torch.sin(2 * torch.pi * f * time + f) for f in (220.0, 523.0, 1318.0, 3136.0)]
    stems = torch.stack(tones)[None, :, None].expand(-1, -1, 2, -1)
    true = stems[..., network.margin : network.margin + n_samples]
    network.calibrate(stems.sum(dim=1))
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(150):
        loss = STEM_LOSSES["mse"](network(stems.sum(dim=1)), true)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if losses[-1] < 0.01 * losses[0]:
            break
    assert losses[-1] < 0.01 * losses[0]


MEASURED = """
import sys, torch
from unet.songs.stem_examples import EXAMPLE_SAMPLES
from unet.songs.stem_training import StemRecipe

def kilobytes(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field))

torch.set_num_threads(1)
model, depth, n_examples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
small = StemRecipe(model, 1, "mse", 1, 1, 1e-3).network()  # what libraries load and keep
small(torch.randn(1, 2, 2048 + 2 * small.margin)).sum().backward()
del small
before = kilobytes("VmRSS")
network = StemRecipe(model, depth, "mse", 1, 1, 1e-3).network()
optimizer = torch.optim.AdamW(network.parameters(), foreach=False)
for _ in range(2):
    sound = torch.randn(n_examples, 2, EXAMPLE_SAMPLES + 2 * network.margin)
    true = torch.randn(n_examples, 4, 2, EXAMPLE_SAMPLES)
    (network(sound) - true).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()
print(1024 * (kilobytes("VmHWM") - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures as Linux tells it")
@pytest.mark.parametrize(
    ("model", "depth"),
    [("waveunet", 4), pytest.param("unet", 3, marks=pytest.mark.thorough)],
)
def test_the_memory_of_a_step_is_known_before(model, depth, monkeypatch):
    # An allocator that gives memory back at once: what is measured is what is needed.
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        monkeypatch.setenv(name, "65536")
    command = [sys.executable, "-c", MEASURED, model, str(depth), "6"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    cost = step_cost(StemRecipe(model, depth, "mse", 1, 1, 1e-3).network(), "mse")
    assert cost.memory_bytes(6) == pytest.approx(int(run.stdout), rel=0.15)


def test_what_a_network_costs_is_told():
    recipe = StemRecipe("waveunet", 1, "mse", 1, 8, 1e-3)
    cost = step_cost(recipe.network(), "mse")
    # By hand: 15 taps from 2 to 24 and from 24 to 48, every other sample; 5 from 72 to 24; 26 to 6.
    assert cost.n_parameters == (30 * 24 + 24) + (360 * 48 + 48) + (360 * 24 + 24) + (26 * 6 + 6)
    by_hand = 22050 * (30 * 24 + 360 * 48 / 2 + 360 * 24 + 26 * 6)
    assert cost.multiply_adds_per_s == pytest.approx(by_hand, rel=0.01)
    fits = cost.largest_batch(8e9)
    assert cost.memory_bytes(fits) <= 8e9 < cost.memory_bytes(fits + 1)
    lines = told_cost(recipe).splitlines()
    assert [line.split()[0] for line in lines[-len(CARDS_GB) :]] == [str(gb) for gb in CARDS_GB]


def test_what_cannot_be_a_network():
    with pytest.raises(InputError, match="depth is 9, wanted 1 to 8"):
        WaveUNet(STEM_SOURCES, 9)
    with pytest.raises(InputError, match="two or more, all different"):
        SpectrogramUNet(("vocals", "vocals"), 2)
