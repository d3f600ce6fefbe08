"""Compiled kernels of the slices: correlation and pooling, each with its transpose under it.

Arrays are ``(n_windows, n_bins)``, C order: a window's bins lie together.
"""

from __future__ import annotations

import numba as nb

from vocal_separation_sanity_check.compiling import compiled, compiled_in_parallel


@compiled_in_parallel
def correlate(image, taps, out):
    """3 x 3 correlation with zeros outside; ``taps`` is (window offset, bin offset)."""
    n_windows, n_bins = image.shape
    for t in nb.prange(n_windows):
        row = out[t]
        row[:] = 0
        for a in range(max(0, 1 - t), min(3, n_windows - t + 1)):
            source = image[t + a - 1]
            for i in range(3):
                factor = taps[a, i]
                if factor != 0:
                    for f in range(max(0, 1 - i), min(n_bins, n_bins + 1 - i)):
                        row[f] += factor * source[f + i - 1]


@compiled
def pool_maximum(image, out):
    """Largest of each 2 x 2 cells."""
    for t in range(out.shape[0]):
        for f in range(out.shape[1]):
            upper = max(image[2 * t, 2 * f], image[2 * t, 2 * f + 1])
            lower = max(image[2 * t + 1, 2 * f], image[2 * t + 1, 2 * f + 1])
            out[t, f] = max(upper, lower)


@compiled
def pool_maximum_transpose(grad_out, image, grad):
    """The gradient goes to the cell that was the largest, the first of equals."""
    for t in range(grad_out.shape[0]):
        for f in range(grad_out.shape[1]):
            row, column = 2 * t, 2 * f
            for a in range(2):
                for i in range(2):
                    if image[2 * t + a, 2 * f + i] > image[row, column]:
                        row, column = 2 * t + a, 2 * f + i
            grad[row, column] += grad_out[t, f]


@compiled
def pool_average(image, out):
    """Mean of each 2 x 2 cells."""
    for t in range(out.shape[0]):
        for f in range(out.shape[1]):
            total = image[2 * t, 2 * f] + image[2 * t, 2 * f + 1]
            total += image[2 * t + 1, 2 * f] + image[2 * t + 1, 2 * f + 1]
            out[t, f] = total / 4


@compiled
def pool_average_transpose(grad_out, grad):
    """A quarter to each cell."""
    for t in range(2 * grad_out.shape[0]):
        for f in range(2 * grad_out.shape[1]):
            grad[t, f] += grad_out[t // 2, f // 2] / 4
