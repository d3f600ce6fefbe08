"""A song to try everything on, composed and played here: a voice over drums, bass and chords."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, oaconvolve, sosfilt

from vocal_separation_sanity_check.demo.voice import Syllable, sing
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import write_wav

Array = NDArray[np.float64]

DEMO_SAMPLE_RATE_HZ = 44100
DEMO_LENGTHS_S = {"100-window/demo_100": 6.0, "no-limit/demo_nl": 20.0}

_BEAT_S = 0.625
_VOCAL_TO_MUSIC_DB = -4.0
_PEAK = 0.9
_CHORDS = ((57, 60, 64, 69), (53, 60, 65, 69), (55, 60, 64, 72), (55, 59, 62, 67))
"""A minor, F, C, G, as MIDI notes; a bar each."""

_BASS = (33, 29, 36, 31)
_MELODY = (
    # beat, length in beats, MIDI note, consonant, vowel; eight bars
    "0.5 0.5 64 s e; 1 1 69 n a; 2 0.5 71 t i; 2.5 1.3 72 k o; 4 1 69 h a; 5 0.5 67 s o;"
    "5.5 2 65 n u; 8 0.5 64 t a; 8.5 1 67 k i; 9.5 0.5 69 n e; 10 1.7 67 s o; 12 1 62 h e;"
    "13 0.5 64 t u; 13.5 2 67 n a; 16.5 0.5 69 s i; 17 1 72 k a; 18 0.5 71 n o; 18.5 1.3 69 t e;"
    "20 1.5 72 h a; 21.5 0.5 69 s u; 22 1.7 65 n i; 24 0.5 67 k o; 24.5 1 67 t a; 25.5 0.5 69 s e;"
    "26 1.8 71 n i; 28.5 0.5 71 t o; 29 0.5 69 h e; 29.5 2.2 69 n a"
)
_PHRASE_BEATS = 32.0


@dataclass(frozen=True)
class DemoSong:
    """A mixture and the vocal in it.

    Attributes
    ----------
    mixture, vocal : float32, shape (n_samples, 2)
        The accompaniment is exactly their difference.
    sample_rate_hz : int
    """

    mixture: NDArray[np.float32]
    vocal: NDArray[np.float32]
    sample_rate_hz: int


def demo_song(
    duration_s: float, sample_rate_hz: int = DEMO_SAMPLE_RATE_HZ, seed: int = 0
) -> DemoSong:
    """Compose and play the demo song.

    Parameters
    ----------
    duration_s : float
        At least 1 second; the eight bars repeat after 20.
    sample_rate_hz : int
        At least 22 050.
    seed : int
        Draws noise and unsteadiness; one seed gives one song.

    Returns
    -------
    DemoSong
        Peak 0.9; the vocal 4 dB below the accompaniment.

    Raises
    ------
    InputError
        If it would be too short or its rate too low.
    """
    if not duration_s >= 1 or sample_rate_hz < 22050:
        raise InputError(
            f"demo of {duration_s:g} s at {sample_rate_hz} Hz, wanted at least 1 s and 22050 Hz"
        )
    rng = np.random.default_rng(seed)
    n_samples = round(duration_s * sample_rate_hz)
    dry = sing(_melody(duration_s), n_samples, sample_rate_hz, rng)
    vocal = _with_room(dry, sample_rate_hz, rng)
    music = np.zeros((n_samples, 2))
    _add_drums(music, sample_rate_hz, rng)
    _add_bass(music, sample_rate_hz)
    _add_chords(music, sample_rate_hz)
    level = np.sqrt((vocal**2).sum() / (music**2).sum()) * 10 ** (-_VOCAL_TO_MUSIC_DB / 20)
    scale = _PEAK / np.abs(vocal + level * music).max()
    loud_vocal = np.asarray(scale * vocal, np.float32)
    mixture = loud_vocal + np.asarray(scale * level * music, np.float32)
    return DemoSong(mixture, loud_vocal, sample_rate_hz)


def write_demo_pairs(process: Path) -> None:
    """Write the demo song, short and long, as pairs that preparing finds.

    Parameters
    ----------
    process : Path
        The workspace's `process/`; made where it is missing.

    Raises
    ------
    InputError
        If the system refuses to write.
    """
    for name, duration_s in DEMO_LENGTHS_S.items():
        song = demo_song(duration_s)
        mixture, vocal = process / f"{name}-full.wav", process / f"{name}-stem.wav"
        try:
            write_wav(mixture, song.mixture, song.sample_rate_hz)
            write_wav(vocal, song.vocal, song.sample_rate_hz)
        except BaseException:
            # One of them alone would be a pair without a partner on the next run.
            for path in (mixture, vocal):
                if path.is_file():
                    path.unlink()
            raise


def _melody(duration_s: float) -> list[Syllable]:
    syllables = []
    for phrase in range(int(duration_s / (_PHRASE_BEATS * _BEAT_S)) + 1):
        for note in _MELODY.split(";"):
            beat, length, midi, consonant, vowel = note.split()
            start_s = (float(beat) + phrase * _PHRASE_BEATS) * _BEAT_S
            length_s = float(length) * _BEAT_S * 0.92
            if start_s < duration_s:
                syllables.append(Syllable(start_s, length_s, float(midi), consonant, vowel))
    return syllables


def _with_room(dry: NDArray[np.float32], sample_rate_hz: int, rng: np.random.Generator) -> Array:
    """Put a mono voice in a small stereo room."""
    n_tail = round(0.7 * sample_rate_hz)
    decay = np.exp(-np.arange(n_tail) / (0.13 * sample_rate_hz))[:, None]
    tail = rng.standard_normal((n_tail, 2)) * decay
    tail *= 0.22 / np.sqrt((tail**2).sum(axis=0))
    wet = oaconvolve(dry[:, None], tail, axes=0)[: len(dry)]
    return np.asarray(dry[:, None] + wet)


def _place(track: Array, sound: Array, start_s: float, sample_rate_hz: int, pan: float) -> None:
    """Add a mono sound; `pan` goes from 0, left, to 1, right, at equal power."""
    begin = round(start_s * sample_rate_hz)
    room = len(track) - begin
    if room > 0:
        gains = np.array([np.cos(pan * np.pi / 2), np.sin(pan * np.pi / 2)])
        track[begin : begin + len(sound)] += sound[:room, None] * gains


def _add_drums(track: Array, sample_rate_hz: int, rng: np.random.Generator) -> None:
    at_s = np.arange(round(0.3 * sample_rate_hz)) / sample_rate_hz
    noise = rng.standard_normal(len(at_s))
    sweep_hz = 45 + 110 * np.exp(-at_s / 0.03)
    kick = np.sin(2 * np.pi * np.cumsum(sweep_hz) / sample_rate_hz) * np.exp(-at_s / 0.09)
    body = 0.5 * np.sin(2 * np.pi * 185 * at_s) * np.exp(-at_s / 0.06)
    rattle = sosfilt(butter(2, 1200, "highpass", fs=sample_rate_hz, output="sos"), noise)
    snare = body + 0.35 * rattle * np.exp(-at_s / 0.07)
    hiss = sosfilt(butter(4, 7000, "highpass", fs=sample_rate_hz, output="sos"), noise)
    hat = 0.16 * hiss * np.exp(-at_s / 0.025)
    for eighth in range(int(2 * len(track) / sample_rate_hz / _BEAT_S) + 1):
        start_s = eighth * _BEAT_S / 2
        _place(track, hat * (1.0 if eighth % 2 else 0.6), start_s, sample_rate_hz, 0.65)
        if eighth % 8 in (0, 3, 4):
            _place(track, kick, start_s, sample_rate_hz, 0.5)
        if eighth % 4 == 2:
            _place(track, snare, start_s, sample_rate_hz, 0.45)


def _tone(midi: float, length_s: float, brightness: float, fade_s: float, rate: int) -> Array:
    """Make a plucked note: eight harmonics, the higher ones weaker and sooner gone."""
    at_s = np.arange(round(length_s * rate)) / rate
    pitch_hz = 440 * 2 ** ((midi - 69) / 12)
    note = np.zeros(len(at_s))
    for number in range(1, 9):
        decay = np.exp(-at_s * (1 + 0.35 * number) / fade_s)
        note += (
            brightness ** (number - 1)
            / number
            * decay
            * np.sin(2 * np.pi * number * pitch_hz * at_s)
        )
    edge = np.minimum(1, np.minimum(at_s / 0.006, (length_s - at_s) / 0.02))
    return note * edge


def _add_bass(track: Array, sample_rate_hz: int) -> None:
    length_s = 0.9 * _BEAT_S
    notes = [_tone(midi, length_s, 0.75, 0.9, sample_rate_hz) for midi in _BASS]
    for beat in range(int(len(track) / sample_rate_hz / _BEAT_S) + 1):
        sound = 0.55 * notes[beat // 4 % 4]
        _place(track, sound, beat * _BEAT_S, sample_rate_hz, 0.5)


def _add_chords(track: Array, sample_rate_hz: int) -> None:
    length_s = 2 * _BEAT_S
    chords = [[_tone(midi, length_s, 0.85, 1.4, sample_rate_hz) for midi in c] for c in _CHORDS]
    for half in range(int(len(track) / sample_rate_hz / length_s) + 1):
        for number, sound in enumerate(chords[half // 2 % 4]):
            start_s = half * length_s + 0.012 * number
            _place(track, 0.3 * sound, start_s, sample_rate_hz, 0.2 + 0.2 * number)
