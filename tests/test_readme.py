"""The README and the guide for contributors against what exists."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SCRIPTS = sorted({name for name in re.findall(r"python (\w+\.py)", TEXT)})


@pytest.mark.parametrize("text", [TEXT, GUIDE], ids=["readme", "guide"])
def test_make_targets_exist(text):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert "test" in targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        assert target in re.search(r"^\.PHONY: (.+)", makefile, re.MULTILINE)[1].split()


def test_every_target_is_told_of():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.+)", makefile, re.MULTILINE)[1].split()
    told = set(re.findall(r"(?:^|`)make ([a-z-]+)", TEXT + GUIDE, re.MULTILINE))
    assert set(targets) - told <= {"clean"}


def test_its_files_and_pictures_exist():
    pictures = re.findall(r"\]\((docs/[^)]+)\)", TEXT)
    for name in (*pictures, *SCRIPTS):
        assert (ROOT / name).is_file(), name
    for name in re.findall(r"`(benchmarks/\w+\.py)`", TEXT):
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize("text", [TEXT, GUIDE], ids=["readme", "guide"])
def test_documents_exist(text):
    named = set(re.findall(r"`([\w/.-]+\.(?:md|toml|txt)|LICENSE[A-Z-]*)`", text))
    assert named >= {"LICENSE", "LICENSE-MODEL", "CHANGELOG.md", "docs/architecture.md"}
    for name in named:
        assert (ROOT / name).is_file(), name


def test_the_installed_commands_are_all_named_and_no_others():
    blocks = "".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
    called = re.findall(r"^ *([a-z]+(?:-[a-z]+)+)", blocks, re.MULTILINE)
    named = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", TEXT.partition("## Your own files")[0])
    assert called
    assert set(called) <= set(named) == set(PROJECT["scripts"])


@pytest.fixture(scope="module")
def known_flags():
    """What each script's help names."""
    shown = {
        script: subprocess.check_output([sys.executable, ROOT / script, "--help"], text=True)
        for script in SCRIPTS
    }
    for script in ("train.py", "evaluate.py"):
        for task in ("vocals", "stems"):
            more = [sys.executable, ROOT / script, "--task", task, "--help"]
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
