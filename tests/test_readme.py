"""The README against what exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
ENGINE_TEXT = re.sub(r"\n## No acapella.*?(?=\n## )", "", TEXT, flags=re.DOTALL)
NETWORK_SCRIPTS = ("train.py", "evaluate.py", "predict.py", "separate.py")
SCRIPTS = sorted({name for name in re.findall(r"python (\w+\.py)", TEXT)})


def test_its_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"make (demo|test|bench|lint|cars|clean)", TEXT))
    assert targets >= {"demo", "test", "bench", "cars"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_its_files_and_pictures_exist():
    pictures = re.findall(r"\]\((docs/[^)]+)\)", TEXT)
    for name in (*pictures, "LICENSE", "CHANGELOG.md", *SCRIPTS):
        assert (ROOT / name).is_file(), name
    for name in re.findall(r"`(benchmarks/\w+\.py)`", TEXT):
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize("script", SCRIPTS)
def test_its_flags_are_known_to_help(script):
    shown = subprocess.check_output([sys.executable, ROOT / script, "--help"], text=True)
    assert "example:" in shown
    if script in NETWORK_SCRIPTS:
        lines = [line for line in TEXT.splitlines() if f"python {script}" in line]
        flags = set(re.findall(r"--[a-z][a-z-]+", " ".join(lines))) - {"--help", "--task"}
        for task in ("cars", "vocals") if script in ("train.py", "evaluate.py") else ():
            more = [sys.executable, ROOT / script, "--task", task, "--help"]
            shown += subprocess.check_output(more, text=True)
        assert flags <= set(re.findall(r"--[a-z-]+", shown))
    elif script == "prepare_audio_files.py":
        flags = set(re.findall(r"--[a-z][a-z-]+", ENGINE_TEXT)) - {"--help", "--song"}
        assert flags <= set(re.findall(r"--[a-z-]+", shown))
    else:
        assert "--song" in shown


def test_its_python_names_exist():
    import vocal_separation_sanity_check as package

    (names,) = re.findall(r"from vocal_separation_sanity_check import (.+)", TEXT)
    assert set(names.split(", ")) <= set(package.__all__)
