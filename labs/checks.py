"""The checks of the exercises: each says "Right", or what is missing.

An answer is a number, or a function that is tried on data of the check's own. No answer yet is no
mistake, so that the labs run unattended.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from vocal_separation_sanity_check.fingerprints import fingerprint

Check = Callable[[Any], str]
UNANSWERED = "Not answered yet: write your answer above, and run the cell again."


class UnansweredError(Exception):
    """The answer is the empty function that the lab begins with."""


def exercise(missing_in: Check) -> Check:
    """Make a check of a function that says what is missing in an answer, "" for nothing."""

    @wraps(missing_in)
    def check(answer: Any) -> str:
        if answer is None or answer is ...:
            return UNANSWERED
        try:
            missing = missing_in(answer)
        except UnansweredError:
            return UNANSWERED
        except Exception as error:  # whatever an answer may raise
            missing = f"it raised {type(error).__name__}: {error}"
        return f"Not yet: {missing}." if missing else "Right."

    return check


def given(value: Any) -> Any:
    """Give what the answer's function gave, if it gave anything."""
    if value is None:
        raise UnansweredError
    return value


@exercise
def recording_megabytes(answer: float) -> str:
    """1.1: megabytes of 3 min 30 s, 44 100 Hz, stereo, 16 bit, as plain samples."""
    right = 210 * 44_100 * 2 * 2 / 1e6
    hints = {
        right / 2: "half of it is missing: two channels, and two bytes a sample",
        right / 4: "two channels, and 16 bits are two bytes",
        right * 2: "16 bits are two bytes, not four",
        right * 8: "those are bits; a byte has eight",
        right * 1e6: "those are bytes; a megabyte is a million of them",
        right * 1e6 / 2**20: "those are mebibytes (2**20 bytes); a megabyte is a million bytes",
    }
    if np.isclose(answer, right, rtol=1e-3):
        return ""
    for wrong, hint in hints.items():
        if np.isclose(answer, wrong, rtol=1e-3):
            return hint
    return "multiply seconds, samples a second, channels and bytes a sample"


@exercise
def driven(answer: Callable[[Any, float], Any]) -> str:
    """1.2: a sound made louder by some decibels, and cut off at full scale."""
    sound = np.array([0.0, 0.1, -0.1, 0.4, -0.4, 0.9, -0.9])
    before = sound.copy()
    twice_db = 20 * np.log10(2)
    found = np.asarray(given(answer(sound, twice_db)))
    if not np.array_equal(sound, before):
        return "it changes the sound that it is given; work on a copy"
    if found.shape != sound.shape:
        return f"it gives shape {found.shape} for {sound.shape}; give a sample for each sample"
    if np.isclose(found[1], 0.4):
        return "of an amplitude, 20 dB are a factor of 10: 10 ** (decibels / 20), not / 10"
    if not np.isclose(found[1], 0.2):
        return f"6.02 dB double 0.1 to 0.2, yours gives {found[1]:.3g}: 10 ** (decibels / 20)"
    if found.max() > 1:
        return "nothing is cut off at 1"
    if found.min() < -1:
        return "the negative half goes on below -1; it is cut off too"
    if not np.allclose(answer(sound, 0.0), sound):
        return "0 dB should change nothing"
    return ""


@exercise
def in_slices(answer: Callable[[Any, int], Any]) -> str:
    """2.1: a spectrogram as time slices, shape (n_slices, n_bins, width), without copying."""
    spectrogram = np.arange(5 * 23, dtype=np.float32).reshape(5, 23)
    found = np.asarray(given(answer(spectrogram, 4)))
    width = 23 // 4
    if found.shape == (5, 4, width):
        return "the slices should come first: swap the first two axes"
    if found.shape != (4, 5, width):
        return (
            f"4 slices of 23 windows have shape (4, 5, {width}), the last 3 windows left out;"
            f" yours has {found.shape}"
        )
    wanted = np.stack([spectrogram[:, s * width : (s + 1) * width] for s in range(4)])
    if not np.array_equal(found, wanted):
        return (
            "the shape is right, and the bins are mixed up: reshape cuts rows in memory's order;"
            " make (n_bins, n_slices, width) first, then move the axis"
        )
    if not np.shares_memory(found, spectrogram):
        return "right numbers, but copied: slice, reshape and move an axis without np.stack"
    return ""


@exercise
def n_points(answer: Callable[[int], int]) -> str:
    """2.2: how many numbers the fingerprint of so many windows has."""
    for n_windows in (100, 102, 7):
        found = given(answer(n_windows))
        right = fingerprint(np.ones((64, n_windows), np.float32)).n_points
        if found == right:
            continue
        if n_windows == 100 and found == 425 * 100 * 19:
            return "19 slices, but the two pooled ones have half the windows each"
        if n_windows == 100 and found == 425 * 100 * 17:
            return "the two pooled slices are missing"
        if n_windows == 7 and found == 425 * 18 * 7:
            return "an odd last window has no partner to be pooled with: halves are rounded down"
        return f"{n_windows} windows have {right} numbers, yours gives {found}"
    return ""


