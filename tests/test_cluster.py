"""Songs on a Dask cluster: a scheduler and two workers on this machine, one of which dies."""

import gc
import os
import re
import shutil
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
from vocal_separation_sanity_check.check.cluster import RemoteSong
from vocal_separation_sanity_check.locks import LOCK_NAME, holder_of

pytest.importorskip("distributed")
pytestmark = [pytest.mark.compiled, pytest.mark.slow]

PATIENCE_S = 600
"""What never ends must fail; what is slow, on a machine that others use as well, must not."""
NO_WORKER = "no worker is there: waiting for one (Ctrl-C ends this)"


class Cluster:
    """A scheduler and workers as processes of their own."""

    def __init__(self, folder, scheme="tcp", environment=None):
        self.processes, self.workers = [], []
        self._environment = os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {})
        log = folder / "scheduler.txt"
        module = "distributed.cli.dask_scheduler"
        with log.open("w") as out:
            host = ["--host", "127.0.0.1", "--port", "0", "--protocol", scheme]
            self.scheduler = self._start(module, *host, stdout=out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(rf"{scheme}://127\.0\.0\.1:\d+", log.read_text())):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        self.address = found[0]

    def _start(self, *arguments, **options):
        command = [sys.executable, "-m", *arguments, "--no-dashboard"]
        process = subprocess.Popen(command, cwd=ROOT, env=self._environment, **options)
        self.processes.append(process)
        return process

    def add_worker(self):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        flags = ["--nthreads", "1", "--no-nanny"]
        worker = self._start("distributed.cli.dask_worker", self.address, *flags, **quiet)
        self.workers.append(worker)


@contextmanager
def cluster_of(n_workers, folder, **options):
    cluster = Cluster(folder, **options)
    try:
        for _ in range(n_workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in cluster.processes:
            process.kill()
            process.wait()


def start_check(workspace, address, **options):
    command = [sys.executable, str(ROOT / "sanity_check_complete.py"), "--quick"]
    command += ["--scheduler", address, "--workspace", str(workspace)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    unbuffered = os.environ | {"PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, **pipes, **({"env": unbuffered} | options))


def test_a_worker_that_dies_loses_no_song(tmp_path):
    names = [f"song {k}" for k in range(6)]
    for name in names:
        prepared(tmp_path, name)
    with cluster_of(2, tmp_path) as running:
        process = start_check(tmp_path, running.address)
        deadline = time.monotonic() + PATIENCE_S
        while not list(tmp_path.glob("output/*/results.json")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(running.workers[0].pid, signal.SIGKILL)
        told, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, told
        assert psutil.pid_exists(running.workers[1].pid)
    assert_whole(tmp_path, names)
    # A song of which the news was lost with the worker is found to be finished.
    assert {row["status"] for row in rows(tmp_path).values()} <= {"done", "finished before"}
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
    # Another line than the sender's is what a machine without our folders reads, if any.
    monkeypatch.setattr(cluster, "RemoteSong", lambda *parts: RemoteSong(*parts[:2], "", parts[3]))
    outcomes = {}
    with cluster_of(1, tmp_path) as running:
        cluster.run_on_cluster(
            running.address, jobs, lambda outcome: outcomes.update({outcome.song: outcome})
        )
    told = {song: outcome.status for song, outcome in outcomes.items()}
    assert told == {"a": "done", "b": "done", "broken": "failed", "odd": "failed"}
    assert_whole(tmp_path, names)
    assert all(job.finished() for job in jobs[:2])
    assert not jobs[2].error_log_path.exists()
    assert outcomes["odd"].reason.endswith(f"(traceback: {odd.error_log_path})")
    assert "Traceback" in odd.error_log_path.read_text(encoding="utf-8")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "", "http://x", "inproc://x"])
def test_an_address_where_nothing_answers_is_told(tmp_path, monkeypatch, address):
    monkeypatch.setattr(cluster, "CONNECT_S", 1)
    prepared(tmp_path, "a")
    with pytest.raises(InputError, match=f"no Dask scheduler answers at {address}: "):
        cluster.run_on_cluster(address, [job_of(tmp_path, "a")], print)
    gc.collect()  # what Dask left half made would end in a traceback


def test_a_scheduler_that_goes_is_named_and_one_without_workers_waited_for(tmp_path):
    for name in ("a", "b"):
        prepared(tmp_path, name)
    (tmp_path / "output").mkdir()
    with cluster_of(0, tmp_path) as running:
        process = start_check(tmp_path, running.address)
        told = process.stdout.readline()
        assert (
            told == f"  {running.address}: no worker is there: waiting for one (Ctrl-C ends this)\n"
        )
        assert holder_of(tmp_path / "output").startswith("sanity_check_complete.py, process")
        # A second run would write the same files.
        second = start_check(tmp_path, running.address)
        assert "output is in use by sanity_check_complete.py, process" in second.communicate()[1]
        running.scheduler.kill()
        told, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    reason = f"the scheduler at {running.address} is gone; start it, and run this again"
    assert told.count(reason) == 4  # as it happens, and at the end
    assert errors == f"error: 2 of 2 songs failed; see above or {tmp_path}/output/summary.csv\n"
    assert {path.name for path in (tmp_path / "output").iterdir()} == {"index.html", "summary.csv"}


def test_what_a_killed_run_holds_is_free_again(tmp_path):
    """What tells workers that they see the same folder does not stay behind."""
    prepared(tmp_path, "a")
    with cluster_of(0, tmp_path) as running:
        process = start_check(tmp_path, running.address)
        process.stdout.readline()
        process.kill()
        process.communicate()
        assert (tmp_path / "output" / LOCK_NAME).exists()
        process = start_check(tmp_path, running.address)
        process.stdout.readline()
        running.add_worker()
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")
    assert_whole(tmp_path, ["a"])
    assert not list((tmp_path / "output").glob(".*"))


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_certificates_come_from_dasks_own_configuration(tmp_path):
    prepared(tmp_path, "a")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    tls = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(certificate)}
    for who in ("SCHEDULER", "WORKER", "CLIENT"):
        tls[f"DASK_DISTRIBUTED__COMM__TLS__{who}__KEY"] = str(key)
        tls[f"DASK_DISTRIBUTED__COMM__TLS__{who}__CERT"] = str(certificate)
    with cluster_of(1, tmp_path, scheme="tls", environment=tls) as running:
        process = start_check(tmp_path, running.address)
        assert "no Dask scheduler answers at tls://" in process.communicate(timeout=PATIENCE_S)[1]
        process = start_check(tmp_path, running.address, env=os.environ | tls)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")
    assert_whole(tmp_path, ["a"])
