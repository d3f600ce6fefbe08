"""What pyproject.toml asks for, against the versions that the two constraints files pin."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = [
    Requirement(text)
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for text in group
]


def pinned(name):
    """Version by name of a constraints file."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(package): version for package, version in pairs}


def test_the_oldest_versions_are_the_lower_bounds():
    bounds = {
        canonicalize_name(requirement.name): bound.version
        for requirement in REQUIREMENTS
        for bound in requirement.specifier
        if bound.operator == ">="
    }
    assert pinned("constraints-oldest.txt") == bounds


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_what_is_asked_for_is_pinned_and_allowed(requirement):
    assert "==" not in {bound.operator for bound in requirement.specifier}
    version = pinned("constraints.txt")[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)
    assert "+" not in version, "a build of one index; the others have the version without it"


def test_a_library_asked_for_twice_has_one_range():
    ranges = {}
    for requirement in REQUIREMENTS:
        ranges.setdefault(requirement.name, set()).add(str(requirement.specifier))
    assert {name: found for name, found in ranges.items() if len(found) > 1} == {}


def is_put_off(node):
    """Whether what is imported inside is not loaded with the module."""
    is_for_checkers = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef) or is_for_checkers


def imports_of(package):
    """Names of what a package's modules import: when they are loaded, and later."""
    at_once, later = set(), set()
    for path in (ROOT / package).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        put_off = [node for node in ast.walk(tree) if is_put_off(node)]
        inside = {id(node) for outer in put_off for node in ast.walk(outer)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = getattr(node, "module", None) or node.names[0].name
                (later if id(node) in inside else at_once).add(modules.split(".")[0])
    return at_once, later


def libraries(names):
    """The distributions that hold imported names, without Python's own modules and ours."""
    ours = {"unet", "vocal_separation_sanity_check"}
    holders = packages_distributions()
    foreign = sorted(names - ours - set(sys.stdlib_module_names))
    return {canonicalize_name(holders[name][0]) for name in foreign}


def asked_for(*extras):
    groups = (PROJECT["dependencies"], *(PROJECT["optional-dependencies"][name] for name in extras))
    return {canonicalize_name(Requirement(text).name) for group in groups for text in group}


def test_the_engine_asks_for_what_it_imports():
    at_once, later = imports_of("vocal_separation_sanity_check")
    assert libraries(at_once) <= asked_for()
    assert libraries(later) <= asked_for("cluster")


def test_the_networks_ask_for_what_they_import():
    assert libraries(set.union(*imports_of("unet"))) <= asked_for("unet")
