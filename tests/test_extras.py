"""What a user sees who has not installed the networks' libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

from vocal_separation_sanity_check.commands import Command

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("separate_vocals", "song.mp3"),
        ("train_network", "--epochs=1"),
        ("predict_masks", "-i=a.jpg -m=b.pth"),
        ("evaluate_network", "--task=vocals --data=songs"),
    ],
)
def test_a_missing_library_is_named_with_the_remedy(command, arguments):
    code = f"""if True:
        import sys
        sys.modules["torch"] = None
        from unet.commands import {command}
        sys.exit({command}(None, {arguments.split()}))"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert done.stderr == (
        "error: torch is missing; install it with: pip install"
        " 'vocal-separation-sanity-check[unet]'\n"
    )


def test_a_missing_module_of_ours_is_a_bug():
    def broken():
        import vocal_separation_sanity_check.nothing  # noqa: F401

    with pytest.raises(ModuleNotFoundError):
        Command("x", "x", "", "", lambda _: None, broken)(None, [])
