"""Files appear whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_replaces_at_the_end_of_the_block(tmp_path):
    path = tmp_path / "new" / "song.json"
    with replacing(path) as temporary:
        temporary.write_text("old")
        assert temporary.suffix == ".json"
        assert not path.exists()
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["new", "song.json"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ZeroDivisionError])
def test_interruption_keeps_what_was_there(tmp_path, interruption):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise interruption

    with pytest.raises(interruption):
        write_half()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_full_disk(tmp_path):
    with pytest.raises(InputError, match="No space left on device"), replacing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == []


def test_failing_rename_leaves_nothing(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with (
        pytest.raises(InputError, match="closed in other programs"),
        replacing(tmp_path / "a") as temporary,
    ):
        temporary.write_text("x")
    assert names(tmp_path) == []


def test_folder_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"), replacing(tmp_path / "file" / "a.wav"):
        pytest.fail("the block must not run")
