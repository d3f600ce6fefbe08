"""Which program makes the results: its own source, and the libraries that it computes with."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = "vocal-separation-sanity-check"
LIBRARIES = (
    "numpy",
    "scipy",
    "numba",
    "soundfile",
    "soxr",
    "matplotlib",
    "jinja2",
)
"""What decides sounds, scores and pages."""
_SOURCE_SUFFIXES = (".py", ".jinja", ".js", ".css")


@cache
def source_digest() -> str:
    """Digest of the names and contents of this package's code and page templates, hexadecimal.

    Taken once a process, in some milliseconds: what is edited while a process runs does not count
    for what it computes.
    """
    root = Path(__file__).resolve().parents[1]
    names = [path.relative_to(root).as_posix() for path in root.rglob("*")]
    digest = sha256()
    for name in sorted(name for name in names if name.endswith(_SOURCE_SUFFIXES)):
        digest.update(f"{name}\0".encode())
        digest.update(sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()


@cache
def library_versions() -> dict[str, str]:
    """Versions of this package, where it is installed, and of `LIBRARIES`, by name."""
    found = {}
    for name in (PACKAGE, *LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # the scripts also run from a folder that was never installed
    return found
