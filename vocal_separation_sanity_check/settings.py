"""Settings: every number of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from vocal_separation_sanity_check.errors import InputError

Target = Literal["phase-sensitive", "magnitude"]
Source = Literal["vocal", "music"]


def _as_named() -> dict[str, float]:
    return {}


@dataclass(frozen=True)
class Settings:
    """What a run depends on besides its input.

    Attributes
    ----------
    sample_rate_hz, n_fft, hop_length : int
        The short-time Fourier transform (Hann window of `n_fft` samples).
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
        pooled views' profiles. Where not named, 1 for ``profile`` (the linear views') and 0 for
        the others: the profiles alone determine the mask, see ``benchmarks/family_weights.py``.
    view_weights : mapping of view to float
        Weight in the loss of what is measured of a view, by its name in `slices.SLICES`; 1 where
        not named.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    sample_rate_hz: int = 22050
    n_fft: int = 2048
    hop_length: int = 1024
    clip_s: float = 4.7
    target: Target | None = None
    n_iterations: int = 30
    seed: int = 0
    family_weights: dict[str, float] = field(default_factory=_as_named)
    view_weights: dict[str, float] = field(default_factory=_as_named)

    def __post_init__(self) -> None:
        if self.target is not None and self.target not in get_args(Target):
            raise InputError(f"target is {self.target!r}, wanted one of {get_args(Target)}")
        if not 1 <= self.hop_length <= self.n_fft // 2:
            raise InputError(
                f"hop length is {self.hop_length}, wanted 1 to {self.n_fft // 2}: "
                "with a larger one the windows do not overlap enough to rebuild the sound"
            )
        if self.n_iterations < 1:
            raise InputError(f"iterations is {self.n_iterations}, wanted 1 or more")
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}, wanted 0 or more")
