"""What makes a finished song be done again: the program, its libraries (the rest: `--all`)."""

import os
import runpy
import shutil
import subprocess
import sys

import pytest
from test_whole_folder import COMMAND, ROOT, job_of, prepared, rows

from vocal_separation_sanity_check.check import attempt
from vocal_separation_sanity_check.songs import program

pytestmark = [pytest.mark.compiled, pytest.mark.slow]


@pytest.mark.thorough
def test_a_mended_program_does_finished_songs_again(tmp_path):
    """The version may be the same: the program's own source decides, and its page templates."""
    package = tmp_path / "copy" / "vocal_separation_sanity_check"
    shutil.copytree(ROOT / package.name, package)
    script = shutil.copy(ROOT / "sanity_check_complete.py", package.parent)
    prepared(tmp_path, "a")

    def status():
        command = [sys.executable, script, *COMMAND[2:], "--workspace", str(tmp_path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return rows(tmp_path)["a"]["status"]

    def digest():
        return runpy.run_path(package / "songs" / "program.py")["source_digest"]()

    assert status() == "done"
    assert status() == "finished before"
    digests = [digest()]
    for name in ("scoring/bleed.py", "report/pages/report.css", "report/pages/index.html.jinja"):
        with (package / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        digests.append(digest())
    assert len(set(digests)) == len(digests)
    assert status() == "done"
    # Neither when a file was written nor what is no source says anything.
    os.utime(package / "scoring" / "bleed.py")
    (package / "notes.txt").write_text("a user's own")
    assert digest() == digests[-1]
    (package / "commands" / "progress.py").rename(package / "commands" / "bar.py")
    assert digest() != digests[-1]


def test_other_libraries_do_finished_songs_again(tmp_path, monkeypatch):
    prepared(tmp_path, "a")
    job = job_of(tmp_path, "a")
    assert attempt.attempt_song(job).status == "done"
    assert job.finished() is not None
    true_version = program.version
    for name in ("numpy", "soxr", program.PACKAGE):
        program.library_versions.cache_clear()
        monkeypatch.setattr(
            program, "version", lambda asked, name=name: f"{true_version(asked)}{asked == name}"
        )
        assert job.finished() is None
    monkeypatch.undo()
    program.library_versions.cache_clear()
    assert job.finished() is not None
