"""The README against what exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
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


@pytest.fixture(scope="module")
def known_flags():
    """What each script's help names."""
    shown = {
        script: subprocess.check_output([sys.executable, ROOT / script, "--help"], text=True)
        for script in SCRIPTS
    }
    for script in ("train.py", "evaluate.py"):
        more = [sys.executable, ROOT / script, "--task", "vocals", "--help"]
        shown[script] += subprocess.check_output(more, text=True)
    assert all("example:" in text for text in shown.values())
    return {script: set(re.findall(r"--[a-z][a-z-]*", text)) for script, text in shown.items()}


def test_its_commands_use_flags_that_exist(known_flags):
    commands = re.findall(r"python (\w+\.py)([^\n#`]*)", TEXT)
    for script, rest in commands:
        assert set(re.findall(r"--[a-z][a-z-]*", rest)) <= known_flags[script], (script, rest)


def test_its_other_flags_belong_to_some_script(known_flags):
    prose = set(re.findall(r"`(--[a-z][a-z-]*)", TEXT))
    assert prose <= set.union(*known_flags.values())


def test_its_python_names_exist():
    import vocal_separation_sanity_check as package

    (names,) = re.findall(r"from vocal_separation_sanity_check import (.+)", TEXT)
    assert set(names.split(", ")) <= set(package.__all__)
