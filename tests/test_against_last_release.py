"""`make bench` beside the last release: what is worse is named."""

from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def against(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return import_module("against")


def rows(against, monkeypatch, tmp_path, new, last):
    """The table where this tree and the last release take so much: seconds and MB."""

    def measure(tree, _songs):
        took = new if tree == against.ROOT else last
        assert took is not None, "the last release has no such command"
        seconds, peak_mb = took.pop(0)
        return against.Took(seconds, seconds, peak_mb)

    waits = [against.Wait("waiting", "song", "1 s", measure, n_runs=2)]
    monkeypatch.setattr(against, "WAITS", waits)
    monkeypatch.setattr(against, "tree_of", lambda _: nullcontext(tmp_path))
    monkeypatch.setattr(against, "separate_mb", lambda _: 70.0)
    worse = []
    table = list(against.compared_rows("v1", worse))
    return next(line for line in table if "waiting" in line), worse


@pytest.mark.parametrize(
    ("new", "last", "is_worse"),
    [
        ([(9, 100), (1.2, 100)], [(1.0, 100), (5, 100)], False),  # the best of both counts
        ([(1.3, 100), (1.3, 100)], [(1.0, 100), (1.0, 100)], True),
        ([(1.0, 130), (1.0, 130)], [(1.0, 100), (1.0, 100)], True),
        ([(1.0, 100), (1.0, 100)], None, False),
    ],
)
def test_a_row_that_is_worse_by_a_quarter_is_named(
    against, monkeypatch, tmp_path, new, last, is_worse
):
    row, worse = rows(against, monkeypatch, tmp_path, new, last)
    assert worse == (["waiting"] if is_worse else [])
    assert ("**(worse)**" in row) == is_worse


def test_what_this_tree_cannot_do_any_more_is_no_row_left_out(against, monkeypatch, tmp_path):
    with pytest.raises(AssertionError):
        rows(against, monkeypatch, tmp_path, None, [(1.0, 100), (1.0, 100)])
