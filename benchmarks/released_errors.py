"""How far an alignment is from the truth of a trial."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from disturb import RATE_HZ  # noqa: E402
from released_trials import Trial  # noqa: E402

from vocal_separation_sanity_check import Alignment, Settings, separate  # noqa: E402


@dataclass(frozen=True)
class Outcome:
    """What came of a trial."""

    name: str
    confidence: float
    is_confident: bool
    is_right: bool
    median_ms: float
    worst_ms: float
    """The 90th percentile."""
    lost_db: float
    is_ambiguous: bool = False
    n_segments: int = 1
    sung_share: float = 0.0
    """Of the sung moments, those within 1 ms."""
    cut_errors_s: tuple[float, ...] = ()
    note: str = ""


def judged(made: Trial, name: str, found: Alignment, *, with_separation: bool) -> Outcome:
    """Compare an answer with the truth."""
    moments = sung_moments(made)
    error_ms = place_errors_ms(made, found, moments)
    right = bool(np.percentile(error_ms, 90) < 1.0) and found.polarity == made.acapella.polarity
    lost = 0.0
    if with_separation:
        best, ours = (
            si_sdr_db(made.sung, separate(made.mixture, reference, Settings()).vocal)
            for reference in (made.in_place, _sounding(found.aligned))
        )
        lost = best - ours
    return Outcome(
        name, found.confidence, found.is_confident, right,
        float(np.median(error_ms)), float(np.percentile(error_ms, 90)), lost,
        is_ambiguous=bool(getattr(found, "rivals", ())),
        n_segments=len(getattr(found.timeline, "segments", (0,))),
        sung_share=float(np.mean(error_ms < 1.0)),
        note=found.reason[:110],
    )  # fmt: skip


def sung_moments(made: Trial) -> np.ndarray:
    """Samples of the song, every 20 ms, where the acapella sounds and has a counterpart."""
    loud = np.convolve(made.in_place**2, np.ones(2205) / 2205, "same")
    sung = loud > 1e-2 * loud.max()
    return np.flatnonzero(sung & _has_counterpart(made))[::441]


def place_errors_ms(made: Trial, found: Alignment, moments: np.ndarray) -> np.ndarray:
    """How far the place found is from the true one, at these samples of the song."""
    positions = found.timeline.positions(moments.astype(float))
    known = np.isfinite(positions) & (positions >= 0)
    known &= positions < len(made.acapella.song_time_s) - 1
    whole = np.round(np.where(known, positions, 0)).astype(int)
    played_s = made.acapella.song_time_s[whole] + (positions - whole) / RATE_HZ
    error = 1e3 * np.abs(played_s - moments / RATE_HZ)
    return np.where(known & np.isfinite(error), error, 1e6)


def _sounding(signal: np.ndarray) -> np.ndarray:
    return signal if signal.any() else signal + 1e-4


def si_sdr_db(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019)."""
    estimate = estimate.astype(float)
    scaled = (estimate @ truth) / (truth @ truth) * truth
    return float(10 * np.log10(np.sum(scaled**2) / np.sum((estimate - scaled) ** 2)))


def cut_errors_s(made: Trial, found: Alignment) -> tuple[float, ...]:
    """How long it sounds wrong around each true cut, in seconds."""
    frame = RATE_HZ // 50
    level = np.sqrt(np.convolve(made.in_place**2, np.ones(frame) / frame, "same"))
    loud = np.percentile(level, 99)
    worn = made.acapella.samples
    worn_level = np.sqrt(np.convolve(worn**2, np.ones(frame) / frame, "same"))
    worn_loud = np.percentile(worn_level, 99)
    there = _has_counterpart(made)
    errors = []
    for cut_s in made.cuts_s:
        moments = np.arange(cut_s - 1, cut_s + 1, 0.001) * RATE_HZ
        moments = np.round(moments[(moments >= 0) & (moments < len(there))]).astype(int)
        positions = found.timeline.positions(moments.astype(float))
        known = np.isfinite(positions) & (positions >= 0) & (positions < len(worn))
        heard = np.zeros(len(moments), bool)
        heard[known] = worn_level[positions[known].astype(int)] > 0.01 * worn_loud
        off = place_errors_ms(made, found, moments) > 1.0
        sung = there[moments] & (level[moments] > 0.01 * loud)
        errors.append(float(np.sum((sung & off) | (heard & off & ~sung)) / 1000))
    return tuple(errors)


def _has_counterpart(made: Trial) -> np.ndarray:
    there = np.zeros(len(made.mixture), bool)
    at = np.round(made.acapella.song_time_s * RATE_HZ)
    at = at[np.isfinite(at) & (at >= 0) & (at < len(there))].astype(int)
    there[at] = True
    return np.convolve(there, np.ones(9), "same") > 0
