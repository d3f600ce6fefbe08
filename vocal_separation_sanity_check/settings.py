"""Settings: every number of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Literal, NoReturn, get_args

from vocal_separation_sanity_check.errors import InputError

Target = Literal["phase-sensitive", "magnitude"]
Source = Literal["vocal", "music"]

FEWEST_SAMPLES = 64
"""Of a transform: with fewer, a window has too few bins to tell a vocal from music."""


class Weights(dict[str, float]):
    """Weights by name: a dictionary that cannot be changed, and so has a hash.

    It stays a `dict` for `dataclasses.asdict` and `json`, which make an object of it.
    """

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Weights], tuple[dict[str, float]]]:
        # Pickle would fill a dictionary item by item.
        return Weights, (dict(self),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("weights of settings cannot be changed; make others with replace()")

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]


@dataclass(frozen=True)
class Settings:
    """What a run depends on besides its input; equal settings have equal hashes.

    Attributes
    ----------
    sample_rate_hz, n_fft, hop_length : int
        The short-time Fourier transform (Hann window of `n_fft` samples, an even number).
    clip_s : float
        Length of the short check.
    target : {"phase-sensitive", "magnitude"} or None
        Which magnitude of the reference the fingerprint is taken of. None: phase-sensitive in
        the bands where the reference occurs in the mix as a waveform, else magnitude.
    n_iterations : int
        Most steps of the fit; it stops earlier where a step gains nothing.
    seed : int
        Draws the mask that the fit starts from.
    family_weights : mapping of family to float
        Weight in the loss of the families of `metrics.FAMILIES` and of ``pooled profile``, the
        pooled slices' profiles. Where not named, 1 for ``profile`` (the linear slices') and 0 for
        the others: the profiles alone determine the mask, see ``benchmarks/family_weights.py``.
    slice_weights : mapping of slice to float
        Weight in the loss of what is measured of a slice, by its name in `slices.SLICES`; 1 where
        not named.

    Raises
    ------
    InputError
        If a number is out of range. Whether a weight's name is one of a family or a slice is told
        by `fit_mask`, which knows them.
    """

    sample_rate_hz: int = 22050
    n_fft: int = 2048
    hop_length: int = 1024
    clip_s: float = 4.7
    target: Target | None = None
    n_iterations: int = 30
    seed: int = 0
    family_weights: Mapping[str, float] = Weights()
    slice_weights: Mapping[str, float] = Weights()

    def __post_init__(self) -> None:
        self._check_integer("sample_rate_hz", "sample rate", 1)
        self._check_integer("n_fft", "n_fft", FEWEST_SAMPLES)
        self._check_integer("hop_length", "hop length", 1)
        self._check_integer("n_iterations", "iterations", 1)
        self._check_integer("seed", "seed", 0)
        if self.n_fft % 2:
            raise InputError(
                f"n_fft is {self.n_fft}, wanted an even number: the spectrogram has n_fft / 2 + 1"
                " bins"
            )
        if self.hop_length > self.n_fft // 2:
            raise InputError(
                f"hop length is {self.hop_length}, wanted 1 to {self.n_fft // 2}: "
                "with a larger one the windows do not overlap enough to rebuild the sound"
            )
        if not 0 < self.clip_s < math.inf:
            raise InputError(f"the clip is {self.clip_s} s long, wanted more than 0 s")
        if self.target is not None and self.target not in get_args(Target):
            raise InputError(f"target is {self.target!r}, wanted one of {get_args(Target)}")
        for what, weights in (("family", self.family_weights), ("slice", self.slice_weights)):
            object.__setattr__(self, f"{what}_weights", _checked_weights(what, weights))

    def _check_integer(self, field: str, name: str, lowest: int) -> None:
        """Refuse what is no whole number from `lowest` on; keep NumPy's integers as plain ones."""
        value = getattr(self, field)
        if not isinstance(value, Integral) or value < lowest:
            raise InputError(f"{name} is {value!r}, wanted a whole number, {lowest} or more")
        object.__setattr__(self, field, int(value))


def _checked_weights(what: str, weights: Mapping[str, float]) -> Weights:
    for name, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise InputError(f"{what} weight {name}={weight}, wanted a finite number, 0 or more")
    return Weights({name: float(weight) for name, weight in weights.items()})
