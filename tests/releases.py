"""Pairs as they are released: the song mastered and coded, its vocal wet, the acapella from vinyl.

Shared by the tests, `benchmarks/released.py` and `benchmarks/beyond_the_mask.py`, and independent
of the code under test: a signal is read along another clock by linear interpolation at eight times
its rate. Each acapella comes with its truth: the moment of the song to which each of its samples
belongs.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import soxr
from disturb import RATE_HZ
from scipy.signal import butter, fftconvolve, sosfilt

DENSER = 8
TURNS_HZ = {"33": 33.333 / 60, "45": 45 / 60, "78": 78 / 60}
"""How often a record turns in a second."""


@dataclass(frozen=True)
class Acapella:
    """What a user has: sound, and for each sample the moment of the song that it belongs to.

    `song_time_s` is NaN where the song has no counterpart.
    """

    samples: np.ndarray
    song_time_s: np.ndarray
    polarity: int = 1


@dataclass(frozen=True)
class Player:
    """A machine that plays it back: swings of the speed, a clock that is off, a lead-in, a sign."""

    swing: float = 0.0
    swings_hz: float = 1.0
    phase: float = 0.0
    clock_ppm: float = 0.0
    lead_s: float = 0.0
    polarity: int = 1
    nudges: tuple[tuple[float, float], ...] = ()
    """Moments of the acapella at which it jumps ahead by so many seconds."""

    def song_time_s(self, n_samples: int) -> np.ndarray:
        """Give the moment of the original that each sample plays."""
        time_s = (np.arange(n_samples) - round(self.lead_s * RATE_HZ)) / RATE_HZ
        depth_s = self.swing / (2 * np.pi * self.swings_hz)
        at = time_s * (1 + self.clock_ppm * 1e-6)
        at = at + depth_s * np.sin(2 * np.pi * self.swings_hz * time_s + self.phase)
        for moment_s, ahead_s in self.nudges:
            at = at + ahead_s * (time_s > moment_s)
        return at


def played(signal: np.ndarray, player: Player) -> Acapella:
    """Read a signal along the player's clock."""
    n_samples = int(len(signal) * 1.001) + round(player.lead_s * RATE_HZ) + RATE_HZ // 2
    at = player.song_time_s(n_samples)
    dense = soxr.resample(signal.astype(float), RATE_HZ, DENSER * RATE_HZ, "VHQ")
    places = np.arange(len(dense))
    sound = np.interp(at * DENSER * RATE_HZ, places, dense, left=0, right=0)
    return Acapella(player.polarity * sound, at, player.polarity)


def worn(acapella: Acapella, rng: np.random.Generator) -> Acapella:
    """Tone, noise 50 dB down, level and MP3 of a transfer."""
    sound = acapella.samples
    sound = shelved(sound, rng.uniform(-6, 6), rng.uniform(300, 4000))
    level = np.sqrt(np.mean(acapella.samples**2))
    sound = sound + rng.normal(size=len(sound)) * 10 ** (-50 / 20) * level
    sound = mp3(sound * 10 ** (rng.uniform(-9, 6) / 20), int(rng.choice([128, 192])))
    return replace(acapella, samples=sound.astype(np.float32))


def cut(acapella: Acapella, *pieces: tuple[float, float] | float) -> Acapella:
    """Put together from stretches (begin and end in seconds) and gaps (seconds of silence)."""
    samples, times_s = [], []
    for piece in pieces:
        if isinstance(piece, tuple):
            part = slice(*(round(moment * RATE_HZ) for moment in piece))
            samples.append(acapella.samples[part])
            times_s.append(acapella.song_time_s[part])
        else:
            samples.append(np.zeros(round(piece * RATE_HZ)))
            times_s.append(np.full(round(piece * RATE_HZ), np.nan))
    return replace(acapella, samples=np.concatenate(samples), song_time_s=np.concatenate(times_s))


