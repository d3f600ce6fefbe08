"""Sums of windowed sincs, at any positions: compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.compiling import compiled_with_sums_in_any_order


@compiled_with_sums_in_any_order
def interpolate(
    samples: NDArray[np.float32],
    positions: NDArray[np.float64],
    sincs: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Fill ``out[t] = Σ_k h(k - positions[t]) samples[k]``, with h linear between tabled phases.

    For ``position = n + (p + η) / P``, with whole n, p and ``0 ≤ η < 1``::

        h(n + j - position) ≈ (1 - η) sincs[p, j + T / 2 - 1] + η sincs[p + 1, j + T / 2 - 1]

    with j from ``1 - T / 2`` to ``T / 2``.

    Parameters
    ----------
    samples : float32, shape (n_samples,)
        At least ``T / 2`` on either side of every position.
    positions : float64, shape (n_positions,)
        Not negative.
    sincs : float32, shape (P + 1, T)
        h at the T samples around a position, for each of P phases and the one beyond the last.
    out : float32, shape (n_positions,)
        Is overwritten.
    """
    n_phases, n_taps = sincs.shape[0] - 1, sincs.shape[1]
    for at in range(len(positions)):
        whole = int(positions[at])
        phase = (positions[at] - whole) * n_phases
        row = int(phase)
        share = np.float32(phase - row)
        # Views: of their elements the compiler knows that no index is negative.
        first = whole + 1 - n_taps // 2
        around, sinc, next_sinc = samples[first : first + n_taps], sincs[row], sincs[row + 1]
        total = np.float32(0)
        for tap in range(n_taps):
            total += (sinc[tap] + share * (next_sinc[tap] - sinc[tap])) * around[tap]
        out[at] = total
