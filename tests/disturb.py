"""Ways in which an acapella from the wild differs from the vocal in the mix, drawn at random.

Shared by the tests and the benchmark, and independent of the code under test: delays and clocks
are made by a Fourier phase ramp and by soxr, not by `warping.warp`.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import scipy.fft
import soundfile
import soxr
from scipy.signal import lfilter

RATE_HZ = 22050


@dataclass(frozen=True)
class Disturbance:
    """What is done to a vocal, in this order; and thereby what alignment should answer."""

    delay_s: float = 0.0
    clock_ppm: float = 0.0
    polarity: int = 1
    gain_db: float = 0.0
    shelf_db: float = 0.0
    codec: str = ""
    kilobits: int = 128
    wander_s: float = 0.0
    wander_period_s: float = 20.0
    name: str = field(default="", compare=False)

    @property
    def true_drift_ppm(self) -> float:
        """By how much the disturbed vocal must become longer again."""
        return (1 / (1 + self.clock_ppm * 1e-6) - 1) * 1e6

    @property
    def true_offset_samples(self) -> float:
        """How much it must be delayed at the start of the mix."""
        return -self.delay_s * RATE_HZ / (1 + self.clock_ppm * 1e-6)


def disturbed(vocal: np.ndarray, what: Disturbance) -> np.ndarray:
    """The vocal on a clock that is off, then late by `delay_s` of that clock, then the rest."""
    signal = vocal.astype(float)
    if what.wander_s:
        signal = _wandered(signal, what)
    if what.clock_ppm:
        signal = soxr.resample(signal, RATE_HZ, RATE_HZ * (1 + what.clock_ppm * 1e-6), "VHQ")
    signal = delayed(signal, what.delay_s * RATE_HZ)
    if what.shelf_db:
        signal = shelved(signal, what.shelf_db)
    signal = signal * what.polarity * 10 ** (what.gain_db / 20)
    if what.codec:
        signal = coded(signal, what.codec, what.kilobits)
    return signal.astype(np.float32)


def delayed(signal: np.ndarray, delay_samples: float) -> np.ndarray:
    """Delay by any number of samples; what a negative delay pushes over the start is lost."""
    whole = int(np.floor(delay_samples))
    if delay_samples != whole:
        n_fft = scipy.fft.next_fast_len(len(signal) + 4096)
        turn = np.exp(-2j * np.pi * scipy.fft.rfftfreq(n_fft) * (delay_samples - whole))
        signal = scipy.fft.irfft(scipy.fft.rfft(signal, n_fft) * turn, n_fft)[: len(signal) + 64]
    return np.concatenate([np.zeros(max(0, whole)), signal[max(0, -whole) :]])


def shelved(signal: np.ndarray, gain_db: float, corner_hz: float = 1500.0) -> np.ndarray:
    """High shelf of first order: the other master's EQ."""
    gain, corner = 10 ** (gain_db / 20), np.tan(np.pi * corner_hz / RATE_HZ)
    return lfilter([gain + corner, corner - gain], [1 + corner, corner - 1], signal)


def coded(signal: np.ndarray, codec: str, kilobits: int) -> np.ndarray:
    """Round trip through MP3 (keeping the delay its decoder leaves, about 51 ms) or Opus."""
    peak = max(1.0, float(np.abs(signal).max()) * 1.05)
    with tempfile.TemporaryDirectory() as folder:
        source, packed, back = (Path(folder) / name for name in ("a.wav", f"b.{codec}", "c.wav"))
        soundfile.write(source, signal / peak, RATE_HZ, "FLOAT")
        library = {"mp3": "libmp3lame", "opus": "libopus"}[codec]
        quiet = ["ffmpeg", "-v", "error", "-y"]
        keep_delay = ["-flags2", "skip_manual"] if codec == "mp3" else []
        encode = ["-i", source, "-c:a", library, "-b:a", f"{kilobits}k", packed]
        decode = [*keep_delay, "-i", packed, "-ar", str(RATE_HZ), "-c:a", "pcm_f32le", back]
        for command in (encode, decode):
            subprocess.run([*quiet, *command], check=True)
        return soundfile.read(back)[0] * peak


def drawn(rng: np.random.Generator, kinds: str, delay_s: float, ppm: float) -> Disturbance:
    """Random delay and clock, and what `kinds` names: polarity, gain, shelf, mp3, opus."""
    what = Disturbance(
        delay_s=float(rng.uniform(-delay_s, delay_s)), clock_ppm=float(rng.uniform(-ppm, ppm))
    )
    if "polarity" in kinds:
        what = replace(what, polarity=int(rng.choice([-1, 1])))
    if "gain" in kinds:
        what = replace(what, gain_db=float(rng.uniform(-12, 12)))
    if "shelf" in kinds:
        what = replace(what, shelf_db=float(rng.choice([-6, 6])))
    for codec in ("mp3", "opus"):
        if codec in kinds:
            what = replace(what, codec=codec, kilobits=int(rng.choice([96, 128, 160, 192])))
    return what


def synthetic_song(seconds: float = 6.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A sung line with vibrato and pauses, and an accompaniment of chords and noise bursts.

    Returns
    -------
    vocal, accompaniment : float32, shape (n_samples,)
    """
    rng = np.random.default_rng(seed)
    n_samples = round(seconds * RATE_HZ)
    time = np.arange(n_samples) / RATE_HZ
    syllables = np.repeat(rng.uniform(0, 1, int(seconds * 4) + 1) > 0.3, RATE_HZ // 4)[:n_samples]
    notes = np.repeat(rng.uniform(150, 500, int(seconds * 4) + 1), RATE_HZ // 4)[:n_samples]
    smooth = np.hanning(1001) / np.hanning(1001).sum()
    pitch = np.convolve(notes, smooth, "same") * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    tone = sum(np.sin(k * phase + k) / k for k in range(1, 14))
    breath = lfilter([1, -0.9], [1], rng.normal(size=n_samples)) * 0.1
    vocal = (tone + breath) * np.convolve(syllables, smooth, "same") * 0.1
    beat = np.exp(-8 * (time % 0.5)) * rng.normal(size=n_samples) * 0.15
    chord = sum(np.sin(2 * np.pi * f * time + f) for f in (110, 138.6, 164.8, 220, 329.6)) * 0.05
    return vocal.astype(np.float32), (beat + chord).astype(np.float32)


def _wandered(signal: np.ndarray, what: Disturbance) -> np.ndarray:
    """Tape: a slow sine in the delay. Cubic on four times the rate, good to -60 dB."""
    dense = soxr.resample(signal, RATE_HZ, 4 * RATE_HZ, "VHQ")
    time = np.arange(len(signal)) / RATE_HZ
    at = time - what.wander_s * np.sin(2 * np.pi * time / what.wander_period_s)
    return np.interp(at * 4 * RATE_HZ, np.arange(len(dense)), dense)