def mastered(signal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Soft limiting of the loudest thousandth, then MP3."""
    drive = _drive(signal)
    limited = np.tanh(drive * signal) / drive
    return mp3(limited, int(rng.choice([128, 192, 256]))).astype(np.float32)


def limiter_gain(signal: np.ndarray) -> np.ndarray:
    """What the limiter of `mastered` leaves of each sample, and so of each source in it."""
    driven = _drive(signal) * signal
    return np.divide(np.tanh(driven), driven, out=np.ones(len(driven)), where=driven != 0)


def _drive(signal: np.ndarray) -> float:
    return float(1.4 / np.percentile(np.abs(signal), 99.9))


def compressed(signal: np.ndarray, ratio: float = 3.0) -> np.ndarray:
    """Turn down what is over the mean level: eight times a second at most."""
    power = sosfilt(butter(1, 8, fs=RATE_HZ, output="sos"), signal.astype(float) ** 2)
    mean_db = 10 * np.log10(max(float(np.mean(signal.astype(float) ** 2)), 1e-9))
    over_db = np.maximum(0, 10 * np.log10(np.maximum(power, 1e-9)) - mean_db)
    return signal * 10 ** (-over_db * (1 - 1 / ratio) / 20)


def wet(signal: np.ndarray, rng: np.random.Generator, wet_db: float = -9.0) -> np.ndarray:
    """Reverberation of 0.6 to 1.6 s, `wet_db` under the dry voice."""
    decay_s = rng.uniform(0.6, 1.6)
    time_s = np.arange(round(decay_s * RATE_HZ)) / RATE_HZ
    room = rng.normal(size=len(time_s)) * 10 ** (-3 * time_s / decay_s)
    room[: round(0.02 * RATE_HZ)] = 0
    room *= 10 ** (wet_db / 20) / np.sqrt(np.sum(room**2))
    return signal + fftconvolve(signal, room)[: len(signal)]


def slapped(signal: np.ndarray, rng: np.random.Generator, echo_db: float = -6.0) -> np.ndarray:
    """One echo after 90 to 140 ms."""
    return _echoed(signal, rng.uniform(0.09, 0.14), (echo_db,))


def ping_pong(signal: np.ndarray, rng: np.random.Generator, echo_db: float = -6.0) -> np.ndarray:
    """Echoes every 250 to 400 ms, each 4 dB under the one before, as a delay with feedback has."""
    return _echoed(signal, rng.uniform(0.25, 0.4), echo_db - 4.0 * np.arange(4))


def _echoed(signal: np.ndarray, delay_s: float, echoes_db: Sequence[float]) -> np.ndarray:
    delay, out = round(delay_s * RATE_HZ), signal.astype(float)
    for number, echo_db in enumerate(echoes_db, start=1):
        late = np.pad(signal, (number * delay, 0))[: len(signal)]
        out = out + 10 ** (echo_db / 20) * late
    return out


def shelved(signal: np.ndarray, gain_db: float, corner_hz: float) -> np.ndarray:
    """Low shelf of first order."""
    low = sosfilt(butter(1, corner_hz, fs=RATE_HZ, output="sos"), signal)
    return signal + (10 ** (gain_db / 20) - 1) * low


def mp3(signal: np.ndarray, kilobits: int) -> np.ndarray:
    """MP3 and back, its delay undone by the header that the encoder leaves."""
    peak = max(1.0, float(np.abs(signal).max()) * 1.02)
    with tempfile.TemporaryDirectory() as folder:
        source, packed, back = (str(Path(folder) / name) for name in ("a.wav", "b.mp3", "c.wav"))
        soundfile.write(source, signal / peak, RATE_HZ, "FLOAT")
        quiet = ["ffmpeg", "-v", "error", "-y", "-nostdin"]
        encode = ["-i", source, "-c:a", "libmp3lame", "-b:a", f"{kilobits}k", packed]
        decode = ["-i", packed, "-ar", str(RATE_HZ), "-c:a", "pcm_f32le", back]
        for command in (encode, decode):
            subprocess.run([*quiet, *command], check=True)
        decoded = soundfile.read(back)[0] * peak
    return np.pad(decoded, (0, max(0, len(signal) - len(decoded))))[: len(signal)]
