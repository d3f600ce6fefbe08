"""Ctrl-C at any moment, and a reader that has seen enough: no traceback, and nothing half done."""

import argparse
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from test_prepare import add_pair
from test_whole_folder import prepared

from vocal_separation_sanity_check.commands import run

pytestmark = [pytest.mark.compiled, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "vocal_separation_sanity_check"
PREPARE = ["prepare_audio_files.py", "--no-align"]
CHECK = ["sanity_check_complete.py", "--quick"]
ALL = [*CHECK, "--all"]
SOON_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
BEFORE_THE_HANDLER = {
    "__init__.py",
    "commands/__init__.py",
    "commands/interrupts.py",
    "commands/loading.py",
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Three songs to prepare, and three that are prepared; nobody writes their results."""
    folder = tmp_path_factory.mktemp("songs")
    for name in ("a", "b", "c"):
        prepared(folder, name)
        add_pair(folder, name)
    return folder


def start(workspace, script, *flags, **options):
    """Run a script in a process group of its own, as a terminal does."""
    command = [sys.executable, str(ROOT / script), "--workspace", str(workspace), *flags]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(command, start_new_session=True, **options)


def our_frames(told):
    """Files of ours in a traceback, but for those that are read before Ctrl-C can be handled.

    For some 40 ms Python starts and has not seen a line of ours.
    """
    files = re.findall(rf'File ".*/{PACKAGE}/(.*?)"', told)
    return set(files) - BEFORE_THE_HANDLER


def assert_nothing_half(workspace, command):
    """No unfinished file is left; those of processes that were ended go with the next check."""
    if command != ALL:
        assert not [path for path in workspace.rglob("*") if ".part" in path.name]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("command", "delay_s"),
    [
        *((command, delay_s) for command in (PREPARE, CHECK) for delay_s in SOON_S),
        *((ALL, delay_s) for delay_s in (1.0, 1.5, 2.0, 2.5)),  # while its processes start
    ],
)
def test_ctrl_c_soon_after_the_start(workspace, tmp_path, command, delay_s):
    for folder in ("rtg", "process"):
        (tmp_path / folder).symlink_to(workspace / folder)
    for _ in range(2):
        process = start(tmp_path, *command)
        time.sleep(delay_s)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert not our_frames(told), told
        if process.returncode not in (0, 1, -signal.SIGINT):
            assert (process.returncode, told) == (130, "interrupted\n")
        assert_nothing_half(tmp_path, command)


INTERRUPTING = """
import os, runpy, signal, sys
name, sys.argv = sys.argv[1], sys.argv[2:]
def interrupt(event, arguments):
    if event == "import" and arguments[0] == name:
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(interrupt)
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize(
    "module",
    [
        "argparse",
        f"{PACKAGE}.settings",
        f"{PACKAGE}.commands.checking",
        f"{PACKAGE}.check",
        f"{PACKAGE}.report.page_media",
        "numpy",
        "numba",
        "multiprocessing",
        "PIL",
        "soundfile",
        "tqdm",
    ],
)
def test_ctrl_c_while_something_loads(workspace, module):
    """Every library is a moment at which Ctrl-C can come."""
    arguments = [str(ROOT / CHECK[0]), "--workspace", str(workspace), *CHECK[1:]]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTING, module, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    told = "".join(line for line in done.stdout.splitlines(True) if "Compiling" not in line)
    assert (done.returncode, done.stderr, told) == (130, "interrupted\n", "")


def test_ctrl_c_in_a_library_that_stumbles_over_it(capsys):
    """BSSEval's library does, with today's NumPy: its ``except`` clause has a name that is gone."""

    def stumble(_):
        try:
            raise KeyboardInterrupt
        except np.no_such_error:
            pass

    assert run(argparse.ArgumentParser(), lambda: stumble, []) == 130
    assert capsys.readouterr().err == "interrupted\n"

    def fail(_):
        np.no_such_error  # noqa: B018

    with pytest.raises(AttributeError):
        run(argparse.ArgumentParser(), lambda: fail, [])


class Pressing(io.BytesIO):
    """A file at which Ctrl-C is pressed while libsndfile writes to it."""

    def write(self, data):
        os.kill(os.getpid(), signal.SIGINT)
        return super().write(data)


def test_ctrl_c_in_a_library_that_calls_back_from_c(capsys):
    """What is raised there is dropped, and soundfile fails of an assertion of its own."""

    def act(_):
        soundfile.write(Pressing(), np.zeros(9), 22050, format="WAV")

    assert run(argparse.ArgumentParser(), lambda: act, []) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def closed_pipe():
    """The writing end of a pipe that nobody reads: ``| head`` after its last line."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(
    ("command", "unbuffered", "status"),
    [
        (PREPARE, "", 141),  # the output is written at the end
        (PREPARE, "1", 141),  # after the first song
        ([*CHECK, "--song", "a"], "", 141),
        (ALL, "1", 141),  # after the first song, while others are at work
        ([*CHECK, "--help"], "", 0),
        ([*CHECK, "--song", "nobody"], "", 2),
    ],
)
def test_a_reader_that_has_seen_enough_is_no_error(
    workspace, tmp_path, command, unbuffered, status
):
    for folder in ("rtg", "process"):
        (tmp_path / folder).symlink_to(workspace / folder)
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    pipe = closed_pipe()
    process = start(tmp_path, *command, stdout=pipe, env=environment)
    os.close(pipe)
    _, told = process.communicate(timeout=120)
    message = "error: no prepared song is called 'nobody'; there is: a, b, c\n"
    assert told == (message if status == 2 else "")
    assert process.returncode == status
    assert_nothing_half(tmp_path, command)
    deadline = time.monotonic() + 20
    while [other for other in psutil.process_iter() if is_at_work(other, process.pid)]:
        assert time.monotonic() < deadline, "processes outlived their parent"
        time.sleep(0.1)


def is_at_work(process, group):
    """Whether a process of a group is left, and not only its entry in the system's table."""
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False
