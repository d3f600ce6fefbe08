"""Attacks on what is under way: two commands at a time, songs that change, a failing cluster."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attempts import (
    CHECK,
    PREPARE,
    ROOT,
    Attempt,
    LostError,
    ended,
    kill,
    start,
    tried,
    wait_for,
)
from trial_songs import vouched, write_pair, write_prepared

N_RACES, N_FOLDERS, N_CLUSTERS = 12, 8, 6
SOON_S = 4.0
"""A check takes about as long, from its start to its end."""


def two_checks(workspace: Path) -> Iterator[Attempt]:
    """With other settings, of the same song: one is refused, or they come one after the other."""
    write_prepared(workspace, "a")
    draw = random.Random(20)

    def act() -> str:
        (workspace / "output" / "a" / "results.json").unlink(missing_ok=True)
        first = start(workspace, CHECK)
        wait_for(first, draw.uniform(0, SOON_S))
        second = start(workspace, CHECK, "--hop-length", "512")
        told = {ended(first), ended(second)}
        if "done" not in told or not vouched(workspace, "a"):
            raise LostError(f"nothing came of either: {told}")
        return "told" if "told" in told else "done"

    for _ in range(N_RACES):
        yield tried("two checks of a song at a time", act)


def two_folders(workspace: Path) -> Iterator[Attempt]:
    """Two runs of --all: what one is at, the other leaves; a third finishes the rest."""
    names = ["a", "b"]
    for name in names:
        write_prepared(workspace, name)
    draw = random.Random(21)

    def act() -> None:
        for name in names:
            (workspace / "output" / name / "results.json").unlink(missing_ok=True)
        first = start(workspace, CHECK, "--all")
        wait_for(first, draw.uniform(0, SOON_S))
        second = start(workspace, CHECK, "--all")
        ended(first), ended(second)
        if not all(vouched(workspace, name) for name in names):
            raise LostError("a song was finished by neither")

    for _ in range(N_FOLDERS):
        yield tried("two runs of --all at a time", act)


def changing_songs(workspace: Path) -> Iterator[Attempt]:
    """The song is replaced, and prepared again, while it is checked in full quality."""
    draw = random.Random(22)
    write_pair(workspace, "a")
    ended(start(workspace, PREPARE))

    def act() -> str:
        check = start(workspace, CHECK, "--full-quality")
        wait_for(check, draw.uniform(0, SOON_S))
        write_pair(workspace, "a", gain=draw.choice([1.0, 0.5, 0.25]))
        told = {ended(start(workspace, PREPARE)), ended(check)}
        vouched(workspace, "")
        ended(start(workspace, PREPARE))
        if ended(start(workspace, CHECK, "--full-quality")) != "done" or not vouched(workspace, ""):
            raise LostError("it cannot be checked any more")
        return "told" if "told" in told else "done"

    for _ in range(N_RACES):
        yield tried("a song is replaced and prepared during its check", act)


def vanishing_files(workspace: Path) -> Iterator[Attempt]:
    """A file that a check reads is cut, zeroed or removed under it."""
    draw = random.Random(23)
    write_pair(workspace, "a")
    ended(start(workspace, PREPARE))
    rtg = workspace / "rtg" / "100-window"
    files = [*rtg.iterdir(), *(workspace / "process" / "100-window").iterdir()]
    contents = {path: path.read_bytes() for path in sorted(files)}

    def act() -> str:
        (workspace / "output" / "results.json").unlink(missing_ok=True)
        path = draw.choice(list(contents))
        check = start(workspace, CHECK, "--full-quality")
        wait_for(check, draw.uniform(0, SOON_S))
        how, half = draw.choice(["cut", "zeroed", "gone"]), len(contents[path]) // 2
        if how == "gone":
            path.unlink()
        elif how == "cut":
            os.truncate(path, half)
        else:
            path.write_bytes(contents[path][:half] + bytes(len(contents[path]) - half))
        told = ended(check)
        for whole, content in contents.items():
            whole.write_bytes(content)
        if told == "done" and not vouched(workspace, ""):
            raise LostError("it says that it is done, and is not")
        return told

    for _ in range(N_RACES):
        yield tried("a file is cut, zeroed or removed during a check", act)


@contextmanager
def _cluster(folder: Path, n_workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and workers; the scheduler is the first of the processes."""
    log = folder / f"scheduler {time.monotonic()}.txt"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    module = [sys.executable, "-m", "distributed.cli"]
    scheduler = [f"{module[2]}.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    processes: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str, out: int) -> None:
        command = [*module[:2], *arguments, "--no-dashboard"]
        processes.append(
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        )

    try:
        with log.open("wb") as file:
            run(*scheduler, out=file.fileno())
        while not (found := re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text())):
            time.sleep(0.05)
        for _ in range(n_workers):
            worker = [f"{module[2]}.dask_worker", found[0], "--nthreads", "1", "--no-nanny"]
            run(*worker, out=subprocess.DEVNULL)
        yield found[0], processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def failing_clusters(workspace: Path) -> Iterator[Attempt]:
    """A worker, the scheduler or the command is killed; a run without a cluster finishes."""
    names = ["a", "b", "c"]
    for name in names:
        write_prepared(workspace, name)
    draw = random.Random(24)

    def act(victim: str) -> str:
        for name in names:
            (workspace / "output" / name / "results.json").unlink(missing_ok=True)
        with _cluster(workspace, 2) as (address, processes):
            command = start(workspace, CHECK, "--scheduler", address)
            wait_for(command, draw.uniform(2, 8))
            if victim == "command":
                kill(command)
            else:
                processes[{"scheduler": 0, "worker": 1}[victim]].kill()
            told = ended(command) if victim != "command" else "told"
            if victim == "worker" and told != "done":
                raise LostError("a worker that died took a song with it")
        for name in names:
            vouched(workspace, name)
        if ended(start(workspace, CHECK, "--all")) != "done":
            raise LostError("a song cannot be checked any more")
        left = [path for path in (workspace / "output").rglob(".*")]
        if left or not all(vouched(workspace, name) for name in names):
            raise LostError(f"not finished, or left behind: {left}")
        return told

    for number in range(N_CLUSTERS):
        victim = ("worker", "scheduler", "command")[number % 3]
        yield tried(f"the {victim} of a cluster is killed", lambda victim=victim: act(victim))
