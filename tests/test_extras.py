"""What a user sees who has not installed the networks' libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

from vocal_separation_sanity_check.commands import Command

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "unet" / "vocals.safetensors"


@pytest.mark.parametrize(
    ("command", "arguments", "library", "extra"),
    [
        ("separate_vocals", "song.mp3", "onnxruntime", "separate"),
        ("separate_vocals", f"song.mp3 --model={WEIGHTS}", "torch", "unet"),
        ("train_network", "--epochs=1", "torch", "unet"),
        ("predict_masks", "-i=a.jpg -m=b.pth", "torch", "unet"),
        ("evaluate_network", "--model=b.pth", "torch", "unet"),
    ],
)
def test_a_missing_library_is_named_with_the_remedy(command, arguments, library, extra):
    code = f"""if True:
        import sys
        sys.modules["{library}"] = None
        from unet.commands import {command}
        sys.exit({command}(None, {arguments.split()}))"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {library} is missing; install it with: pip install"
        f" 'vocal-separation-sanity-check[{extra}]'\n"
    )


def test_a_missing_module_of_ours_is_a_bug():
    def broken():
        import vocal_separation_sanity_check.nothing  # noqa: F401

    with pytest.raises(ModuleNotFoundError):
        Command("x", "x", "", "", lambda _: None, broken)(None, [])
