"""The floors: rooms import only from floors below, through the door; nothing heavy loads early."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINE = "vocal_separation_sanity_check"
# One line a floor, the highest first; rooms that share a line do not know each other.
FLOORS = {
    ENGINE: [
        "commands",
        "doctor",
        "check",
        "prepare",
        "report",
        "songs",
        "verdicts",
        "separation",
        "fitting",
        "scoring",
        "alignment rebuilding",
        "fingerprints",
        "demo",
        "spectral",
        "sound",
        "blas_threads compiling files names processes settings",
        "locks",
        "errors",
    ],
    "unet": [
        "commands",
        "pictures songs",
        "separating training",
        "model_files",
        "networks",
        "front_end memory model_kinds unet_model",
        "unet_parts",
    ],
}
FLOOR_OF = {
    (package, room): floor
    for package, floors in FLOORS.items()
    for floor, rooms in enumerate(floors)
    for room in rooms.split()
}
FOLDERS = sorted(key for key in FLOOR_OF if (ROOT / key[0] / key[1]).is_dir())
HEAVY = {"matplotlib", "numba", "numpy", "onnxruntime", "scipy", "soundfile", "torch"}
COMMANDS = ["unet.commands.draw_cars", *sorted(path.stem for path in ROOT.glob("*.py"))]


def code_files():
    """Path, package and room of every module but the doors of the packages themselves."""
    for package in FLOORS:
        for path in sorted((ROOT / package).rglob("*.py")):
            inside = path.relative_to(ROOT / package).with_suffix("").parts
            if inside != ("__init__",):
                yield pytest.param(path, package, inside[0], id=".".join((package, *inside)))


def imports_of(path):
    """What a file imports anywhere, in its functions too: pairs of a module and the names of it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield node.module, [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)


def names_of_door(package, room):
    return import_module(f"{package}.{room}").__all__


@pytest.mark.parametrize(("path", "package", "room"), list(code_files()))
def test_imports_go_down_and_through_doors(path, package, room):
    for module, names in imports_of(path):
        target, *inside = module.split(".")
        if target not in FLOORS:
            continue
        assert (package, target) != (ENGINE, "unet"), "the engine does not know the networks"
        assert inside, f"{module} is the way in for users; rooms import from rooms"
        if (target, inside[0]) == (package, room):
            siblings = {other.stem for other in path.parent.glob("*.py")}
            assert len(inside) == 2 or set(names) <= siblings, f"{module} is this room's own door"
            continue
        assert len(inside) == 1, f"{module} lies behind the door of {target}.{inside[0]}"
        if target == package:
            assert FLOOR_OF[package, inside[0]] > FLOOR_OF[package, room], f"{module} is not below"
        if (target, inside[0]) in FOLDERS:
            assert set(names) <= set(names_of_door(target, inside[0])), module


def test_every_room_has_a_floor():
    entries = {
        (package, path.stem)
        for package in FLOORS
        for path in (ROOT / package).iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    }
    assert entries - {(package, "__init__") for package in FLOORS} == set(FLOOR_OF)


@pytest.mark.parametrize("package", FLOORS)
def test_few_modules_lie_flat(package):
    assert len(list((ROOT / package).glob("*.py"))) <= 8


@pytest.mark.parametrize(("package", "room"), FOLDERS)
def test_doors_say_what_is_behind_them(package, room):
    folder = ROOT / package / room
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    assert len(ast.get_docstring(tree) or "") > 120, "a paragraph: what for, what in, what out"
    inside = f"{package}.{room}."
    imported = {
        name
        for module, names in imports_of(folder / "__init__.py")
        if module.startswith(inside)
        for name in names
    }
    door, exported = import_module(f"{package}.{room}"), names_of_door(package, room)
    assert set(exported) <= imported, "a door hands on what its room made, and makes nothing"
    assert all(hasattr(door, name) for name in exported)
    modules = {path.stem for path in folder.glob("*.py")}
    assert not modules & set(exported), "a module of this name is hidden by what the door exports"


def test_the_public_names_are_written_down_alike_in_three_places():
    package = import_module(ENGINE)
    tree = ast.parse((ROOT / ENGINE / "__init__.py").read_text(encoding="utf-8"))
    for_checkers = {
        name.name: node.module.removeprefix(f"{ENGINE}.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith(f"{ENGINE}.")
        for name in node.names
    }
    assert for_checkers == package._ROOM_OF
    assert sorted(package.__all__) == sorted(package._ROOM_OF) == sorted(dir(package))
    for name, room in package._ROOM_OF.items():
        assert getattr(package, name) is getattr(import_module(f"{ENGINE}.{room}"), name)
    assert not set(package.__all__) & {room for _, room in FLOOR_OF}, (
        "a room of this name is hidden"
    )
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = package.nothing_of_the_kind


def test_what_the_readme_promises_is_public():
    wanted = "Settings align Alignment separate Separation fingerprint fit_mask ideal_masks"
    assert {*wanted.split(), "evaluate_separation"} <= set(import_module(ENGINE).__all__)


def heavy_after(code):
    """Which heavy libraries a new process has loaded after `code`."""
    code = f"import sys\n{code}\nprint(*sorted({HEAVY} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stderr.split()


@pytest.mark.parametrize("package", FLOORS)
def test_importing_loads_nothing_heavy(package):
    assert heavy_after(f"import {package}") == []


@pytest.mark.parametrize("module", COMMANDS)
def test_help_loads_nothing_heavy(module):
    code = f"import runpy\nsys.argv = [{module!r}, '--help']\ntry:\n    "
    code += f"runpy.run_module({module!r}, run_name='__main__')\nexcept SystemExit:\n    pass"
    assert heavy_after(code) == []


@pytest.mark.parametrize(
    "loading",
    [
        f"import {ENGINE}.commands.checking",
        f"from {ENGINE} import commands; commands.prepare_audio_files.load()",
    ],
)
def test_a_command_loads_nothing_that_it_does_not_use(loading):
    late = {"matplotlib", "scipy.signal", "scipy.stats", "scipy.interpolate", "PIL"}
    code = f"import sys; {loading}; print(*sorted({late} & set(sys.modules)))"
    shown = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert not shown.split()


def test_separating_loads_nothing_that_it_does_not_use():
    code = "from unet.separating import SHIPPED_MODEL, load_network\n"
    code += "load_network(SHIPPED_MODEL, 'cpu')"
    assert set(heavy_after(code)) == {"numpy", "onnxruntime", "soundfile"}


def test_scripts_are_doors():
    for script in ROOT.glob("*.py"):
        assert len(script.read_text(encoding="utf-8").splitlines()) <= 12, script.name
