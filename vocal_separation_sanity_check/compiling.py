"""How every kernel is compiled: four decorators, so that no kernel forgets an option.

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
Left out are ways in that nobody takes: from C, and from Python into what only kernels call.
"""

from __future__ import annotations

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
