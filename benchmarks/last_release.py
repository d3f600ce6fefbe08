"""The last release beside this tree, so that both are measured in one run on one machine."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
NAMED = Path(__file__).with_name("LAST_RELEASE")
"""Names a commit; for as long as no release has a tag."""


def last_release() -> str:
    """Give the newest tag, or the commit that stands in `LAST_RELEASE`."""
    tags = _git("tag", "--sort=-creatordate", "--merged").decode().split()
    return tags[0] if tags else NAMED.read_text(encoding="utf-8").strip()


@contextmanager
def tree_of(commit: str) -> Iterator[Path]:
    """Unpack a commit into a folder until the block ends."""
    with TemporaryDirectory() as folder:
        with tarfile.open(fileobj=BytesIO(_git("archive", commit))) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
