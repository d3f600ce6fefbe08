"""What the doctor says: of this installation, and of some in which things are missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vocal_separation_sanity_check.doctor import Examination, Finding, State, as_table
from vocal_separation_sanity_check.doctor.own_process import running
from vocal_separation_sanity_check.doctor.packages import LIBRARIES

pytestmark = [pytest.mark.slow, pytest.mark.compiled]
ROOT = Path(__file__).resolve().parents[1]

HIDE = """
import sys


class Hidden:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name.partition(".")[0])


sys.meta_path.insert(0, Hidden)
"""


def doctor(*arguments, hidden=(), programs=None, places=""):
    """Run the script, with libraries that cannot be found and with other programs on the path."""
    environment = dict(os.environ)
    if hidden:
        folder = Path(places)
        (folder / "sitecustomize.py").write_text(HIDE.format(names=set(hidden)), encoding="utf-8")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), str(folder))))
    if programs is not None:
        environment["PATH"] = str(programs)
    return subprocess.run(
        [sys.executable, ROOT / "doctor.py", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def found_by_name(done):
    facts = json.loads(done.stdout)
    return facts, {one["name"]: one for one in facts["findings"]}


@pytest.fixture
def read_only(tmp_path):
    """A folder that nothing can be written to, which for root only the system has."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        folder = Path("/proc")
        if not folder.is_dir():
            pytest.skip("root may write everywhere here")
        yield folder
        return
    if sys.platform == "win32":
        pytest.skip("folders are not made read-only like this here")
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


def test_here_the_main_job_works(tmp_path):
    done = doctor("--workspace", str(tmp_path))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if len(line) > 80 and "install" not in line] == []
    assert lines[-1].startswith("The main job works. Looked at in ")
    for part in ("Python", "cores", "memory", "this folder", "ffmpeg", "Chromium", "kernels"):
        assert any(line[10:].startswith(part) for line in lines), part
    for told in ("ok      numpy", "ok      torch", "ok      cpu", "SI-SDR 15.38 of 15.38 dB"):
        assert any(told in line for line in lines), told
    assert list(tmp_path.iterdir()) == [], "nothing is left in the folder that it looks at"


def test_without_ffmpeg(tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    done = doctor(
        "--workspace", str(tmp_path), "--json", hidden=["lightning"], programs=programs,
        places=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts, found = found_by_name(done)
    assert facts["works"]
    assert found["ffmpeg"]["state"] == found["Chromium"]["state"] == "missing"
    assert found["ffmpeg"]["remedy"].endswith("install ffmpeg")
    assert found["stempeg"]["state"] == "fails"
    assert found["stempeg"]["found"] == "needs ffmpeg"
    assert found["stempeg"]["remedy"] == found["ffmpeg"]["remedy"]
    assert found["lightning"]["state"] == "missing"
    assert found["torch"]["state"] == "ok"


@pytest.mark.skipif(os.name == "nt", reason="programs are no shell scripts there")
def test_an_ffmpeg_that_lacks_decoders_or_does_not_run(tmp_path):
    from vocal_separation_sanity_check.doctor.programs import program_findings

    program = tmp_path / "ffmpeg"
    script = """#!/bin/sh
case "$*" in
*-decoders*) printf ' A....D mp3  MP3\\n V....D h264  H.264\\n A....D aac  AAC\\n' ;;
*) echo 'ffmpeg version 7.1-tiny Copyright' ;;
esac
"""
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        found = next(program_findings())
        assert found.state is State.DIFFERS
        assert found.found == "7.1, without alac ac3 wmav2 opus vorbis flac"
        program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        found = next(program_findings())
        assert found.state is State.FAILS
        assert found.found == "it is there, and does not run"


def test_without_torch_and_in_a_read_only_folder(tmp_path, read_only):
    done = doctor(
        "--workspace", str(read_only), "--json", hidden=["torch"], places=tmp_path
    )  # fmt: skip
    facts, found = found_by_name(done)
    assert done.returncode == 2
    assert not facts["works"]
    assert done.stderr.startswith("error: the main job does not work here: this folder fails (not")
    assert done.stderr.count(";") == 0, "nothing but the folder is in its way"
    assert found["this folder"]["remedy"].endswith("name another folder: --workspace DIR")
    assert found["torch"]["state"] == "missing"
    assert "[unet]'" in found["torch"]["remedy"]
    assert found["lightning"]["found"] == "needs torch"
    assert "cpu" not in found, "no devices without PyTorch"
    assert found["1 s separated"]["state"] == "ok"


@pytest.mark.thorough
def test_without_what_it_cannot_do_without(tmp_path):
    done = doctor("--workspace", str(tmp_path), hidden=["numpy"], places=tmp_path)
    assert done.returncode == 2
    assert "numpy missing" in done.stderr
    assert "scipy fails (needs numpy)" in done.stderr
    assert "ModuleNotFoundError: No module named 'numpy'" in " ".join(done.stderr.split())
    assert "pip install" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_library_that_ends_the_process_is_a_line_of_the_table(tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text("import os\nos._exit(3)\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with running("loading", "json", "deadly", "csv") as process:
        told = list(process.told())
    assert told == [{"begins": "json"}, {"module": "json"}, {"begins": "deadly"}]
    assert process.died == "its process ended with status 3"


def test_a_file_in_the_folder_is_not_taken_for_a_library(tmp_path, monkeypatch):
    (tmp_path / "tqdm.py").write_text("raise SystemExit('not me')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with running("loading", "tqdm") as process:
        assert list(process.told())[-1] == {"module": "tqdm"}


def test_the_line_to_run_is_given_once_and_whole():
    line = "python -m pip install " + 80 * "x"
    findings = tuple(
        Finding("extra separate", name, State.MISSING, "", "a score of something", line)
        for name in ("one", "other")
    )
    text = as_table(Examination("1", findings, 1.0))
    assert text.count(line) == 1
    assert "For one, other:\n  " + line in text


def test_what_is_said_and_what_is_asked_for_are_the_same():
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {"": project["dependencies"], **project["optional-dependencies"]}
    del wanted["lint"]
    names = {extra: {Requirement(text).name for text in texts} for extra, texts in wanted.items()}
    told = {extra: {library.name for library in group} for extra, group in LIBRARIES.items()}
    assert told == names


def test_the_tested_versions_are_those_of_the_constraints():
    copy = ROOT / "vocal_separation_sanity_check" / "doctor" / "tested_versions.txt"
    same = copy.read_text(encoding="utf-8") == (ROOT / "constraints.txt").read_text(
        encoding="utf-8"
    )
    assert same, f"cp constraints.txt {copy.relative_to(ROOT)}"
