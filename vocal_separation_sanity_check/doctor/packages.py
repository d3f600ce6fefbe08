"""The libraries: their versions beside the tested ones, what each is for, and whether it loads."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.resources import files
from textwrap import shorten
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from vocal_separation_sanity_check.doctor.finding import Finding, State
from vocal_separation_sanity_check.doctor.programs import how_to_install as program_remedy

PACKAGE = "vocal-separation-sanity-check"
TESTED = "tested_versions.txt"
"""A copy of ``constraints.txt``, which is not installed; a test holds the two together."""
CORE = ""
LONGEST = 120
"""Characters of an error that are shown."""


class Library(NamedTuple):
    """A library that ``pyproject.toml`` asks for: its name, what is imported, what for."""

    name: str
    module: str
    purpose: str


_SEPARATING = (
    Library("onnxruntime", "onnxruntime", "computes networks"),
    Library("protobuf", "google.protobuf", "reads their files"),
)
LIBRARIES: dict[str, tuple[Library, ...]] = {
    CORE: (
        Library("numpy", "numpy", "arrays"),
        Library("scipy", "scipy.fft", "Fourier transforms, filters"),
        Library("numba", "numba", "compiles the kernels"),
        Library("soundfile", "soundfile", "reads and writes sound files"),
        Library("soxr", "soxr", "changes sampling rates"),
        Library("threadpoolctl", "threadpoolctl", "the same digits on any core"),
        Library("matplotlib", "matplotlib", "pictures"),
        Library("pillow", "PIL", "pictures in the page"),
        Library("jinja2", "jinja2", "the listening page"),
        Library("tqdm", "tqdm", "progress bars"),
    ),
    "separate": _SEPARATING,
    "unet": (
        Library("torch", "torch", "networks"),
        Library("lightning", "lightning", "training"),
        Library("safetensors", "safetensors", "model files"),
        Library("musdb", "musdb", "songs of MUSDB18"),
        Library("stempeg", "stempeg", "songs with stems in one file"),
        Library("pyyaml", "yaml", "settings of a training"),
        Library("librosa", "librosa", "REPET-SIM, to compare with"),
        *_SEPARATING,
    ),
    "cluster": (Library("distributed", "distributed", "songs on several machines"),),
    "labs": (
        Library("jupytext", "jupytext", "labs as notebooks"),
        Library("nbclient", "nbclient", "runs them"),
        Library("nbconvert", "nbconvert", "makes pages of them"),
        Library("ipykernel", "ipykernel", "Python in a notebook"),
    ),
    "test": (
        Library("pytest", "pytest", "runs the tests"),
        Library("hypothesis", "hypothesis", "draws cases"),
        Library("librosa", "librosa", "pitch, to compare with"),
        Library("mir_eval", "mir_eval", "its score, to compare with"),
        Library("museval", "museval", "BSSEval, to compare with"),
        Library("pystoi", "pystoi", "ESTOI, to compare with"),
        Library("onnx", "onnx", "reads the networks' graphs"),
        Library("onnxscript", "onnxscript", "writes them"),
        Library("playwright", "playwright", "drives the browser"),
        Library("psutil", "psutil", "looks at processes"),
        Library("resampy", "resampy", "moved signals, to compare with"),
        Library("setuptools", "setuptools", "builds the package"),
    ),
}
"""By extra; what only checks and formats the code is left out."""


def modules() -> list[str]:
    """Name all that is to be loaded."""
    return sorted({library.module for group in LIBRARIES.values() for library in group})


def package_findings(loaded: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """Compare what is installed with what was tested.

    Parameters
    ----------
    loaded : mapping of str to mapping
        Of each of `modules`, what `loading` told: ``error`` or the module that is ``missing``.

    Yields
    ------
    Finding
        One for each library; one for an extra that nothing is there of.
    """
    for extra, libraries in LIBRARIES.items():
        group = f"extra {extra}" if extra else "libraries"
        remedy = how_to_install(extra)
        found = [_library(group, library, loaded[library.module], remedy) for library in libraries]
        if extra:
            own = [one for one in found if one.name not in _names_before(extra)]
            if all(one.state is State.MISSING for one in own):
                names = ", ".join(one.name for one in own)
                yield Finding(group, f"extra {extra}", State.MISSING, "", names, remedy)
                continue
            found = own
        yield from found


def _names_before(extra: str) -> set[str]:
    """Libraries that an earlier extra has told of."""
    groups = list(LIBRARIES)
    earlier = groups[: groups.index(extra)]
    return {library.name for name in earlier for library in LIBRARIES[name]}


def _library(group: str, library: Library, told: Mapping[str, str], remedy: str) -> Finding:
    name, module, purpose = library
    is_needed = group == "libraries"

    def finding(state: State, found: str, remedy: str = "") -> Finding:
        return Finding(group, name, state, found, purpose, remedy, is_needed)

    if told.get("missing") == module.partition(".")[0]:
        return finding(State.MISSING, "", remedy)
    if "missing" in told:
        return finding(State.FAILS, f"needs {told['missing']}", remedy)
    if "error" in told:
        if "ffmpeg" in told["error"]:  # `stempeg` refuses to load, and with it whatever loads it
            return finding(State.FAILS, "needs ffmpeg", program_remedy("ffmpeg"))
        return finding(State.FAILS, shorten(told["error"], LONGEST), remedy)
    try:
        own = version(name)
    except PackageNotFoundError:
        return finding(State.DIFFERS, "no version told")
    tested = tested_versions()[plain(name)]
    if own.partition("+")[0] == tested:  # "+cpu" is a build of the same
        return finding(State.OK, own)
    return finding(State.DIFFERS, f"{own}, tested {tested}")


@cache
def tested_versions() -> dict[str, str]:
    """Versions that the tests ran with, by `plain` name."""
    text = files(__package__).joinpath(TESTED).read_text(encoding="utf-8")
    pairs = (line.split("==") for line in text.split())
    return {plain(name): number for name, number in pairs}


def plain(name: str) -> str:
    """Write a library's name as the packaging index compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def how_to_install(extra: str) -> str:
    """Give the line that brings an extra, or without one the package with what it needs."""
    wanted = source() + (f"[{extra}]" if extra else "")
    return f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(wanted)}"


@cache
def source() -> str:
    """What this package was installed from: a folder or file, or its name in an index."""
    try:
        told = distribution(PACKAGE).read_text("direct_url.json")
    except PackageNotFoundError:
        return "."
    place = urlsplit(json.loads(told)["url"]) if told else None
    return url2pathname(place.path) if place and place.scheme == "file" else PACKAGE
