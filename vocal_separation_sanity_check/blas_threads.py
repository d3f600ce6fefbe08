"""BLAS on one thread during a fit and an alignment: the number belongs to the whole process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

_ONE_FIT_AT_A_TIME = threading.RLock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread: its products here take 0.3 ms, and two kinds of threads collide.

    Several threads share out a product, and the order of its sums decides the last digits. With
    one, what comes out does not depend on the number of cores.

    Whoever enters from another thread meanwhile waits: of two limits that overlap, the second
    would take the first one's single thread for the number to go back to, and leave BLAS at it for
    ever; and `threadpoolctl` ignores, without a word, who lifts a limit in another thread than the
    one that set it. Nothing is lost by waiting, since the kernels of one fit use every core.

    What the rest of the process computes with BLAS meanwhile is held to one thread as well.
    """
    with _ONE_FIT_AT_A_TIME, _thread_pools().limit(limits=1, user_api="blas"):
        yield


@cache
def _thread_pools() -> ThreadpoolController:
    """Find the libraries once: that takes milliseconds."""
    return ThreadpoolController()
