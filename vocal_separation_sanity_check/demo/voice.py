"""A synthesised singer: harmonics of a gliding pitch, shaped by formants, with consonants.

The source-filter model of Fant (1960), summed harmonic by harmonic: each harmonic of the glottal
source passes the cascade of formant resonances at its own, moving frequency, so vibrato makes the
harmonics swell and fade under the formants as it does in a throat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfilt

_HOP = 256
_CHUNK_HOPS = 64
_HIGHEST_HZ = 9000.0
_FORMANTS_HZ = {
    "a": (800, 1200, 2750, 3500, 4700, 5900, 7300),
    "e": (480, 1950, 2650, 3500, 4700, 5900, 7300),
    "i": (310, 2250, 2950, 3600, 4700, 5900, 7300),
    "o": (450, 850, 2700, 3450, 4600, 5900, 7300),
    "u": (330, 760, 2450, 3350, 4500, 5900, 7300),
    "n": (270, 1350, 2350, 3300, 4500, 5900, 7300),
}
_BANDWIDTHS_HZ = np.array([70.0, 90.0, 130.0, 170.0, 250.0, 350.0, 450.0])
_TILT = 0.9
"""Harmonics fall as ``k ** -_TILT``: 12 dB an octave from the glottis, 6 back at the lips."""

_VOWEL_GAIN = 0.08
"""Brings vowels to an RMS level of about 0.5, which the levels of all noise are relative to."""

_CONSONANTS = {
    # band in Hz, length in seconds, level
    "s": ((5000.0, 9500.0), 0.11, 0.30),
    "h": ((900.0, 4200.0), 0.08, 0.06),
    "t": ((3000.0, 7500.0), 0.035, 0.45),
    "k": ((1500.0, 3500.0), 0.045, 0.40),
}
_VIBRATO_HZ = 5.6
_VIBRATO_CENTS = 60.0


@dataclass(frozen=True)
class Syllable:
    """One sung note.

    Attributes
    ----------
    start_s, length_s : float
    midi : float
        Pitch as a MIDI note number.
    consonant : str
        One of "s", "h", "t", "k" (noise), "n" (a voiced murmur), or "" for none.
    vowel : str
        One of "a", "e", "i", "o", "u".
    """

    start_s: float
    length_s: float
    midi: float
    consonant: str
    vowel: str


def sing(
    syllables: Sequence[Syllable], n_samples: int, sample_rate_hz: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Sing a melody.

    Parameters
    ----------
    syllables : sequence of Syllable
        In order, not overlapping; at least one.
    n_samples : int
    sample_rate_hz : int
    rng : numpy.random.Generator
        Draws the noise and the unsteadiness of the pitch.

    Returns
    -------
    float32, shape (n_samples,)
        Of no particular level.
    """
    n_frames = n_samples // _HOP + 2
    frames_per_s = sample_rate_hz / _HOP
    pitch_hz, formants_hz, loudness = _controls(syllables, n_frames, frames_per_s, rng)
    voice = _voiced(pitch_hz, formants_hz, loudness, sample_rate_hz)[:n_samples]
    breath = sosfilt(
        butter(2, (1500, 7000), "bandpass", fs=sample_rate_hz, output="sos"),
        rng.standard_normal(n_samples),
    )
    voice += 0.006 * breath * np.repeat(loudness, _HOP)[:n_samples]
    for syllable in syllables:
        if syllable.consonant in _CONSONANTS:
            _add_consonant(voice, syllable, sample_rate_hz, rng)
    return voice.astype(np.float32)


