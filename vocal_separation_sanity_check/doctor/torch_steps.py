"""Run in a process of its own: a step of training on every device that PyTorch sees."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from vocal_separation_sanity_check.doctor.own_process import in_short, tell

ALIKE = 1e-2
"""How far the loss may be from the CPU's: devices round matrix products differently."""


def main() -> None:
    """Tell of each device whether a step works there."""
    # By its name: the engine does without it, and says so in pyproject.toml.
    torch = import_module("torch")
    expected = loss_after_a_step(torch, "cpu")
    for device in ["cpu", *accelerators(torch)]:
        try:
            loss = loss_after_a_step(torch, device)
            name = name_of(torch, device)
        except Exception as error:  # drivers raise whatever they like
            tell(device=device, name="", error=in_short(error))
            continue
        is_right = abs(loss - expected) <= ALIKE * expected
        wrong = f"a step gives a loss of {loss:.4g}, on the CPU {expected:.4g}"
        tell(device=device, name=name, error=None if is_right else wrong)


def accelerators(torch: Any) -> list[str]:
    """Name the devices that PyTorch sees beside the CPU."""
    if not torch.accelerator.is_available():
        return []
    kind = torch.accelerator.current_accelerator().type
    return [f"{kind}:{index}" for index in range(torch.accelerator.device_count())]


def name_of(torch: Any, device: str) -> str:
    """Give a device's own name where its kind has any."""
    own_name = getattr(getattr(torch, device.partition(":")[0], None), "get_device_name", None)
    return "" if own_name is None else str(own_name(device))


def loss_after_a_step(torch: Any, device: str) -> float:
    """Take one step of gradient descent with a small network, and give its loss after it."""
    torch.manual_seed(0)
    pictures = torch.randn(2, 1, 16, 16)
    layers = [torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 1, 1)]
    network = torch.nn.Sequential(*layers).to(device)
    pictures = pictures.to(device)
    descent = torch.optim.SGD(network.parameters(), lr=0.1)
    (network(pictures) - pictures).square().mean().backward()
    descent.step()
    return float((network(pictures) - pictures).square().mean())


if __name__ == "__main__":
    main()
