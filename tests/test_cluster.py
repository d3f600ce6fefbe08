"""Songs on a Dask cluster: a scheduler and two workers on this machine, one of which dies."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest
from test_whole_folder import ROOT, assert_whole, job_of, prepared, rows, run

from vocal_separation_sanity_check import InputError
from vocal_separation_sanity_check.check import cluster

pytest.importorskip("distributed")
pytestmark = [pytest.mark.compiled, pytest.mark.slow]


@contextmanager
def cluster_of(n_workers, tmp_path):
    """Run a scheduler and workers as processes of their own; give its address and theirs."""
    processes = []
    path = tmp_path / "scheduler.txt"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def start(*arguments, **options):
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=environment, **options
        )
        processes.append(process)
        return process

    try:
        with path.open("w") as log:
            scheduler = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
            start(*scheduler, "--no-dashboard", stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while not (found := re.search(r"tcp://127\.0\.0\.1:\d+", path.read_text())):
            assert time.monotonic() < deadline, path.read_text()
            time.sleep(0.05)
        address = found[0]
        worker = ["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
        workers = [
            start(*worker, "--no-dashboard", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(n_workers)
        ]
        yield address, workers
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_worker_that_dies_loses_no_song(tmp_path):
    names = [f"song {k}" for k in range(6)]
    for name in names:
        prepared(tmp_path, name)
    with cluster_of(2, tmp_path) as (address, workers):
        command = [sys.executable, str(ROOT / "sanity_check_complete.py"), "--quick"]
        command += ["--scheduler", address, "--workspace", str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("output/*/results.json")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(workers[0].pid, signal.SIGKILL)
        told, _ = process.communicate(timeout=180)
        assert process.returncode == 0, told
        assert psutil.pid_exists(workers[1].pid)
    assert_whole(tmp_path, names)
    assert {row["status"] for row in rows(tmp_path).values()} == {"done"}
    assert not list((tmp_path / "output").glob(".*"))
    # What the cluster did counts as done for a run without it.
    assert run(tmp_path).returncode == 0
    assert {row["status"] for row in rows(tmp_path).values()} == {"finished before"}


def test_songs_travel_as_bytes_where_the_worker_cannot_read_them(tmp_path, monkeypatch):
    names = ["a", "b"]
    for name in names:
        prepared(tmp_path, name)
    (prepared(tmp_path, "broken") / "isolated_vocal.wav").unlink()
    # What only a mistake of ours can be: settings that a worker finds changed on the way.
    odd = job_of(tmp_path, "odd")
    prepared(tmp_path, "odd")
    object.__setattr__(odd.settings, "hop_length", "1024")
    jobs = [*(job_of(tmp_path, name) for name in [*names, "broken"]), odd]
    for job in jobs:
        job.results.mkdir(parents=True)
        job.error_log_path.write_text("of an earlier check", encoding="utf-8")
    # A token that is not there is what a machine without our folders sees.
    monkeypatch.setattr(cluster, "_make_token", lambda folder: folder / "not.there")
    outcomes = {}
    with cluster_of(1, tmp_path) as (address, _):
        cluster.run_on_cluster(
            address, jobs, lambda outcome: outcomes.update({outcome.song: outcome})
        )
    told = {song: outcome.status for song, outcome in outcomes.items()}
    assert told == {"a": "done", "b": "done", "broken": "failed", "odd": "failed"}
    assert_whole(tmp_path, names)
    assert all(job.finished() for job in jobs[:2])
    assert not jobs[2].error_log_path.exists()
    assert outcomes["odd"].reason.endswith("(traceback: odd/error.log)")
    assert "Traceback" in odd.error_log_path.read_text(encoding="utf-8")


def test_an_address_where_nothing_answers_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 1)
    prepared(tmp_path, "a")
    with pytest.raises(InputError, match="no Dask scheduler answers at"):
        cluster.run_on_cluster("tcp://127.0.0.1:9", [job_of(tmp_path, "a")], print)