def _controls(
    syllables: Sequence[Syllable], n_frames: int, frames_per_s: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Pitch (n_frames,), formants (n_frames, 7) and loudness (n_frames,), one value a hop."""
    midi = np.full(n_frames, float(syllables[0].midi))
    vowels = np.tile(np.array(_FORMANTS_HZ["a"], float), (n_frames, 1))
    loudness = np.zeros(n_frames)
    vibrato = np.zeros(n_frames)
    for syllable in syllables:
        first, last = (
            round(at_s * frames_per_s)
            for at_s in (syllable.start_s, syllable.start_s + syllable.length_s)
        )
        midi[first:] = syllable.midi
        vowels[first:] = _FORMANTS_HZ[syllable.vowel]
        loudness[first:last] = 1.0
        since_s = np.arange(max(0, min(last, n_frames) - first)) / frames_per_s
        vibrato[first:last] = np.clip((since_s - 0.1) / 0.25, 0, 1)
        if syllable.consonant == "n":
            murmur = slice(first, first + round(0.09 * frames_per_s))
            vowels[murmur] = _FORMANTS_HZ["n"]
            loudness[murmur] = 0.3
    times_s = np.arange(n_frames) / frames_per_s
    drift_cents = 40 * gaussian_filter1d(rng.standard_normal(n_frames), 0.08 * frames_per_s)
    wave = _VIBRATO_CENTS * vibrato * np.sin(2 * np.pi * _VIBRATO_HZ * times_s)
    midi = gaussian_filter1d(midi, 0.025 * frames_per_s) + (wave + drift_cents) / 100
    loudness = gaussian_filter1d(loudness, 0.014 * frames_per_s)
    formants = gaussian_filter1d(vowels, 0.022 * frames_per_s, axis=0)
    return 440 * 2 ** ((midi - 69) / 12), formants, loudness


def _voiced(
    pitch_hz: NDArray[np.float64],
    formants_hz: NDArray[np.float64],
    loudness: NDArray[np.float64],
    sample_rate_hz: int,
) -> NDArray[np.float64]:
    """Sum the harmonics, a chunk at a time so that everything stays in the cache."""
    n_hops = len(pitch_hz) - 1
    ramp = np.arange(_HOP) / _HOP
    samples_hz = pitch_hz[:-1, None] + np.diff(pitch_hz)[:, None] * ramp
    phase = 2 * np.pi * np.cumsum(samples_hz.ravel()).reshape(n_hops, _HOP) / sample_rate_hz
    voice = np.zeros((n_hops, _HOP))
    for begin in range(0, n_hops, _CHUNK_HOPS):
        end = min(begin + _CHUNK_HOPS, n_hops)
        if not loudness[begin : end + 1].any():
            continue
        turn = np.exp(1j * phase[begin:end]).astype(np.complex64)
        harmonic = np.ones_like(turn)
        n_harmonics = int(min(_HIGHEST_HZ, 0.45 * sample_rate_hz) / pitch_hz[begin:end].max())
        for number in range(1, n_harmonics + 1):
            harmonic *= turn
            here_hz = number * pitch_hz[begin : end + 1, None]
            response = _resonance(here_hz, formants_hz[begin : end + 1])
            response *= loudness[begin : end + 1] * _VOWEL_GAIN * number**-_TILT
            knots = response.astype(np.complex64)[:, None]
            level = knots[:-1] + np.diff(knots, axis=0) * ramp.astype(np.float32)
            voice[begin:end] += (level * harmonic).real
    return voice.ravel()


def _resonance(
    frequency_hz: NDArray[np.float64], formants_hz: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Response of the formants in cascade, at one frequency a frame; 1 at 0 Hz."""
    squared = formants_hz**2
    each = squared / (squared - frequency_hz**2 + 1j * _BANDWIDTHS_HZ * frequency_hz)
    return np.asarray(each.prod(axis=1))


def _add_consonant(
    voice: NDArray[np.float64], syllable: Syllable, sample_rate_hz: int, rng: np.random.Generator
) -> None:
    """Add a burst of noise that ends where the vowel begins."""
    band_hz, length_s, level = _CONSONANTS[syllable.consonant]
    n_noise = round(length_s * sample_rate_hz)
    end = round((syllable.start_s + 0.02) * sample_rate_hz)
    begin = max(0, end - n_noise)
    end = min(end, len(voice))
    if end <= begin:
        return
    sos = butter(3, band_hz, "bandpass", fs=sample_rate_hz, output="sos")
    burst = sosfilt(sos, rng.standard_normal(n_noise))
    at = np.linspace(0, 1, n_noise)
    shape = np.sin(np.pi * at) ** 0.7 if syllable.consonant in "sh" else (1 - at) ** 2
    voice[begin:end] += level * (burst * shape)[: end - begin]
