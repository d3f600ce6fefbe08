"""A folder is held by one at a time, who is named; death lets go of it."""

import errno
import os
import re
import signal
import subprocess
import sys

import pytest
from test_whole_folder import prepared

from vocal_separation_sanity_check.commands import sanity_check_complete
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.locks import LOCK_NAME, clear_lock, held, holder_of

HOLD = """
import sys, time
from pathlib import Path
from vocal_separation_sanity_check.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder):
    """A process that holds a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_holds_it_and_death_lets_go(tmp_path):
    folder = tmp_path / "output" / "a"
    with holder(folder) as process:
        told = rf"{re.escape(str(folder))} is in use by .*, process {process.pid} on .+, since \d+-"
        with pytest.raises(InputError, match=told), held(folder):
            pytest.fail("two hold it")
        assert str(process.pid) in holder_of(folder)
        process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    with held(folder) as line:
        assert holder_of(folder) == line
        assert str(os.getpid()) in line
        with pytest.raises(InputError, match=f"process {os.getpid()} "), held(folder):
            pytest.fail("nor may the same process hold it twice")
    # Nothing is left of it, nor of the folder, which was made for it.
    assert list(tmp_path.rglob("*")) == [tmp_path / "output"]
    assert holder_of(folder) == ""


def test_what_a_killed_holder_left_is_cleared_away_and_a_living_ones_is_not(tmp_path):
    (tmp_path / "song").touch()
    with holder(tmp_path) as process:
        clear_lock(tmp_path)
        with pytest.raises(InputError, match="in use by"), held(tmp_path):
            pytest.fail("its lock was taken from the holder")
        process.kill()
    assert (tmp_path / LOCK_NAME).exists()
    clear_lock(tmp_path)
    clear_lock(tmp_path / "nothing here")
    assert [path.name for path in tmp_path.iterdir()] == ["song"]


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("name", ["a", ""])
def test_what_a_killed_run_on_a_cluster_held_is_cleared_away_by_any_run(tmp_path, name):
    prepared(tmp_path, name)
    folder = tmp_path / "output" if name else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / LOCK_NAME).touch()
    assert sanity_check_complete(arguments=["--workspace", str(tmp_path), "--quick"]) == 0
    assert not (folder / LOCK_NAME).exists()


def test_a_folder_that_holds_something_stays(tmp_path):
    (tmp_path / "results.json").touch()
    with held(tmp_path):
        assert (tmp_path / LOCK_NAME).is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_it_is_held_by_one_of_many_that_come_and_go(tmp_path):
    """Each takes it away when it goes: nobody may hold a file that others no longer see."""
    code = """
import sys
from pathlib import Path
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.locks import held
folder = Path(sys.argv[1], "song")
n_held = 0
while n_held < 200:
    try:
        with held(folder):
            (Path(sys.argv[1]) / "one").touch(exist_ok=False)
            (Path(sys.argv[1]) / "one").unlink()
            n_held += 1
    except InputError as error:
        assert "in use by" in str(error), error
"""
    start = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(start, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        assert process.communicate(timeout=60)[1] == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are followed on this system")
def test_what_a_link_in_its_place_leads_to_is_not_written_to(tmp_path):
    (tmp_path / "precious").write_text("kept")
    folder = tmp_path / "song"
    folder.mkdir()
    (folder / LOCK_NAME).symlink_to(tmp_path / "precious")
    with pytest.raises(InputError, match="cannot write to"), held(folder):
        pytest.fail("a link was followed")
    assert (tmp_path / "precious").read_text() == "kept"


@pytest.mark.parametrize("number", ["EROFS", "EACCES"])
def test_a_folder_that_is_only_read_needs_no_lock(tmp_path, monkeypatch, number):

    def refuse(*_):
        raise OSError(getattr(errno, number), "refused")

    monkeypatch.setattr(os, "open", refuse)
    with held(tmp_path):
        pass
