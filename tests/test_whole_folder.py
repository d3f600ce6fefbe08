"""`--all`: every song, whatever happens to some, and nothing twice."""

import csv
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from vocal_separation_sanity_check.check import SongOutcome, processes
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.files import sha256_of
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs.job import SongJob

pytestmark = [pytest.mark.compiled, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[1]
RATE = 22050
COMMAND = [sys.executable, str(ROOT / "sanity_check_complete.py"), "--all", "--quick"]


def prepared(workspace, name, duration_s=1.5):
    folder = workspace / "rtg" / "100-window" / name
    folder.mkdir(parents=True)
    song = demo_song(duration_s, RATE)
    soundfile.write(folder / "stereo_mixture.wav", song.mixture.mean(1), RATE)
    soundfile.write(folder / "isolated_vocal.wav", song.vocal.mean(1), RATE)
    return folder


def run(workspace, *flags, **options):
    return subprocess.run(
        [*COMMAND, "--workspace", str(workspace), *flags],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def rows(workspace):
    with (workspace / "output" / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["song"]: row for row in csv.DictReader(file)}


def assert_whole(workspace, names):
    """Every song has all its files, every file opens, and nothing else lies about."""
    for name in names:
        folder = workspace / "output" / name
        facts = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        assert {path.name for path in folder.iterdir()} == {*facts["files"], "results.json"}
        for file, digest in facts["files"].items():
            assert sha256_of(folder / file) == digest
            if file.endswith(".wav"):
                assert (
                    soundfile.info(folder / file).frames == facts["inputs"]["mixture"]["n_samples"]
                )
        with np.load(folder / "mask.npz", allow_pickle=False) as stored:
            assert 0 <= stored["mask"].min() <= stored["mask"].max() <= 1


def test_broken_songs_are_told_at_the_end_and_the_others_are_done(tmp_path):
    for name in ("Año <b>", "b"):
        prepared(tmp_path, name)
    (prepared(tmp_path, "no mixture") / "stereo_mixture.wav").unlink()
    (prepared(tmp_path, "no vocal") / "isolated_vocal.wav").unlink()
    cut = prepared(tmp_path, "cut off") / "stereo_mixture.wav"
    cut.write_bytes(cut.read_bytes()[:30_000])
    result = run(tmp_path)
    assert result.returncode == 2
    assert "3 of 5 songs failed" in result.stderr
    assert result.stderr.count("\n") == 1
    told = result.stdout[result.stdout.index("Failed:") :]
    assert [line.split("  ")[1] for line in told.splitlines()[1:4]] == [
        "cut off",
        "no mixture",
        "no vocal",
    ]
    assert_whole(tmp_path, ["Año <b>", "b"])
    table = rows(tmp_path)
    assert list(table) == sorted(table)
    assert [row["status"] for row in table.values()].count("failed") == 3
    assert "cut off" in table["cut off"]["reason"]
    assert float(table["b"]["si_sdr_extraction_db"]) > float(table["b"]["si_sdr_mixture_db"]) + 5
    assert "Año &lt;b&gt;" in (tmp_path / "output" / "index.html").read_text(encoding="utf-8")


def test_finished_songs_are_skipped_until_something_changes(tmp_path):
    names = ["a", "b", "c"]
    for name in names:
        prepared(tmp_path, name)
    written = {}

    def redone(*flags):
        result = run(tmp_path, *flags)
        assert result.returncode == 0, result.stderr
        now = {n: (tmp_path / "output" / n / "results.json").stat().st_mtime_ns for n in names}
        new = [name for name in names if now[name] != written.get(name)]
        assert sorted(n for n in names if rows(tmp_path)[n]["status"] == "done") == new
        written.update(now)
        return new

    assert redone() == names
    assert redone() == []
    mixture = tmp_path / "rtg" / "100-window" / "b" / "stereo_mixture.wav"
    samples, _ = soundfile.read(mixture)
    soundfile.write(mixture, 0.9 * samples, RATE)
    assert redone() == ["b"]
    (tmp_path / "output" / "c" / "extracted_vocal.wav").write_bytes(b"short")
    (tmp_path / "output" / "a" / "report.html").unlink()
    assert redone() == ["a", "c"]
    zeroed = tmp_path / "output" / "b" / "extracted_music.wav"
    content = zeroed.read_bytes()
    zeroed.write_bytes(content[:50_000] + bytes(len(content) - 50_000))
    assert redone() == ["b"]
    facts = tmp_path / "output" / "c" / "results.json"
    figure = json.dumps(json.loads(facts.read_text())["si_sdr_db"]["extraction"])
    facts.write_text(facts.read_text().replace(figure, "77.5"))
    assert redone() == ["c"]
    assert redone("--seed", "1") == names
    assert_whole(tmp_path, names)


def test_kill_nine_at_any_moment_and_resume(tmp_path):
    names = [f"song {k}" for k in range(4)]
    for name in names:
        prepared(tmp_path, name)
    moments = np.random.default_rng(24).uniform(0.3, 1.0, 3)
    for share in moments:
        process = subprocess.Popen(
            [*COMMAND, "--workspace", str(tmp_path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Wait for the first sign of a result, then for some of the time that a song takes.
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("output/*/*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(share)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        assert not psutil.wait_procs(workers, timeout=10)[1], "workers outlived their parent"
        for path in tmp_path.glob("output/*/results.json"):
            assert_files_of(path)
    assert run(tmp_path).returncode == 0
    assert_whole(tmp_path, names)


def assert_files_of(path):
    """What is there of a finished song is complete."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    for file, digest in facts["files"].items():
        assert sha256_of(path.parent / file) == digest


def test_a_disk_that_refuses_is_told_and_leaves_nothing_half(tmp_path):
    prepared(tmp_path, "a")
    prepared(tmp_path, "b")
    most = 60_000

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    result = run(tmp_path, preexec_fn=limit)
    assert result.returncode == 2
    assert "File too large" in result.stdout
    assert not [path for path in (tmp_path / "output").rglob("*") if ".part" in path.name]
    assert not list((tmp_path / "output").rglob("results.json"))
    assert run(tmp_path).returncode == 0
    assert_whole(tmp_path, ["a", "b"])


def job_of(workspace, name):
    source, results = workspace / "rtg" / "100-window" / name, workspace / "output" / name
    return SongJob(name, source, results, "", Settings(), is_quick=True)


def die_on(job):
    """In place of `attempt_song`: one song kills its process."""
    if job.song == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    return SongOutcome(job.song, "done", "", {})


def test_a_song_that_kills_its_process_takes_no_other_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "attempt_song", die_on)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    jobs = [job_of(tmp_path, name) for name in ("a", "killer", "b", "c", "d")]
    outcomes = []
    before = {name: os.environ.get(name) for name in processes.THREAD_LIMITS}
    processes.run_in_processes(jobs, outcomes.append)
    told = {outcome.song: outcome.status for outcome in outcomes}
    assert told == {"a": "done", "b": "done", "c": "done", "d": "done", "killer": "failed"}
    assert len(outcomes) == 5
    assert {name: os.environ.get(name) for name in processes.THREAD_LIMITS} == before