@exercise
def binary_mask(answer: Callable[[Any, Any], Any]) -> str:
    """3.1: 1 where the vocal is louder than the music, else 0."""
    rng = np.random.default_rng(0)
    vocal, music = rng.standard_normal((2, 6, 5)) + 1j * rng.standard_normal((2, 6, 5))
    found = np.asarray(given(answer(vocal, music)))
    right = np.abs(vocal) > np.abs(music)
    if found.shape != right.shape:
        return f"a mask has the spectrogram's shape {right.shape}, yours has {found.shape}"
    if np.iscomplexobj(found):
        return "a mask is real: compare magnitudes, np.abs"
    if np.array_equal(found, ~right):
        return "it is the music's mask: 1 and 0 are the other way round"
    if np.array_equal(found, vocal.real > music.real):
        return "it compares real parts; how loud a bin is, is its magnitude: np.abs"
    if not np.isin(found, (0, 1)).all():
        return "it holds other numbers than 0 and 1: give the comparison itself"
    wrong = np.mean(found != right)
    return "" if wrong == 0 else f"{wrong:.0%} of the cells are wrong"


@exercise
def with_phase_of(answer: Callable[[Any, Any], Any]) -> str:
    """3.2: a spectrum with one's magnitude and another's phase, 0 where that is silent."""
    rng = np.random.default_rng(1)
    magnitude = rng.uniform(0.5, 2, (6, 5))
    mixture = rng.standard_normal((6, 5)) + 1j * rng.standard_normal((6, 5))
    mixture[2, 3] = 0
    with np.errstate(all="ignore"):
        found = np.asarray(given(answer(magnitude, mixture)))
    if found.shape != mixture.shape:
        return f"it has shape {found.shape}, wanted {mixture.shape}"
    if not np.isfinite(found).all():
        return "where the mixture is 0 it divides by 0: np.angle does not"
    sounding = mixture != 0
    if not np.iscomplexobj(found):
        return "a spectrum is complex: magnitude * exp(1j * angle)"
    if not np.allclose(np.abs(found[sounding]), magnitude[sounding]):
        return "the magnitudes are not the given ones; take the mixture's angle only"
    apart = np.angle(found[sounding] * mixture[sounding].conj())
    if not np.allclose(apart, 0):
        return "the phase is not the mixture's: np.exp(1j * np.angle(mixture))"
    return ""


@exercise
def to_batch(answer: Callable[[Any], Any]) -> str:
    """4.1: a spectrogram as a batch of one picture with one channel, without copying."""
    import torch

    spectrogram = np.ones((6, 5), np.float32)
    found = given(answer(spectrogram))
    if not isinstance(found, torch.Tensor):
        return f"it gives a {type(found).__name__}, wanted a torch.Tensor: torch.from_numpy"
    if found.shape != (1, 1, 6, 5):
        return f"shape {tuple(found.shape)}, wanted (batch, channel, bins, windows) = (1, 1, 6, 5)"
    if found.dtype != torch.float32:
        return f"it holds {found.dtype}, and the spectrogram float32"
    spectrogram[2, 3] = 7
    if found[0, 0, 2, 3] != 7:
        return "it copies: torch.from_numpy shares the memory, torch.tensor does not"
    return ""


@exercise
def gradient(answer: Callable[[Any, Any, Any], Any]) -> str:
    """4.2: the gradient of half the squared distance of mask * mixture from the target."""
    rng = np.random.default_rng(2)
    mask, mixture, target = rng.uniform(0.2, 2, (3, 6, 5))
    found = np.asarray(given(answer(mask, mixture, target)))
    right = mixture * (mask * mixture - target)
    if found.shape != right.shape:
        return f"a gradient has the mask's shape {right.shape}, yours has {found.shape}"
    for wrong, hint in (
        (mask * mixture - target, "the inner derivative is missing: d(mask * mixture) / d mask"),
        (2 * right, "twice too large: the loss has a half in front"),
        (-right, "the sign is the other way round: it points uphill"),
        (mask * (mask * mixture - target), "the inner derivative is the mixture, not the mask"),
    ):
        if np.allclose(found, wrong):
            return hint
    return "" if np.allclose(found, right) else "use the chain rule: outer times inner derivative"


@exercise
def n_parameters(answer: Callable[[int, int, int], int]) -> str:
    """5.1: the parameters of a convolution with biases, of so many channels and such a size."""
    for n_in, n_out, size in ((1, 16, 3), (16, 16, 3), (3, 16, 3), (4, 8, 5)):
        found = given(answer(n_in, n_out, size))
        n_weights = n_in * n_out * size**2
        if found == n_weights + n_out:
            continue
        name = f"{size} x {size} from {n_in} to {n_out} channels"
        if found == n_weights:
            return f"{name}: the biases are missing, one for each channel that comes out"
        if found == n_weights + 1:
            return f"{name}: every channel that comes out has a bias of its own"
        if found in (n_out * size**2 + n_out, n_out * size**2):
            return f"{name}: each filter looks at all channels that come in"
        return f"{name} has {n_weights + n_out} parameters, yours gives {found}"
    return ""


@exercise
def share_of_ceiling(answer: Callable[[float, float, float], float]) -> str:
    """5.2: how far an extraction got from the mixture to the ideal mask, 0 to 1."""
    found = given(answer(-4.0, 7.0, 16.0))
    if np.isclose(found, 7 / 16):
        return "doing nothing scores -4 dB, not 0: measure from the mixture"
    if np.isclose(found, 55.0):
        return "that is in per cent; give a share, 0 to 1"
    if np.isclose(found, 9 / 20):
        return "that is the way that is left; give the way that was gone"
    if not np.isclose(found, 11 / 20):
        return f"from -4 dB to 16 dB are 20, of which 7 dB have gone 11: 0.55, yours gives {found}"
    return ""
