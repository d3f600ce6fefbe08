"""The page on the architecture against the tree."""

import re
from pydoc import locate

import pytest
from test_layering import ENGINE, FLOORS, ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DRAWING = re.search(r"```\n(.*?)```", TEXT, re.DOTALL)[1]
TOLD = sorted(set(re.findall(r"`([^`\n]+)`", TEXT.replace(DRAWING, ""))))
WRITTEN = {"best.ckpt", "last.ckpt", "results.json"}
"""Files that the program writes; others are in the tree."""
SOURCES = "".join(
    path.read_text(encoding="utf-8")
    for package in FLOORS
    for path in (ROOT / package / "commands").glob("*.py")
)


def test_the_drawing_shows_the_floors():
    drawn = {}
    for line in DRAWING.splitlines():
        if line and not line.startswith(" "):
            floors = drawn.setdefault(line, [])
        elif line:
            floors.append(sorted(re.match(r" {4}(\w+(?: \w+)*) {2,}\S", line)[1].split()))
    assert drawn == {
        package: [sorted(floor.split()) for floor in floors] for package, floors in FLOORS.items()
    }


@pytest.mark.parametrize("told", TOLD)
def test_whatever_it_names_exists(told):
    if told.startswith("--"):
        assert told == "--help" or f'"{told}"' in SOURCES
    elif told.startswith("from "):
        exec(told, {})
    elif "/" in told or re.search(r"\.(py|toml|md|json|ckpt)$", told):
        places = (ROOT / told, ROOT / ENGINE / told)
        here = told in WRITTEN or any(place.exists() for place in places)
        assert here or told == "__init__.py"
    else:
        assert any(locate(name) is not None for name in (f"{ENGINE}.{told}", told))


def test_it_is_a_page_for_somebody_new():
    rooms = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    titles = [room.splitlines()[0] for room in rooms[1:]]
    assert len(titles) == len(set(titles)) == 6
    (changes,) = [room for room in rooms if room.startswith("Where to go")]
    assert len(re.findall(r"^\| (?!to |---)", changes, re.MULTILINE)) >= 12
    for package, floors in FLOORS.items():
        for room in " ".join(floors).split():
            prefix = "unet." if package == "unet" else ""
            path = f"{prefix.replace('.', '/')}{room}"
            mentioned = f"`{prefix}{room}." in TEXT or f"`{path}/" in TEXT or f"`{path}.py" in TEXT
            assert mentioned, f"nothing leads to {path}"
