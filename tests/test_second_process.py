"""A second process: it works beside the first, and a check needs it for nothing."""

import os
import subprocess
import sys
from multiprocessing import active_children
from multiprocessing.context import SpawnProcess
from pathlib import Path
from time import sleep

import pytest
from test_full_quality import prepare_all
from test_prepare import add_pair

from vocal_separation_sanity_check.commands import sanity_check_complete
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.processes import SecondProcess

ROOT = Path(__file__).resolve().parents[1]
NEW_SIGNATURES = """
import sys
from numba.core.registry import CPUDispatcher
from vocal_separation_sanity_check.check import compile_kernels
from vocal_separation_sanity_check.commands import sanity_check_complete

def compiled():
    modules = [each for name, each in sys.modules.items() if name.startswith("vocal_separation")]
    found = {one for each in modules for one in vars(each).values() if type(one) is CPUDispatcher}
    return {(one.__name__, signature) for one in found for signature in one.signatures}

compile_kernels(None)
before = compiled()
assert sanity_check_complete(arguments=["--workspace", sys.argv[1]]) == 0
print("new:", *sorted(compiled() - before))
"""


def fail(reason):
    raise InputError(reason)


def die():
    os._exit(3)


def process_id():
    return os.getpid()


@pytest.fixture(autouse=True)
def second_process():
    """Leave it to checks, which other tests do not."""


def test_work_is_done_in_another_process_and_errors_come_back():
    with SecondProcess() as second:
        wait, wait_for_error = second.begin(process_id), second.begin(fail, "no such song")
        assert wait() != os.getpid()
        with pytest.raises(InputError, match="no such song"):
            wait_for_error()


def test_where_it_dies_the_work_is_done_here():
    with SecondProcess() as second:
        second.begin(die)
        assert second.begin(process_id)() == os.getpid()
        assert second.begin(process_id)() == os.getpid()


def test_it_ends_when_it_is_let_go_and_what_comes_later_is_done_here():
    with SecondProcess() as second:
        before = second.begin(process_id)
        second.end_when_done()
        after = second.begin(process_id)
        assert before() != os.getpid()
        assert after() == os.getpid()
        for child in active_children():
            child.join(30)
        assert not active_children()


def test_where_it_cannot_start_the_work_is_done_here(monkeypatch):
    def refuse(_process):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    with SecondProcess() as second:
        assert second.begin(process_id)() == os.getpid()


def test_what_it_is_at_is_given_up_at_the_end():
    with SecondProcess() as second:
        second.begin(sleep, 3600)


@pytest.mark.slow
@pytest.mark.compiled
def test_a_check_compiles_nothing_that_was_not_compiled_before_it(tmp_path):
    """Or a first check would compile it where it is called, one after another."""
    add_pair(tmp_path, "a")
    prepare_all(tmp_path)
    call = [sys.executable, "-c", NEW_SIGNATURES, str(tmp_path)]
    told = subprocess.check_output(call, cwd=ROOT, text=True).splitlines()
    assert [line for line in told if line.startswith("new:")] == ["new:"]


@pytest.mark.slow
@pytest.mark.compiled
def test_a_check_is_whole_where_its_second_process_dies(tmp_path, monkeypatch):
    add_pair(tmp_path, "a")
    prepare_all(tmp_path)
    begin = SecondProcess.begin

    def begin_after_death(second, work, *given):
        begin(second, die)
        return begin(second, work, *given)

    monkeypatch.setattr(SecondProcess, "begin", begin_after_death)
    assert sanity_check_complete(arguments=["--workspace", str(tmp_path)]) == 0
    assert {"spectrograms.png", "results.json"} <= {p.name for p in (tmp_path / "output").iterdir()}
