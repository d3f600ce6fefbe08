"""How every kernel is compiled: five decorators, so that no kernel forgets an option.

``error_model="numpy"``: a division by 0 gives infinity or NaN, as in NumPy. Numba's own model
raises an exception, and an exception in a parallel loop ends the share of that thread without a
word: its rows of the output are never written. The kernels divide by nothing that can be 0; a
mistake about that is now a NaN that a test can see, and not whatever was in memory.

``cache=True``: compiled once for a machine. Numba looks for changes in the kernel's own file only,
so kernels that call each other share a file, and a change here asks for a change there. Fast-math
is left off: it lets NaN through unseen and sums differ from machine to machine. Where nearly all
time goes into sums of products, these alone may be taken in any order: NaN stays NaN, and what
differs is the last bit.

``nogil=True``: a kernel touches nothing but its arrays, so other threads may go on meanwhile.

What a first check waits for is compiling, of each kernel for each type and layout that it is called
with: callers hand over arrays in one piece, and kernels leave out what needs long code behind the
scenes. An assignment from array to array brings the text of an error with it, a second and a half.
Left out are ways in that nobody takes: from C, and from Python into what only kernels call. A loop
that Numba shares out among the cores takes it up to three seconds more. Threads of Python's do
without, but have to be woken: that is worth it where a call takes some milliseconds and is not made
thousands of times, see `on_every_core`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numba as nb

Kernel = TypeVar("Kernel")


class Compiled(Protocol):
    """A decorator of kernels."""

    def __call__(self, kernel: Kernel, /) -> Kernel:
        """Compile it when it is called."""


_njit: Any = nb.njit  # whose hints leave out the ways in
compiled: Compiled = _njit(cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True)
compiled_in_parallel: Compiled = _njit(
    cache=True, error_model="numpy", parallel=True, no_cfunc_wrapper=True
)
compiled_with_sums_in_any_order: Compiled = _njit(
    cache=True,
    error_model="numpy",
    nogil=True,
    no_cfunc_wrapper=True,
    fastmath={"reassoc", "contract"},
)
compiled_inside: Compiled = _njit(
    error_model="numpy", nogil=True, no_cfunc_wrapper=True, no_cpython_wrapper=True
)
"""For what only other kernels call: its code is in theirs, and in their files."""


def on_every_core(work: Callable[[int, int], None], n_steps: int) -> None:
    """Share the steps of a loop out among as many threads as Numba may use.

    Parameters
    ----------
    work : callable
        Takes the first step and the one behind the last, and leaves the interpreter meanwhile, as
        a kernel does; its steps do not depend on each other.
    n_steps : int
    """
    n_parts = max(1, min(nb.get_num_threads(), n_steps))
    edges = [part * n_steps // n_parts for part in range(n_parts + 1)]
    others = [
        _threads(os.getpid()).submit(work, first, last) for first, last in pairwise(edges[1:])
    ]
    work(0, edges[1])  # this thread waits for nobody, and is woken by nobody
    for other in others:
        other.result()


@cache
def _threads(_process: int) -> ThreadPoolExecutor:
    """Threads of this process: one that was forked has none of its parent's."""
    return ThreadPoolExecutor(nb.get_num_threads())
