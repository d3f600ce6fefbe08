"""Files appear whole or not at all."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import clear_unfinished, replacing


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


def test_a_folder_in_its_place_is_told_before_the_work(tmp_path):
    (tmp_path / "a.wav").mkdir()
    with (
        pytest.raises(InputError, match=r"a\.wav: a folder is in its place"),
        replacing(tmp_path / "a.wav"),
    ):
        pytest.fail("the block must not run")


WRITING = """
import sys
from vocal_separation_sanity_check.files import replacing
with replacing(sys.argv[1]) as temporary:
    temporary.write_text("half")
    print("begun", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    path = tmp_path / "song.wav"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITING, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "begun\n"
    (tmp_path / ".song.1234.part.wav").touch()  # of an earlier version, which named the process
    (tmp_path / ".other.1234.part.wav").touch()
    (tmp_path / ".song.mine.part.wav").touch()
    writers[0].kill()
    writers[0].communicate()
    with replacing(path) as temporary:
        left = {*names(tmp_path)} - {temporary.name}
    assert len(left) == 3
    assert {".other.1234.part.wav", ".song.mine.part.wav"} < left
    clear_unfinished(tmp_path)
    assert len(names(tmp_path)) == 3
    assert writers[1].communicate("")[0] == ""
    assert writers[1].returncode == 0
    assert names(tmp_path) == [".song.mine.part.wav", "song.wav"]
    assert path.read_text() == "half"
