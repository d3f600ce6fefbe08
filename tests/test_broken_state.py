"""What lies in a workspace may be damaged, or be made by somebody: it costs its own song only."""

import json
import os
import random
import shutil
from itertools import product

import pytest
from test_full_quality import check, prepare_all
from test_prepare import add_pair, options
from test_whole_folder import job_of, prepared, rows

from vocal_separation_sanity_check.check import one_song
from vocal_separation_sanity_check.commands import sanity_check_complete
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.preparing import prepare_pairs
from vocal_separation_sanity_check.report import write_index
from vocal_separation_sanity_check.songs import (
    Original,
    OriginalFile,
    read_alignment,
    read_original,
    read_results,
    write_original,
    write_results,
)

pytestmark = [pytest.mark.compiled, pytest.mark.slow]
WRONG = [None, True, 0, -3, 10**400, 1e308, "", "\0", "x" * 300, [], [[]], {}, {"a": None}]
DEEP = "[" * 100_000


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A workspace with two songs that were checked."""
    workspace = tmp_path_factory.mktemp("checked")
    for name in ("a", "b"):
        prepared(workspace, name)
    assert sanity_check_complete(arguments=["--workspace", str(workspace), "--quick", "--all"]) == 0
    return workspace


def places(value, path=()):
    """Where in a JSON document there is something."""
    yield path
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield from places(inner, (*path, key))


def changed(document, path, value):
    """A copy of a JSON document with another value in one place."""
    if not path:
        return value
    copy = json.loads(json.dumps(document))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


def damaged_texts(text, seed):
    """A JSON file damaged in many ways."""
    draw = random.Random(seed)
    document = json.loads(text)
    yield from ("", "[]", "{}", "null", DEEP, "1e999", text[: len(text) // 2], "\ufeff" + text)
    for path, value in draw.sample(list(product(places(document), WRONG)), 40):
        yield json.dumps(changed(document, path, value))


def test_damaged_results_cost_their_own_song_only(tmp_path, checked, capsys):
    shutil.copytree(checked, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "output" / "a" / "results.json"
    text = path.read_text(encoding="utf-8")
    whole = read_results(path)
    for damaged in damaged_texts(text, 0):
        path.write_text(damaged, encoding="utf-8")
        page = write_index(tmp_path / "output", "").read_text(encoding="utf-8")
        assert ">b</a>" in page
        if page.count("its results are damaged, check it again"):
            with pytest.raises(InputError, match="check the song again"):
                read_results(path)
        else:
            assert read_results(path) == whole
    path.write_bytes(b"\xff\xfe\0")
    assert sanity_check_complete(arguments=["--workspace", str(tmp_path), "--quick", "--all"]) == 0
    assert {row["song"]: row["status"] for row in rows(tmp_path).values()} == {
        "a": "done",
        "b": "finished before",
    }
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_in_place_of_results_is_not_waited_for(tmp_path):
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / "results.json")
    with pytest.raises(InputError, match="it is a pipe, wanted a file"):
        read_results(tmp_path / "a" / "results.json")
    page = write_index(tmp_path, "").read_text(encoding="utf-8")
    assert "its results are damaged, check it again" in page


def test_results_that_name_other_files_are_not_finished(tmp_path, checked):
    """Nor is anything read that is no file of the song."""
    shutil.copytree(checked, tmp_path, dirs_exist_ok=True)
    job = job_of(tmp_path, "a")
    assert job.finished() is not None
    facts = read_results(job.facts_path)
    (job.results / "waiting").mkdir()
    for name in ("../b/report.html", "/dev/zero", "waiting", "", "nothing\n"):
        write_results(job.facts_path, {**facts, "files": {**facts["files"], name: "0" * 64}})
        assert job.finished() is None


@pytest.mark.parametrize(
    ("name", "full_quality"),
    [("alignment.json", False), ("alignment.json", True), ("original.json", True)],
)
def test_a_broken_alignment_or_original_is_told_before_the_work(
    tmp_path, monkeypatch, capsys, name, full_quality
):
    add_pair(tmp_path, "a")
    prepare_pairs(options(tmp_path, no_align=False))
    path = tmp_path / "rtg" / "100-window" / name
    text = path.read_text(encoding="utf-8")
    monkeypatch.setattr(one_song, "take_apart", lambda *_: 1 / 0)  # the work begins
    arguments = ["--workspace", str(tmp_path), "--quick"] + ["--full-quality"] * full_quality
    n_refused = 0
    for damaged in damaged_texts(text, 1):
        path.write_text(damaged, encoding="utf-8")
        try:
            assert sanity_check_complete(arguments=arguments) == 2
        except ZeroDivisionError:
            continue  # what was changed does not matter to a check
        n_refused += 1
        told = capsys.readouterr().err
        assert told.startswith("error: ")
        assert told.count("\n") == 1
        assert "prepare it again" in told
    assert n_refused > 15


def test_a_level_that_no_sound_can_have_is_refused(tmp_path):
    facts = dict.fromkeys(("offset_ms", "drift_ppm", "polarity", "confidence"), 1)
    facts |= {"is_confident": True, "reason": "", "null_depth_db": {"before": 0, "after": 0}}
    path = tmp_path / "alignment.json"
    path.write_text(json.dumps(facts | {"gain_db": -240}))
    assert read_alignment(tmp_path)["gain_db"] == -240
    for gain_db in (1e5, -301):
        path.write_text(json.dumps(facts | {"gain_db": gain_db}))
        with pytest.raises(InputError, match=r"\(gain_db\); prepare it again"):
            read_alignment(tmp_path)


def original_of(folder, role, path, digest="0" * 64):
    """Let `original.json` name a file in one role, and one of the workspace in the other."""
    named, other = ({"file": str(file), "sha256": digest} for file in (path, folder / "other.wav"))
    mixture, reference = (named, other) if role == "mixture" else (other, named)
    facts = mixture | {"clip_start_s": None, "gain": 1.0, "reference": reference}
    (folder / "original.json").write_text(json.dumps(facts))


@pytest.mark.parametrize("role", ["mixture", "reference"])
def test_an_original_lies_in_the_workspace_or_was_given(tmp_path, role):
    workspace, elsewhere = tmp_path / "workspace", tmp_path / "elsewhere"
    folder = workspace / "rtg"
    for made in (folder, elsewhere):
        made.mkdir(parents=True)
    inside, outside = workspace / "a.wav", elsewhere / "b.wav"
    inside.touch()
    outside.touch()
    link = workspace / "link.wav"
    link.symlink_to(outside)
    for name in (inside, workspace / "rtg" / ".." / "a.wav"):
        original_of(folder, role, name)
        assert getattr(read_original(folder, workspace), role).path == inside.resolve()
    for name in (outside, link, workspace / ".." / "elsewhere" / "b.wav", "relative.wav"):
        original_of(folder, role, name)
        with pytest.raises(InputError, match="neither lies in the workspace nor was given"):
            read_original(folder, workspace)
    original_of(folder, role, "a\0b")
    with pytest.raises(InputError, match="is not what was written there"):
        read_original(folder, workspace)
    original_of(folder, role, inside)
    with pytest.raises(InputError, match="neither lies in the workspace"):
        read_original(folder, None)
    # What preparing was given counts, with these contents and under this name.
    given, own = (OriginalFile(path.resolve(), "1" * 64) for path in (outside, inside))
    mixture, reference = (given, own) if role == "mixture" else (own, given)
    write_original(folder, Original(mixture, reference, None, 1.0), workspace)
    assert getattr(read_original(folder, workspace), role).path == outside.resolve()
    for other, digest in ((outside, "2" * 64), (elsewhere / "c.wav", "1" * 64)):
        original_of(folder, role, other, digest)
        with pytest.raises(InputError, match="nor was given"):
            read_original(folder, workspace)
    write_original(folder, Original(given, given, None, 1.0), workspace)
    assert getattr(read_original(folder, None), role).sha256 == "1" * 64


def test_without_a_place_to_remember_full_quality_is_refused_and_nothing_else(
    tmp_path, monkeypatch, capsys
):
    add_pair(tmp_path / "elsewhere", "a")
    files = tmp_path / "elsewhere" / "process" / "100-window"
    workspace = tmp_path / "workspace"
    given = {"mixture": files / "a_100-full.wav", "vocal": files / "a_100-stem.wav"}
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    prepare_pairs(options(workspace, **given))
    assert check(workspace, sanity_check_complete) == 2
    assert "nor was given to preparing" in capsys.readouterr().err
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    prepare_pairs(options(workspace, **given))
    assert check(workspace, sanity_check_complete) == 0
    marks = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert [mark.stat().st_size for mark in marks] == [0, 0]


def test_a_file_of_the_workspace_is_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    add_pair(tmp_path, "a")
    prepare_all(tmp_path)
    assert not os.path.exists(tmp_path / "state")
