"""The first check on a machine: compile all kernels that a check uses, half of them elsewhere.

Numba compiles one kernel at a time in a process, and puts each into a folder that all share. A
kernel is compiled for the types that it is called with, so each is called here, with next to
nothing. What is missing here is compiled where it is called first.
"""

from __future__ import annotations

import numpy as np

from vocal_separation_sanity_check.fingerprints import FAMILIES, LINEAR_TAPS, fingerprint
from vocal_separation_sanity_check.fitting import ProfileOperator
from vocal_separation_sanity_check.processes import SecondProcess
from vocal_separation_sanity_check.rebuilding import rebuild
from vocal_separation_sanity_check.scoring import evaluate_separation
from vocal_separation_sanity_check.settings import Settings

_N_BINS, _N_WINDOWS = 65, 4
_RATE_HZ = Settings().sample_rate_hz


def compile_kernels(second: SecondProcess | None) -> None:
    """Compile them.

    Parameters
    ----------
    second : SecondProcess or None
        Compiles one half; without one, all are compiled here.
    """
    finish = compile_the_other_half if second is None else second.begin(compile_the_other_half)
    compile_rebuilding()
    compile_preconditioning()
    finish()


def compile_the_other_half() -> None:
    """Compile the kernels of fingerprints, scores and what the fit minimises.

    Whichever is compiled for two types is compiled for both in one process: of two that add to it
    at one time, Numba's cache may keep the code of one under the name of the other.
    """
    fingerprint(np.ones((_N_BINS, _N_WINDOWS), np.float32))
    noise = _noise(1.0)
    evaluate_separation(noise, noise, 2 * noise, _RATE_HZ)
    shape = _N_BINS, _N_WINDOWS
    for dtype in (np.float32, np.float64):  # the fit ends in double precision
        operator = ProfileOperator(*shape, dtype)
        operator.apply(np.ones(shape, dtype), np.empty(shape, dtype))
    profiles = len(LINEAR_TAPS), FAMILIES["profile"].stop, _N_WINDOWS
    ProfileOperator(*shape).profiles_transpose(np.ones(profiles, np.float32))


def compile_preconditioning() -> None:
    """Compile the kernels that solve for a step of the fit."""
    shape = _N_BINS, _N_WINDOWS
    ProfileOperator(*shape).precondition(np.ones(shape, np.float32))


def compile_rebuilding() -> None:
    """Compile the kernels that follow a path."""
    dry = _noise(6.0)
    wet = dry.copy()
    wet[_RATE_HZ // 10 :] += 0.8 * dry[: -_RATE_HZ // 10]
    rebuild(wet, dry, _RATE_HZ)


def _noise(duration_s: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.1, round(duration_s * _RATE_HZ)).astype(np.float32)
