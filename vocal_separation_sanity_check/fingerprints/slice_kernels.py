"""Compiled kernels of the slices: correlation and pooling, each with its transpose under it.

Arrays are ``(n_windows, n_bins)``, C order: a window's bins lie together.
"""

from __future__ import annotations

from vocal_separation_sanity_check.compiling import compiled


@compiled
def add_scaled(factor, source, out):
    """Out += factor * source; a function of its own, or no processor takes eight cells at once."""
    for f in range(len(out)):
        out[f] += factor * source[f]


@compiled
def correlate(image, taps, first, last, out):
    """3 x 3 correlation with zeros outside; ``taps`` is (window offset, bin offset).

    Windows from ``first`` to ``last`` are done.
    """
    n_windows, n_bins = image.shape
    for t in range(first, last):
        row = out[t]
        row[:] = 0
        for a in range(max(0, 1 - t), min(3, n_windows - t + 1)):
            source = image[t + a - 1]
            if taps[a, 0] != 0:
                add_scaled(taps[a, 0], source[: n_bins - 1], row[1:])
            if taps[a, 1] != 0:
                add_scaled(taps[a, 1], source, row)
            if taps[a, 2] != 0:
                add_scaled(taps[a, 2], source[1:], row[: n_bins - 1])


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
