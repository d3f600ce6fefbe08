"""Songs in several processes of this machine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process

from vocal_separation_sanity_check.song_job import SongJob
from vocal_separation_sanity_check.song_outcome import OnOutcome, SongOutcome, failed, run_job

THREAD_LIMITS = (
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Variables that hold the libraries to their share of the cores; read when they are loaded."""

_DIED = "its process was killed; is there enough memory?"


def run_in_processes(jobs: Sequence[SongJob], on_outcome: OnOutcome) -> None:
    """Check songs, as many at a time as there are cores, each with its share of threads.

    A process that dies takes nothing with it: what it was at is done again, one song at a time,
    and a song whose process dies then as well has failed.

    Parameters
    ----------
    jobs : sequence of SongJob
    on_outcome : callable
        Told what became of each song, as soon as it is known.
    """
    waiting = list(jobs)
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    n_workers = max(1, min(n_cores or 1, len(waiting)))
    with _limited_threads(max(1, (n_cores or 1) // n_workers)):
        while waiting:
            interrupted = _run(waiting, n_workers, on_outcome)
            for job in interrupted:
                for _ in _run([job], 1, on_outcome):
                    on_outcome(failed(job.song, _DIED))


def _run(waiting: list[SongJob], n_workers: int, on_outcome: OnOutcome) -> list[SongJob]:
    """Work off `waiting`; give the songs that were under way when a process died."""
    pool = ProcessPoolExecutor(n_workers, get_context("spawn"), _live_with_parent)
    running: dict[Future[SongOutcome], SongJob] = {}
    try:
        while waiting or running:
            while waiting and len(running) < n_workers:
                running[pool.submit(run_job, waiting[0])] = waiting[0]
                del waiting[0]
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                on_outcome(future.result())
                del running[future]
    except BrokenProcessPool:
        return list(running.values())
    except KeyboardInterrupt:
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return []


def _live_with_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _limited_threads(n_threads: int) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(dict.fromkeys(THREAD_LIMITS, str(n_threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
