"""Separate a mix by a reference: no files, no printing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check import ideal_masks
from vocal_separation_sanity_check.distortion_ratios import si_sdr_db
from vocal_separation_sanity_check.errors import InputError, checked_signal
from vocal_separation_sanity_check.fingerprint import fingerprint
from vocal_separation_sanity_check.mask_fit import MaskFit, fit_mask
from vocal_separation_sanity_check.settings import Settings, Source, Target
from vocal_separation_sanity_check.spectrogram import istft, stft
from vocal_separation_sanity_check.subtraction import MARGIN_DB, leftover_db

COHERENT = 0.03
"""Coherence under which the reference does not occur in the mix as a waveform."""


@dataclass(frozen=True)
class Separation:
    """A mix taken apart.

    Attributes
    ----------
    vocal, music : float32, shape (n_samples,)
        They sum to the mixture.
    reference : float32, shape (n_samples,)
        The given reference at its level and polarity in the mix.
    source : {"vocal", "music"}
        Which of the two the reference is of.
    target : dict of str to {"phase-sensitive", "magnitude"}
        What was matched in the bands, named by their lower edges in Hz.
    fit : MaskFit
        The mask extracts `source`.
    subtraction_leftover_db : float or None
        How much of the reference plain subtraction leaves, in dB of it, where that is clearly
        less than the mask leaves (an exact stem).
    si_sdr_db : dict of str to float
        Of `source` against `reference`: ``mixture``, ``extraction``, and the ideal masks at the
        same STFT, ``irm1``, ``irm2``, ``psm``.
    reference_gain_db, coherence : float
        Estimated level of the reference in the mix (dB relative to the file), and how much of a
        common waveform the two have, -1 to 1.
    loss_of_ideal : dict of str to float
        The fit's loss for the ideal masks.
    seconds : dict of str to float
        Time by phase.
    warnings : tuple of str
    """

    vocal: NDArray[np.float32]
    music: NDArray[np.float32]
    reference: NDArray[np.float32]
    source: Source
    target: dict[str, Target]
    fit: MaskFit
    subtraction_leftover_db: float | None
    si_sdr_db: dict[str, float]
    reference_gain_db: float
    coherence: float
    loss_of_ideal: dict[str, float]
    seconds: dict[str, float]
    warnings: tuple[str, ...]


def separate(
    mixture: ArrayLike,
    reference: ArrayLike,
    settings: Settings | None = None,
    source: Source = "vocal",
    on_step: Callable[[int], None] | None = None,
) -> Separation:
    """Extract from a mix the source whose isolated recording is given.

    Parameters
    ----------
    mixture, reference : array_like, shape (n_samples,)
        Mono, at `settings.sample_rate_hz`, lined up, of one length; the reference at any level
        and polarity.
    settings : Settings, optional
    source : {"vocal", "music"}
        What the reference is a recording of.
    on_step : callable, optional
        Called with the number of steps of the fit.

    Returns
    -------
    Separation

    Raises
    ------
    InputError
        If a signal is not mono, empty, silent or not finite, or the lengths differ.
    """
    settings = settings or Settings()
    mix = checked_signal(mixture, "the mixture")
    isolated = checked_signal(reference, f"the isolated {source}")
    if len(mix) != len(isolated):
        raise InputError(
            f"the mixture has {len(mix)} samples, the isolated {source} {len(isolated)}; "
            "cut both to the common part"
        )
    seconds: dict[str, float] = {}
    with _timed(seconds, "stft"):
        mix_spectrum, own_spectrum = stft(mix, settings), stft(isolated, settings)
    gain, coherence, warnings = _level(own_spectrum, mix_spectrum, source)
    isolated, own_spectrum = np.float32(gain) * isolated, np.float32(gain) * own_spectrum
    with _timed(seconds, "fingerprint"):
        wanted, matched = _wanted(own_spectrum, mix_spectrum, settings, coherence)
        target = fingerprint(wanted, settings.sample_rate_hz)
    with _timed(seconds, "fit"):
        fit = fit_mask(np.abs(mix_spectrum), target, settings, on_step)
    with _timed(seconds, "istft"):
        extracted = istft(fit.mask * mix_spectrum, len(mix), settings)
    with _timed(seconds, "evaluation"):
        masks = ideal_masks.ideal_masks(own_spectrum, mix_spectrum)
        estimates = {"mixture": mix, "extraction": extracted} | {
            name: istft(mask * mix_spectrum, len(mix), settings) for name, mask in masks.items()
        }
        scores = {name: si_sdr_db(estimate, isolated) for name, estimate in estimates.items()}
        losses = {name: fit.loss_of(mask) for name, mask in masks.items()}
        _ = fit.loss, fit.match_before, fit.match_after
        leftover = leftover_db(own_spectrum, mix_spectrum)
    is_exact = leftover + MARGIN_DB < -scores["extraction"]
    rest = mix - extracted
    return Separation(
        vocal=extracted if source == "vocal" else rest,
        music=rest if source == "vocal" else extracted,
        reference=isolated,
        source=source,
        target=matched,
        fit=fit,
        subtraction_leftover_db=leftover if is_exact else None,
        si_sdr_db=scores,
        reference_gain_db=float(20 * np.log10(abs(gain))),
        coherence=coherence,
        loss_of_ideal=losses,
        seconds=seconds,
        warnings=tuple(warnings),
    )


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[phase] = perf_counter() - start


def _level(
    reference: NDArray[np.complex64],
    mixture: NDArray[np.complex64],
    source: Source,
) -> tuple[float, float, Sequence[str]]:
    """Gain of the reference in the mix, its coherence, and what the user should know of it."""
    gain, coherence = ideal_masks.coherent_gain(reference, mixture)
    is_coherent = abs(coherence) >= COHERENT
    warnings = []
    if not is_coherent:
        warnings.append(
            f"The isolated {source} does not occur in the mix as a waveform (coherence "
            f"{abs(coherence):.3f}, under {COHERENT}): it is of another song or not lined up."
        )
    elif gain < 0:
        warnings.append(f"The isolated {source} is inverted in the mix; that is taken care of.")
    if not is_coherent:
        gain = ideal_masks.magnitude_gain(reference, mixture)
    return gain, coherence, warnings


def _wanted(
    reference: NDArray[np.complex64],
    mixture: NDArray[np.complex64],
    settings: Settings,
    coherence: float,
) -> tuple[NDArray[np.float32], dict[str, Target]]:
    """Magnitude to look for, and what it is in each band."""
    target = settings.target
    if target is None and abs(coherence) >= COHERENT:
        bin_hz = settings.sample_rate_hz / settings.n_fft
        return ideal_masks.coherent_target(reference, mixture, bin_hz)
    target = target or "magnitude"
    return ideal_masks.reachable_target(reference, mixture, target), {"0": target}
