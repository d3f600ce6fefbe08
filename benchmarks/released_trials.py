"""Pairs for `released.py`: shared songs, mastered, with acapellas as people have them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import releases  # noqa: E402
from alignment import mono, stream_of  # noqa: E402
from disturb import RATE_HZ  # noqa: E402
from releases import TURNS_HZ, Acapella, Player  # noqa: E402

DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Trial:
    """A song, an acapella, and what is true of them."""

    mixture: np.ndarray
    acapella: Acapella
    in_place: np.ndarray
    """The acapella in its true place, untouched."""
    sung: np.ndarray
    """The vocal as it sounds in the song."""
    cuts_s: tuple[float, ...] = ()


@lru_cache(maxsize=4)
def names_of(part: str) -> tuple[Path, ...]:
    """Songs of a part that have a voice: MUSDB18's, every other one, the eight pairs in "tune"."""
    paths = sorted((DATA / "musdb18-7s" / "train").glob("*.mp4"))
    paths = paths[::2] if part == "tune" else paths[1::2]
    if part == "tune":
        paths = sorted((DATA / "pairs").glob("*_100-full.flac")) + paths
    return tuple(path for path in paths if _has_voice(path))


@lru_cache(maxsize=200)
def pair_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Mixture and vocal, mono."""
    if path.suffix == ".mp4":
        return stream_of(path, 0), stream_of(path, 4)
    stem = path.with_name(path.name.replace("-full", "-stem"))
    return mono(*soundfile.read(path)), mono(*soundfile.read(stem))


def _has_voice(path: Path) -> bool:
    mixture, vocal = pair_of(path)
    return bool(np.sqrt(np.mean(vocal**2)) > 0.05 * np.sqrt(np.mean(mixture**2)))


def trial(kind: str, path: Path, seed: int) -> Trial:
    """Make a pair of one of the kinds with one curve."""
    rng = np.random.default_rng(seed)
    mixture, vocal = (signal.astype(float) for signal in pair_of(path))
    sung = releases.compressed(vocal)
    if kind in ("wet", "all", "instrumental"):
        sung = releases.wet(sung, rng)
    music = mixture - vocal
    song = releases.mastered(music + sung, rng)
    player = Player(lead_s=float(rng.uniform(0, 0.8)), phase=float(rng.uniform(0, 6.28)))
    if kind in ("all", "instrumental"):
        speed = str(rng.choice(list(TURNS_HZ)))
        player = replace(
            player,
            clock_ppm=float(rng.uniform(-900, 900)),
            polarity=int(rng.choice([-1, 1])),
        )
    else:
        speed = kind.removeprefix("wow ")
    if speed in TURNS_HZ:
        swing = float(rng.uniform(0.0005, 0.0015))
        player = replace(player, swing=swing, swings_hz=TURNS_HZ[speed])
    if kind == "flutter":
        player = replace(player, swing=0.001, swings_hz=float(rng.uniform(2, 6)))
    if kind == "bending":
        player = replace(player, swing=0.0015, swings_hz=1 / 15, polarity=-1)
    if kind == "nudged":
        moments = (float(rng.uniform(2.5, 5.0)),)
        ahead = float(rng.choice([-1, 1]) * 10 ** rng.uniform(-2.3, -0.5))
        player = replace(player, nudges=((moments[0], ahead),))
    source, present = (music, music) if kind == "instrumental" else (vocal, sung)
    acapella = releases.worn(releases.played(source, player), rng)
    return Trial(song, acapella, source.astype(np.float32), present)


def joined(part: str, seed: int, n_songs: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Mixture and vocal of songs one after the other, some 80 s."""
    rng = np.random.default_rng(seed)
    paths = names_of(part)
    chosen = rng.choice(len(paths), n_songs, replace=False)
    pairs = [pair_of(paths[number]) for number in chosen]
    # Each as loud as the others, or quiet songs are not heard beside loud ones.
    level = [0.1 / np.sqrt(np.mean(mixture**2)) for mixture, _ in pairs]
    mixture, vocal = (
        np.concatenate([pair[side] * gain for pair, gain in zip(pairs, level, strict=True)])
        for side in (0, 1)
    )
    return mixture, vocal


