"""By how much a reference that is nearly in place still slips, frame by frame.

Registration in the manner of Lucas & Kanade (1981), in the whitened spectrum. A frame of the
mixture is M = g R exp(-iωd) plus music of power S, so its log-likelihood depends on the slip d as::

    J(d)  =  2 g Re Σ_f C_f exp(iωd),    C = conj(R) M / S
    J'(0) = -2 g Im Σ_f ω C_f            (the gradient)
   -E J'' =  2 g² Σ_f ω² |R|² / S        (Fisher's information)

All frequencies of a frame say one thing together, and frames of 46 ms can be joined to a curve
without a peak having to be picked in any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from vocal_separation_sanity_check.alignment.slip_kernels import agreement_after
from vocal_separation_sanity_check.spectral import hann

Array = NDArray[np.float64]

_FRAME_S = 0.046
"""Length of a frame, rounded to a power of two samples; frames overlap by half."""
_LOWEST_HZ = 60.0
"""Below lie hum and rumble."""
_SMOOTHED = (3, 5)
"""Frames and bins over which the power is averaged before it divides."""
_FLOOR = 1e-6
"""Of a frame's largest power: quieter bins must not be raised above the others."""
_REST = 0.1
"""Of the mixture's power, that the music's is taken to be at least: levels never match exactly."""


@dataclass(frozen=True)
class Slips:
    """What each frame says of the slip.

    Attributes
    ----------
    at_samples : float64, shape (n_frames,)
        Middle of each frame.
    gradient : float64, shape (n_frames,)
        Of the log-likelihood in the slip, per sample.
    information : float64, shape (n_frames,)
        Fisher's, per sample squared; 0 where the reference is silent.
    cross : complex64, shape (n_frames, n_bins)
        2 g C.
    first_rad, step_rad : float
        Angular frequency of the first bin and distance of the bins, in radians a sample.
    """

    at_samples: Array
    gradient: Array
    information: Array
    cross: NDArray[np.complex64]
    first_rad: float
    step_rad: float

    def likelihood(self, slips_samples: Array) -> Array:
        """Log-likelihood J of each frame, at these slips; shape (n_frames,)."""
        out = np.empty(len(slips_samples))
        agreement_after(self.cross, self.first_rad, self.step_rad, slips_samples, out)
        return out


def hop_of(sample_rate_hz: float) -> int:
    """Distance of the frames, in samples."""
    return 1 << (round(np.log2(_FRAME_S * sample_rate_hz)) - 1)


def spectra_of(signal: NDArray[np.float32], sample_rate_hz: float) -> NDArray[np.complex64]:
    """Spectra of a signal's frames, shape (n_frames, n_bins); the first frame's middle is at 0."""
    hop = hop_of(sample_rate_hz)
    padded = np.pad(signal, (hop, 2 * hop))
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop)[::hop]
    taper = hann(2 * hop).astype(np.float32)
    return np.asarray(scipy.fft.rfft(views * taper, axis=1, workers=2), np.complex64)


def slips_between(
    mixture: NDArray[np.complex64],
    reference: NDArray[np.complex64],
    sample_rate_hz: float,
    highest_hz: float,
) -> Slips:
    """Compare the frames of two signals.

    Parameters
    ----------
    mixture, reference : complex64, shape (n_frames, n_bins)
        From `spectra_of`; the reference right to within half a period of `highest_hz`.
    sample_rate_hz, highest_hz : float

    Returns
    -------
    Slips
    """
    hop = hop_of(sample_rate_hz)
    rows = _rows(sample_rate_hz, highest_hz)
    mixture, reference = mixture[:, rows], reference[:, rows]
    cross = reference.conj() * mixture
    own = _power(reference)
    total = _power(mixture)
    smooth = _smooth(total)
    held = max(float(np.sum(cross.real / smooth)), 0.0)
    gain = held / max(float(np.sum(own / smooth)), 1e-30)
    rest = _smooth(_power(mixture - np.float32(gain) * reference) + _REST * total)
    cross *= 2 * gain / rest
    rad = 2 * np.pi * (rows.start + np.arange(cross.shape[1])) / (2 * hop)
    return Slips(
        np.arange(len(cross), dtype=np.float64) * hop,
        -np.asarray(cross.imag @ rad, np.float64),
        np.asarray(2 * gain**2 * ((own / rest) @ rad**2), np.float64),
        cross,
        float(rad[0]),
        np.pi / hop,
    )


def likelihoods(
    mixture: NDArray[np.complex64],
    reference: NDArray[np.complex64],
    sample_rate_hz: float,
    highest_hz: float,
) -> Array:
    """Log-likelihood of each frame with the reference in it, against the mixture without.

    Parameters
    ----------
    mixture, reference : complex64, shape (n_frames, n_bins)
        From `spectra_of`.
    sample_rate_hz, highest_hz : float

    Returns
    -------
    float64, shape (n_frames,)
    """
    rows = _rows(sample_rate_hz, highest_hz)
    mixture, reference = mixture[:, rows], reference[:, rows]
    rest = _smooth(_power(mixture))
    cross = (reference.conj() * mixture).real / rest
    own = _power(reference) / rest
    # The level is fitted in each frame, within reason: voices are compressed.
    gain = np.clip(cross.sum(axis=1) / np.maximum(own.sum(axis=1), 1e-30), 0.3, 2.0)
    return np.asarray(2 * gain * cross.sum(axis=1) - gain**2 * own.sum(axis=1), np.float64)


def _rows(sample_rate_hz: float, highest_hz: float) -> slice:
    """Bins from the lowest to the highest frequency."""
    hop = hop_of(sample_rate_hz)
    hz_per_bin = sample_rate_hz / (2 * hop)
    return slice(round(_LOWEST_HZ / hz_per_bin), round(min(highest_hz / hz_per_bin, hop)) + 1)


def _power(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    return np.asarray(spectra.real**2 + spectra.imag**2)


def _smooth(power: NDArray[np.float32]) -> NDArray[np.float32]:
    smooth = uniform_filter(power, _SMOOTHED, mode="nearest")
    floor = _FLOOR * smooth.max(axis=1, keepdims=True)
    return np.asarray(np.maximum(smooth, np.maximum(floor, _FLOOR * floor.max() + 1e-30)))
