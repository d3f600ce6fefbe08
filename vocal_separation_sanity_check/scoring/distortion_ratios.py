"""Signal-to-distortion ratios: the scale-invariant one, and those of BSSEval v4."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.errors import InputError

NEEDS_FFMPEG = "not measured: BSSEval needs ffmpeg, without which museval does not load"


def si_sdr_db(estimate: ArrayLike, reference: ArrayLike) -> float:
    """Scale-invariant signal-to-distortion ratio over the whole signal.

    Le Roux et al. 2019, "SDR: half-baked or well done?", eq. 3::

        target = (<estimate, reference> / <reference, reference>) reference
        SI-SDR = 10 log10( ||target||^2 / ||estimate - target||^2 )

    No mean is removed.

    Parameters
    ----------
    estimate, reference : array_like, shape (n_samples,)

    Returns
    -------
    float
        dB; infinite for a perfect estimate, minus infinity for one orthogonal to the reference.

    Raises
    ------
    InputError
        If the lengths differ or the reference is silent.
    """
    found = np.asarray(estimate, np.float64)
    wanted = np.asarray(reference, np.float64)
    if found.shape != wanted.shape or found.ndim != 1:
        raise InputError(f"shapes {found.shape} and {wanted.shape} differ; cut both to one length")
    energy = float(wanted @ wanted)
    if energy == 0:
        raise InputError("the reference is silent: SI-SDR is not defined")
    target = (found @ wanted) / energy * wanted
    distortion = found - target
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(target @ target) - np.log10(distortion @ distortion)))


@dataclass
class SiSdrSums:
    """`si_sdr_db` of signals that come in parts.

    With e the estimate and r the reference, ``||target||^2 = <e, r>^2 / <r, r>`` and the
    distortion is the rest of ``<e, e>``.

    Attributes
    ----------
    both, wanted, found : float
        ``<e, r>``, ``<r, r>``, ``<e, e>`` so far.
    """

    both: float = 0.0
    wanted: float = 0.0
    found: float = 0.0

    def add(self, estimate: NDArray[np.floating], reference: NDArray[np.floating]) -> None:
        """Add some samples, floating, shape (n_samples,)."""
        found, wanted = estimate.astype(np.float64), reference.astype(np.float64)
        self.both += float(found @ wanted)
        self.wanted += float(wanted @ wanted)
        self.found += float(found @ found)

    @property
    def in_db(self) -> float:
        """The ratio in dB; at most `MOST_DB`."""
        target = self.both**2 / self.wanted
        distortion = max(self.found - target, 10 ** (-MOST_DB / 10) * target, 1e-300)
        return 10 * math.log10(max(target, 1e-300) / distortion)


MOST_DB = 200.0
"""Stands for infinity: an exact estimate has no error to divide by."""


@dataclass(frozen=True)
class BssEval:
    """Ratios of BSSEval v4 for one source, in dB; None where no second has both sources.

    Attributes
    ----------
    sdr_db : float or None
        Signal to distortion: everything that is wrong, a wrong level included.
    isr_db : float or None
        Image to spatial distortion: how much the source itself was filtered.
    sir_db : float or None
        Signal to interference: how much of the other source is left.
    sar_db : float or None
        Signal to artefacts: what belongs to neither source.
    """

    sdr_db: float | None
    isr_db: float | None
    sir_db: float | None
    sar_db: float | None


def bss_eval(
    references: ArrayLike, estimates: ArrayLike, sample_rate_hz: int
) -> tuple[BssEval, ...]:
    """BSSEval v4 as the field reports it: one distortion filter a song, median of 1 s frames.

    Vincent et al. 2006, "Performance measurement in blind audio source separation"; v4 by Liutkus,
    Stoter & Ito 2018, computed by `museval`. All sources are scored together, in the given order:
    interference is what the other references explain. A second in which any reference or estimate
    is digitally silent has no ratios and is left out of the median.

    Parameters
    ----------
    references, estimates : array_like, shape (n_sources, n_samples)
        Or (n_sources, n_samples, n_channels).
    sample_rate_hz : int

    Returns
    -------
    tuple of BssEval
        One a source.

    Raises
    ------
    InputError
        If the shapes differ, or a sound is shorter than a second; if ffmpeg is not installed.
    ModuleNotFoundError
        If `museval` is not installed.
    """
    try:
        from museval.metrics import bss_eval as frames_of
    except RuntimeError as error:  # of `stempeg`, which museval loads
        raise InputError(NEEDS_FFMPEG) from error
    wanted, found = (np.asarray(sounds, np.float64) for sounds in (references, estimates))
    if wanted.ndim == 2:
        wanted, found = wanted[..., None], found[..., None]
    if wanted.shape != found.shape or wanted.ndim != 3:
        raise InputError(
            f"references have shape {wanted.shape}, estimates {found.shape}; cut both to one length"
        )
    if wanted.shape[1] < sample_rate_hz:
        raise InputError(f"BSSEval needs a second of sound, got {wanted.shape[1]} samples")
    if not (wanted.any((1, 2)).all() and found.any((1, 2)).all()):
        return (BssEval(None, None, None, None),) * len(wanted)
    ratios = frames_of(
        wanted, found, window=sample_rate_hz, hop=sample_rate_hz, compute_permutation=False
    )[:4]
    return tuple(
        BssEval(*(_median(ratio[source]) for ratio in ratios)) for source in range(len(wanted))
    )


def _median(frames_db: NDArray[np.float64]) -> float | None:
    heard = frames_db[~np.isnan(frames_db)]
    return float(np.clip(np.median(heard), -MOST_DB, MOST_DB)) if heard.size else None
