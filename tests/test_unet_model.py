"""The U-Net against the public one: names, shapes, and what it computes."""

import pytest
import torch
from torch.nn import functional

from unet import UNet


def normalised_block(state, prefix, x):
    """Two convolutions with batch normalisation and ReLU, from the state dict alone."""
    for convolution, norm in ((0, 1), (3, 4)):
        at = f"{prefix}.{norm}"
        x = functional.conv2d(x, state[f"{prefix}.{convolution}.weight"], padding=1)
        x = functional.batch_norm(
            x,
            state[f"{at}.running_mean"],
            state[f"{at}.running_var"],
            state[f"{at}.weight"],
            state[f"{at}.bias"],
        )
        x = functional.relu(x)
    return x


def public_forward(state, x):
    """The forward pass of the public network, written out."""
    skips = [normalised_block(state, "inc.double_conv", x)]
    for number in range(1, 5):
        pooled = functional.max_pool2d(skips[-1], 2)
        skips.append(normalised_block(state, f"down{number}.maxpool_conv.1.double_conv", pooled))
    x = skips.pop()
    for number in range(1, 5):
        skip = skips.pop()
        if f"up{number}.up.weight" in state:
            weight, bias = (state[f"up{number}.up.{name}"] for name in ("weight", "bias"))
            x = functional.conv_transpose2d(x, weight, bias, stride=2)
        else:
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
        rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
        x = functional.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        x = normalised_block(state, f"up{number}.conv.double_conv", torch.cat([skip, x], dim=1))
    return functional.conv2d(x, state["outc.conv.weight"], state["outc.conv.bias"])


def with_lived_in_norms(network):
    """Move the running statistics off 0 and 1, where a swapped pair would go unseen."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_mean"):
            tensor.copy_(torch.randn(tensor.shape, generator=generator) / 10)
        elif name.endswith("running_var"):
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
    return network.eval()


@pytest.mark.slow
@pytest.mark.parametrize("bilinear", [False, True])
@pytest.mark.parametrize("size", [(48, 64), (37, 53), (16, 31)])
def test_computes_what_the_public_one_does(bilinear, size):
    torch.manual_seed(0)
    network = with_lived_in_norms(UNet(3, 2, bilinear, base_channels=8))
    pictures = torch.rand(2, 3, *size)
    with torch.inference_mode():
        ours, theirs = network(pictures), public_forward(network.state_dict(), pictures)
    assert ours.shape == (2, 2, *size)
    assert ours.std() > 1e-3
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "n_weights"),
    [((3, 2), 31_037_698), ((3, 1, False, 32), 7_763_041), ((3, 1, True), 17_262_977)],
)
def test_has_as_many_weights(arguments, n_weights):
    with torch.device("meta"):
        network = UNet(*arguments)
    assert sum(weight.numel() for weight in network.parameters()) == n_weights


def test_names_and_shapes():
    with torch.device("meta"):
        shapes = {name: tuple(t.shape) for name, t in UNet(3, 2).state_dict().items()}
    for name, shape in {
        "inc.double_conv.0.weight": (64, 3, 3, 3),
        "inc.double_conv.4.running_var": (64,),
        "down1.maxpool_conv.1.double_conv.0.weight": (128, 64, 3, 3),
        "down4.maxpool_conv.1.double_conv.3.weight": (1024, 1024, 3, 3),
        "up1.up.weight": (1024, 512, 2, 2),
        "up1.conv.double_conv.0.weight": (512, 1024, 3, 3),
        "up4.conv.double_conv.1.num_batches_tracked": (),
        "outc.conv.weight": (2, 64, 1, 1),
        "outc.conv.bias": (2,),
    }.items():
        assert shapes[name] == shape, name
    assert len(shapes) == 18 * 6 + 4 * 2 + 2
    assert "inc.double_conv.0.bias" not in shapes


@pytest.mark.parametrize("size", [(1, 1), (15, 40), (100, 3)])
def test_takes_any_size(size):
    network = UNet(1, 1, base_channels=2).eval()
    with torch.inference_mode():
        scores = network(torch.rand(1, 1, *size))
    assert scores.shape == (1, 1, *size)
    assert torch.isfinite(scores).all()
