"""The kernels' arithmetic and traffic against what the machine can do, measured in the same run."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.blas_threads import one_blas_thread
from vocal_separation_sanity_check.fingerprints.slices import LINEAR_TAPS, SLICES, take_slice
from vocal_separation_sanity_check.fitting import profile_kernels
from vocal_separation_sanity_check.fitting.profile_operator import ProfileOperator

REPEATS = 25
N_BANDS = 400


def best_s(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Seconds of the fastest of some runs: other work on the machine only adds."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def machine_limits() -> tuple[float, float]:
    """Bytes a second that a copy moves (read and written), and flops a second of a matrix product.

    The matrix product runs on all cores and is FMA after FMA; the copy is of 256 MB.
    """
    source = np.ones(1 << 26, np.float32)
    target = np.empty_like(source)
    copy_s = best_s(lambda: np.copyto(target, source), 5)
    square = np.ones((2048, 2048), np.float32)
    product_s = best_s(lambda: square @ square, 5)
    return 2 * source.nbytes / copy_s, 2 * 2048**3 / product_s


def kernel_table(magnitude: NDArray[np.float32]) -> list[tuple[str, float, float, float]]:
    """Name, seconds, flops and bytes of each kernel of a step of the fit and of the fingerprint.

    Flops count a multiplication and an addition as two. Bytes are what has to be moved at least:
    every array that is read or written, once.
    """
    n_bins, n_windows = magnitude.shape
    cells = n_bins * n_windows
    operator = ProfileOperator(n_bins, n_windows)
    out = np.empty_like(magnitude)
    operator.precondition(magnitude)
    n_blocks, length = len(operator._starts), operator._length
    _, factor = operator_solver(operator)
    half_bandwidth = len(factor) - 1
    spectra = np.ones((n_blocks, n_bins, length), np.float32)
    average_flops = 2 * 3 * 3.6 * N_BANDS * n_windows
    mixing_flops = 2 * 45 * N_BANDS * n_windows
    by_window = np.ascontiguousarray(magnitude.T)
    seen = take_slice(by_window, SLICES[1])
    taps = int(np.count_nonzero(LINEAR_TAPS[1]))
    return [
        (
            "apply Q",
            best_s(lambda: operator.apply(magnitude, out)),
            2 * average_flops + mixing_flops,
            4 * (2 * cells + 2 * 3 * N_BANDS * n_windows),
        ),
        (
            "solve the banded systems",
            best_s(lambda: profile_kernels.solve_banded(factor, spectra)),
            4 * half_bandwidth * n_bins * length * n_blocks,
            4 * (factor.size + 4 * spectra.size),
        ),
        (
            "the whole preconditioner",
            best_s(lambda: precondition_alone(operator, magnitude)),
            4 * (half_bandwidth + length) * n_bins * length * n_blocks,
            4 * (factor.size + 2 * cells + 4 * spectra.size),
        ),
        (
            f"one slice ({taps} taps)",
            best_s(lambda: take_slice(by_window, SLICES[1])),
            2 * taps * cells,
            4 * 2 * seen.size,
        ),
    ]


def precondition_alone(operator: ProfileOperator, magnitude: NDArray[np.float32]) -> None:
    """As the fit calls it: with one thread for BLAS."""
    with one_blas_thread():
        operator.precondition(magnitude)


def operator_solver(operator: ProfileOperator) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """The cached solver of an operator's preconditioner."""
    from vocal_separation_sanity_check.fitting import profile_operator as module

    return module._block_solver(
        operator._weights.tobytes(), operator.shape[0], operator._length, operator.dtype.name
    )