def medley() -> tuple[np.ndarray, np.ndarray]:
    """The 209 s of the shared songs."""
    full, stem = (DATA / "pairs" / f"medley_nl-{role}.flac" for role in ("full", "stem"))
    return mono(*soundfile.read(full)), mono(*soundfile.read(stem))


def edited_trial(source: str, seed: int) -> Trial:
    """A long pair; the acapella from a record player that is off, and of another edit if so."""
    rng = np.random.default_rng(seed)
    mixture, vocal = medley() if "medley" in source else joined(source.split()[-1], seed)
    sung = releases.compressed(vocal)
    song = releases.mastered(mixture - vocal + sung, rng)
    player = Player(
        swing=float(rng.uniform(0.0005, 0.0015)), swings_hz=TURNS_HZ["33"],
        phase=float(rng.uniform(0, 6.28)), clock_ppm=float(rng.uniform(-900, 900)),
        polarity=int(rng.choice([-1, 1])),
    )  # fmt: skip
    acapella = releases.played(vocal, player)
    if not source.startswith("unedited"):
        acapella = releases.cut(acapella, *_drawn_edits(rng, len(mixture) / RATE_HZ))
    truth = acapella.song_time_s
    breaks = np.flatnonzero(~(np.abs(np.diff(truth) * RATE_HZ - 1) < 0.5))
    ends = np.concatenate([truth[breaks], truth[breaks + 1]])
    cuts = tuple(float(moment) for moment in np.unique(ends[np.isfinite(ends)]))
    return Trial(song, releases.worn(acapella, rng), vocal.astype(np.float32), sung, cuts)


def _drawn_edits(rng: np.random.Generator, duration_s: float) -> list[tuple[float, float] | float]:
    """One cut, one gap of silence, one repetition and one change of order, somewhere."""
    marks = np.sort(rng.uniform(5, duration_s - 10, 4) + np.arange(4) * 1.5)
    cut_s, gap_s, again_s, swap_s = (float(value) for value in rng.uniform(2, 4, 4))
    first, second, third, fourth = (float(mark) for mark in marks)
    kinds = {
        "cut": [(first + cut_s, second)],
        "gap": [gap_s, (second, third)],
        "again": [(third - again_s, fourth)],
        "swap": [(fourth + swap_s, fourth + 2 * swap_s), (fourth, fourth + swap_s)],
    }
    begin: list[tuple[float, float] | float] = [(0.0, first)]
    for pieces in kinds.values():
        begin += pieces
    edits = [*begin, (fourth + 2 * swap_s, duration_s)]
    return [edit for edit in edits if not isinstance(edit, tuple) or edit[1] - edit[0] > 0.05]


def looped_trial(n_times: int, path: Path, seed: int) -> Trial:
    """A bar several times, with another voice in one of them; from a record player."""
    rng = np.random.default_rng(seed)
    mixture, vocal = (signal.astype(float) for signal in pair_of(path))
    length = round(rng.uniform(1.8, 2.4) * RATE_HZ)
    loudness = np.convolve(vocal**2, np.ones(length), "valid")
    begin = int(np.argmax(loudness))
    is_elsewhere = np.abs(np.arange(len(loudness)) - begin) > length // 2
    other = int(np.argmax(np.where(is_elsewhere, loudness, 0)))
    music, bar = (mixture - vocal)[begin : begin + length], vocal[begin : begin + length]
    voices = [bar] * n_times
    voices[int(rng.integers(n_times))] = vocal[other : other + length]
    voice = np.concatenate(voices)
    song = releases.mastered(np.tile(music, n_times) + releases.compressed(voice), rng)
    player = Player(
        swing=float(rng.uniform(0.0005, 0.0015)), swings_hz=TURNS_HZ["33"],
        phase=float(rng.uniform(0, 6.28)), lead_s=float(rng.uniform(0, 0.8)),
    )  # fmt: skip
    acapella = releases.worn(releases.played(voice, player), rng)
    return Trial(song, acapella, voice.astype(np.float32), voice)
