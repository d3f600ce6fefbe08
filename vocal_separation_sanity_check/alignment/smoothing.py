"""A smooth curve through what many short frames say, as stiff as unseen frames want it.

Penalised least squares (Whittaker 1923)::

    Σ_t h_t (d_t - y_t)² / 2  +  p / 2 Σ_t d_t²  +  λ / 2 Σ_t (d_{t-1} - 2 d_t + d_{t+1})²

with y what a frame says, h how surely, and p a slight pull to zero: one pentadiagonal system, and
the diagonal of its inverse is the variance of the curve. A large λ leaves a straight line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded

Array = NDArray[np.float64]

_PULL = 1 / 25**2
"""Weight of zero in every frame: where nothing is heard, curves come back to within 25 samples."""
_STEADY = 1e-12
"""Of the stiffness, given as well: under rounding error the system would not be definite."""


def smooth_curve(pull: Array, weights: Array, stiffness: float) -> Array:
    """Minimise the penalised misfit.

    Parameters
    ----------
    pull : float64, shape (n_frames,)
        Weights times what each frame says, ``h y``.
    weights : float64, shape (n_frames,)
        h; at least three frames.
    stiffness : float
        λ.

    Returns
    -------
    float64, shape (n_frames,)
    """
    return np.asarray(cho_solve_banded((_factor(weights, stiffness), True), pull))


def straight_line(pull: Array, weights: Array) -> Array:
    """Give the same for an infinite stiffness."""
    basis = np.stack([np.ones(len(pull)), np.linspace(-1, 1, len(pull))])
    normal = (basis * (weights + _PULL)) @ basis.T
    return np.asarray(np.linalg.solve(normal, basis @ pull) @ basis)


def standard_errors(weights: Array, stiffness: float, frames: NDArray[np.intp]) -> Array:
    """Standard error of the curve at some frames, where the weights are inverse variances.

    Parameters
    ----------
    weights : float64, shape (n_frames,)
    stiffness : float
    frames : intp, shape (n_points,)

    Returns
    -------
    float64, shape (n_points,)
    """
    return np.sqrt(_inverse_diagonal(_factor(weights, stiffness))[frames])


def _inverse_diagonal(factor: Array) -> Array:
    """Diagonal of ``A⁻¹ = Z`` for ``A = L Lᵀ``, L the banded factor (Takahashi et al. 1973).

    ``Z L = L⁻ᵀ`` is upper triangular with ``1 / L_jj`` on its diagonal, so that from the last
    column to the first only the band of Z is needed::

        Z_ij = -(Z_i,j+1 L_j+1,j + Z_i,j+2 L_j+2,j) / L_jj      for i = j + 1, j + 2
        Z_jj = (1 / L_jj - Z_j+1,j L_j+1,j - Z_j+2,j L_j+2,j) / L_jj
    """
    found = np.empty(factor.shape[1])
    own, below, further = 0.0, 0.0, 0.0  # Z_j+1,j+1, Z_j+2,j+1 and Z_j+2,j+2
    columns = zip(*(band.tolist()[::-1] for band in factor), strict=True)
    for number, (diagonal, first, second) in enumerate(columns, start=1):
        near = -(own * first + below * second) / diagonal
        far = -(below * first + further * second) / diagonal
        own, below, further = (1 / diagonal - near * first - far * second) / diagonal, near, own
        found[-number] = own
    return found


def _factor(weights: Array, stiffness: float) -> Array:
    n_frames = len(weights)
    bands = np.zeros((3, n_frames))
    bands[0], bands[1], bands[2] = 6.0, -4.0, 1.0
    # A second difference less at either end.
    bands[0, [0, -1]], bands[0, [1, -2]] = 1.0, 5.0
    bands[1, [0, -2]] = -2.0
    if n_frames == 3:
        bands[0], bands[1, :2] = (1.0, 4.0, 1.0), -2.0
    bands *= stiffness
    bands[0] += weights + _PULL + _STEADY * stiffness
    return np.asarray(cholesky_banded(bands, lower=True))
