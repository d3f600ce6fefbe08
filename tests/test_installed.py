"""What `pip install` leaves behind, and that it works in an empty folder."""

import email
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
import soundfile
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENGINE = "vocal_separation_sanity_check"
PACKAGES = (ENGINE, "unet")
LICENCES = ("LICENSE", "LICENSE-MODEL")
OF_THE_CHECKOUT = (
    *PACKAGES,
    *LICENCES,
    "pyproject.toml",
    "README.md",
    "tests",
    "benchmarks",
    "labs",
)
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]

HIDE = """
import sys


class Hidden:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in LEFT_OUT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Hidden)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of a copy of the checkout, since building leaves files where it happens."""
    copy, place = (tmp_path_factory.mktemp(name) for name in ("checkout", "wheel"))
    for name in OF_THE_CHECKOUT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)
    flags = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", place]
    subprocess.run([*PIP, "wheel", *flags, copy], check=True)
    (path,) = place.iterdir()
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata_folder(wheel):
    (name,) = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
    return name


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A fresh environment with the wheel and, lent by the tests', the libraries that it needs."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    base = {"base": str(folder), "platbase": str(folder)}
    places = {name: Path(sysconfig.get_path(name, "venv", base)) for name in ("purelib", "scripts")}
    python = places["scripts"] / Path(sys.executable).name
    subprocess.run([*PIP, "--python", python, "install", "--no-deps", wheel.filename], check=True)
    hide = f"LEFT_OUT = {modules_of_extras()}\n{HIDE}"
    (places["purelib"] / "hide_extras.py").write_text(hide, encoding="utf-8")
    lent = f"{sysconfig.get_path('purelib')}\nimport hide_extras\n"
    (places["purelib"] / "libraries_of_the_tests.pth").write_text(lent, encoding="utf-8")
    reuse_compiled_kernels(places["purelib"])
    return places


def modules_of_extras():
    """What is imported of the libraries that `pip install '.[separate]'` leaves out."""
    extras = PROJECT["optional-dependencies"]
    texts = {text for name in ("unet", "cluster") for text in extras[name]}
    texts -= set(extras["separate"])
    left_out = {canonicalize_name(Requirement(text).name) for text in texts}
    held = packages_distributions().items()
    return sorted(name for name, holders in held if canonicalize_name(holders[0]) in left_out)


def reuse_compiled_kernels(site):
    """Spare the half minute of compiling where the checkout has done it: same files, same times."""
    for cache in (ROOT / ENGINE).rglob("*.nbi"):
        module = Path(f"{cache.name.split('.')[0]}.py")
        source, target = cache.parents[1] / module, site / cache.parents[1].relative_to(ROOT)
        if source.is_file():
            changed = source.stat()
            os.utime(target / module, ns=(changed.st_atime_ns, changed.st_mtime_ns))
            for file in cache.parent.glob(f"{cache.stem}.*nb?"):
                shutil.copy(file, target / "__pycache__")


def installed(environment, command, *flags, folder):
    """Run an installed command in a folder, without a way back to the checkout."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [environment["scripts"] / command, *flags],
        cwd=folder,
        env=outside,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel, metadata_folder):
    packed = {name for name in wheel.namelist() if not name.startswith(metadata_folder)}
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == ours
    wanted = {f"{package}/py.typed" for package in PACKAGES} | {"unet/vocals.onnx"}
    assert packed >= wanted | {f"{ENGINE}/report/pages/report.html.jinja"}


def test_both_licences_are_in_the_metadata(wheel, metadata_folder):
    metadata = email.message_from_bytes(wheel.read(f"{metadata_folder}/METADATA"))
    assert metadata["License-Expression"] == "MIT AND LicenseRef-Research-Only-Weights"
    assert sorted(metadata.get_all("License-File")) == sorted(LICENCES)
    for name in LICENCES:
        text = wheel.read(f"{metadata_folder}/licenses/{name}")
        assert text == (ROOT / name).read_bytes()
    assert b"LicenseRef-Research-Only-Weights" in text


@pytest.mark.parametrize("program", PROJECT["scripts"])
def test_help_shows_the_installed_name(environment, tmp_path, program):
    shown = installed(environment, program, "--help", folder=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert f"usage: {program} " in shown.stdout
    examples = shown.stdout.partition("example:\n")[2].partition("\n\n")[0].splitlines()
    assert examples or program == "draw-cars"  # whose usage says it all
    assert all(line.startswith(f"  {program} ") for line in examples)


@pytest.mark.compiled
def test_the_demo_runs_in_an_empty_folder(environment, tmp_path):
    prepared = installed(environment, "prepare-audio-files", "--demo", folder=tmp_path)
    assert prepared.returncode == 0, prepared.stderr
    following = prepared.stdout.partition("Next:\n")[2].split("\n")
    assert following[:2] == ["  sanity-check-complete", "  sanity-check-full-length"]
    checked = installed(environment, "sanity-check-complete", "--quick", folder=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "The fingerprint is enough to find the vocal" in checked.stdout
    assert "ESTOI" in checked.stdout, "a score whose library is missing keeps its line"
    assert {path.name for path in tmp_path.iterdir()} == {"process", "rtg", "output"}
    assert (tmp_path / "output" / "report.html").is_file()


def test_songs_are_separated_without_pytorch(environment, tmp_path):
    song = np.random.default_rng(0).normal(0, 0.1, (22050, 2))
    soundfile.write(tmp_path / "song.wav", song, 22050)
    done = installed(environment, "separate-vocals", "song.wav", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    stems = {path.name for path in (tmp_path / "separated" / "song").iterdir()}
    assert stems == {"vocals.wav", "music.wav"}
    weights = environment["purelib"] / "unet" / "vocals.safetensors"
    flags = ["song.wav", "--model", weights]
    refused = installed(environment, "separate-vocals", *flags, folder=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "torch is missing; install it with" in refused.stderr


@pytest.mark.compiled
def test_the_doctor_knows_what_is_left_out(environment, wheel, tmp_path):
    done = installed(environment, "vocal-separation-doctor", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["works"]
    found = {one["name"]: one for one in facts["findings"]}
    assert found["numpy"]["state"] in ("ok", "differs")
    for extra in ("unet", "cluster"):
        assert found[f"extra {extra}"]["state"] == "missing"
        assert f"{wheel.filename}[{extra}]" in found[f"extra {extra}"]["remedy"]
    assert list(tmp_path.iterdir()) == []


def test_it_is_the_installed_code_that_runs(environment, tmp_path):
    code = f"import unet, {ENGINE} as engine; print(unet.__file__, engine.__file__, sep='\\n')"
    shown = installed(environment, Path(sys.executable).name, "-c", code, folder=tmp_path)
    site = environment["purelib"].resolve()
    places = [Path(line).resolve() for line in shown.stdout.splitlines()]
    assert places == [site / package / "__init__.py" for package in ("unet", ENGINE)]
