"""Many songs in several processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context

from vocal_separation_sanity_check.check.attempt import attempt_song
from vocal_separation_sanity_check.check.outcome import OnOutcome, SongOutcome, failed
from vocal_separation_sanity_check.processes import live_with_parent, n_cores, no_ctrl_c
from vocal_separation_sanity_check.songs import SongJob

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
    and a song whose process dies then as well has failed. While this runs, the environment
    variables of `THREAD_LIMITS` are changed for the whole of this process: it must not be called
    from two threads at a time.

    Parameters
    ----------
    jobs : sequence of SongJob
    on_outcome : callable
        Told what became of each song, as soon as it is known.
    """
    waiting = list(jobs)
    n_workers = max(1, min(n_cores(), len(waiting)))
    with _limited_threads(max(1, n_cores() // n_workers)):
        while waiting:
            for job in _work_off(waiting, n_workers, on_outcome):
                died_again = _work_off([job], 1, on_outcome)
                if died_again:
                    on_outcome(failed(job.song, _DIED))


def _work_off(waiting: list[SongJob], n_workers: int, on_outcome: OnOutcome) -> list[SongJob]:
    """Check the songs of `waiting` and take them off it, until all are done or a process dies.

    Returns the songs that were under way when the process died; empty where none did.
    """
    pool = ProcessPoolExecutor(n_workers, get_context("spawn"), live_with_parent)
    running: dict[Future[SongOutcome], SongJob] = {}
    try:
        while waiting or running:
            while waiting and len(running) < n_workers:
                with no_ctrl_c():
                    running[pool.submit(attempt_song, waiting[0])] = waiting[0]
                del waiting[0]
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                on_outcome(future.result())
                del running[future]
    except BrokenProcessPool:
        return list(running.values())
    except BaseException:  # Ctrl-C, or `on_outcome` prints to a pipe that was closed
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return []


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
