"""What each extra adds to a plain `pip install`, in bytes of the libraries that are installed here.

Run:  python benchmarks/install_size.py
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def project(tree: Path) -> dict[str, Any]:
    """What a tree says of itself."""
    return tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def with_all_they_need(requirements: list[str]) -> set[str]:
    """Names of the libraries asked for, and of those that they ask for in turn."""
    found: set[str] = set()
    waiting = list(map(Requirement, requirements))
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        is_wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if is_wanted and name not in found:
            found.add(name)
            waiting += map(Requirement, distribution(name).requires or [])
    return found


def megabytes(names: set[str]) -> float:
    """What these libraries take on the disk, compiled files of Python among it."""
    files = (file for name in names for file in distribution(name).files or ())
    paths = (Path(file.locate()) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def separate_mb(tree: Path) -> float:
    """What `separate.py` of a tree needs besides the engine."""
    wanted = project(tree)
    engine = with_all_they_need(wanted["dependencies"])
    return megabytes(with_all_they_need(wanted["optional-dependencies"]["separate"]) - engine)


def install_rows() -> Iterator[str]:
    """Rows of a table: what `separate.py` needs besides the engine, and what PyTorch would be."""
    engine = with_all_they_need(project(ROOT)["dependencies"])
    extras = project(ROOT)["optional-dependencies"]
    yield "| installed | MB |\n|---|---|"
    yield f"| the engine | {megabytes(engine):.0f} |"
    for name, requirements in (
        ("`.[separate]` adds", extras["separate"]),
        ("PyTorch in its place would add", ["torch", "safetensors"]),
    ):
        try:
            added = with_all_they_need(requirements) - engine
        except PackageNotFoundError as missing:
            yield f"| {name} | not here: {missing.name} |"
            continue
        yield f"| {name} | {megabytes(added):.0f} |"


def main() -> None:
    """Print the table."""
    for row in install_rows():
        print(row)


if __name__ == "__main__":
    main()
