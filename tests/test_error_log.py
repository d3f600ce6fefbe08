"""What goes wrong with a song: a line for the user, and a traceback for us in `error.log`."""

from pathlib import Path

import pytest
from test_whole_folder import assert_whole, job_of, prepared

from vocal_separation_sanity_check import InputError
from vocal_separation_sanity_check.check import attempt, processes
from vocal_separation_sanity_check.commands import checking, sanity_check_complete

pytestmark = [pytest.mark.compiled, pytest.mark.slow]


def stumble_over(job, *_):
    """In place of `check_song`: a mistake of ours."""
    raise ValueError(f"operands could not be broadcast\ntogether in {job.song}")


def stumble(job):
    """In place of `attempt_song`, in its process: one song meets a mistake of ours."""
    if job.song == "b":
        attempt.check_song = stumble_over
    return attempt.attempt_song(job)


def test_a_mistake_of_ours_is_logged_with_its_traceback(tmp_path, monkeypatch):
    for name in ("a", "b"):
        prepared(tmp_path, name)
    jobs = [job_of(tmp_path, name) for name in ("a", "b")]
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    outcomes = {}
    with monkeypatch.context() as patched:
        patched.setattr(processes, "attempt_song", stumble)
        processes.run_in_processes(jobs, lambda outcome: outcomes.update({outcome.song: outcome}))
    assert outcomes["a"].status == "done"
    log = tmp_path / "output" / "b" / "error.log"
    told = "ValueError: operands could not be broadcast together in b"
    assert outcomes["b"].line == f"failed: {told} (traceback: {log})"
    text = log.read_text(encoding="utf-8")
    assert text.startswith("Traceback (most recent call last)")
    assert "in stumble_over" in text
    assert [path.name for path in log.parent.iterdir()] == ["error.log"]
    # The next attempt does away with it, however it ends.
    assert attempt.attempt_song(jobs[1]).status == "done"
    assert_whole(tmp_path, ["a", "b"])
    log.write_text("old", encoding="utf-8")
    (jobs[1].prepared / "isolated_vocal.wav").unlink()
    assert attempt.attempt_song(jobs[1]).status == "failed"
    assert not log.exists()


@pytest.mark.parametrize(
    ("error", "is_ours"),
    [
        (InputError("the vocal is silent"), False),
        (ValueError("bad shape"), True),
        (OSError("stale file handle"), True),
        (AssertionError(), True),
        (MemoryError("no room"), True),
    ],
)
def test_only_what_the_user_can_mend_is_told_without_a_log(tmp_path, monkeypatch, error, is_ours):
    def fail(*_):
        raise error

    monkeypatch.setattr(attempt, "check_song", fail)
    job = job_of(tmp_path, "a\udcff")  # a name that is not Unicode must not hide the mistake
    outcome = attempt.attempt_song(job)
    assert outcome.status == "failed"
    assert str(error) in outcome.reason
    assert ("error.log" in outcome.reason) == (type(error).__name__ in outcome.reason) == is_ours
    assert job.error_log_path.is_file() == is_ours


def test_a_log_that_cannot_be_written_does_not_stop_the_others(tmp_path, monkeypatch):
    (tmp_path / "output").write_text("in the way")
    monkeypatch.setattr(attempt, "check_song", stumble_over)
    reason = attempt.attempt_song(job_of(tmp_path, "a")).reason
    assert "broadcast together in a (without a traceback: cannot write" in reason


def test_a_mistake_of_ours_in_a_single_song_is_not_hidden(tmp_path, monkeypatch):
    prepared(tmp_path, "a")
    monkeypatch.setattr(checking, "check_song", stumble_over)
    with pytest.raises(ValueError, match="in a"):
        sanity_check_complete(arguments=["--workspace", str(tmp_path), "--quick"])
