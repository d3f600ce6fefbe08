"""Pairs for `beyond_the_mask.py`: songs in which the vocal is on its way from the acapella.

Of what was given, two truths of how it sounds in the song: as it went into the limiter (then what
the limiter did to it belongs to the rest), and times the limiter's gain.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import releases  # noqa: E402
from released_trials import joined, medley, names_of, pair_of  # noqa: E402
from releases import TURNS_HZ, Player  # noqa: E402

from vocal_separation_sanity_check.settings import Source  # noqa: E402

VOCAL_KINDS = (
    "dry", "wet -6", "wet -9", "wet -12", "slap", "ping-pong", "exact", "record wet -9",
)  # fmt: skip
INSTRUMENTAL_KINDS = ("instrumental dry", "instrumental wet -9", "instrumental exact")
KINDS = VOCAL_KINDS + INSTRUMENTAL_KINDS


@dataclass(frozen=True)
class PathTrial:
    """A song, what was given, and how that sounds in the song.

    Each float32 or float64 (n_samples,); what was given may have another length.
    """

    song: np.ndarray
    given: np.ndarray
    source: Source
    before_limiter: np.ndarray
    through_limiter: np.ndarray


def pair_named(name: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Mixture and vocal of "medley", "joined SEED" or a song's file."""
    if name == "medley":
        return medley()
    if name.startswith("joined"):
        return joined(part, int(name.split()[-1]))
    return pair_of(Path(name))


def path_trial(kind: str, name: str, part: str, seed: int) -> PathTrial:
    """Make a pair of this kind."""
    rng = np.random.default_rng(seed)
    mixture, vocal = (signal.astype(float) for signal in pair_named(name, part))
    music = mixture - vocal
    source: Source = "music" if kind.startswith("instrumental") else "vocal"
    given = music if source == "music" else vocal
    if kind.endswith("exact"):
        return PathTrial(mixture.astype(np.float32), given.astype(np.float32), source, given, given)
    sung = _sung(kind, vocal, rng)
    present = music if source == "music" else sung
    song = releases.mastered(music + sung, rng)
    if kind.startswith("record"):
        given = _from_a_record(given, rng)
    through = present * releases.limiter_gain(music + sung)
    return PathTrial(song, given.astype(np.float32), source, present, through)


def strangers_trial(name: str, part: str, seed: int) -> PathTrial:
    """A song with the acapella of another one, from a record player; its truth is silence."""
    paths = names_of(part)
    here = paths.index(Path(name))
    others = [path for path in paths if _artist(path) != _artist(paths[here])]
    rng = np.random.default_rng(seed)
    other = pair_of(others[(here + seed) % len(others)])[1].astype(float)
    song = path_trial("wet -9", name, part, seed).song
    silence = np.zeros(len(song))
    given = _from_a_record(other, rng).astype(np.float32)
    return PathTrial(song, given, "vocal", silence, silence)


def _artist(path: Path) -> str:
    return path.stem.split(" - ")[0]


def _sung(kind: str, vocal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    sung = releases.compressed(vocal)
    if "wet" in kind:
        return releases.wet(sung, rng, float(kind.split()[-1]))
    if kind == "slap":
        return releases.slapped(sung, rng)
    if kind == "ping-pong":
        return releases.ping_pong(sung, rng)
    return sung


def _from_a_record(vocal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    player = Player(
        swing=float(rng.uniform(0.0005, 0.0015)), swings_hz=TURNS_HZ["33"],
        phase=float(rng.uniform(0, 6.28)), clock_ppm=float(rng.uniform(-900, 900)),
        lead_s=float(rng.uniform(0, 0.8)),
    )  # fmt: skip
    return releases.worn(releases.played(vocal, player), rng).samples
