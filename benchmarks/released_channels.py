"""Acapellas with a channel inverted or empty, in antiphase, off zero; songs that were at 8 kHz.

A part of `released.py`, which gives the songs. Each pair is made twice as real stereo files, a
mastered song and a worn acapella with a lead-in: plain, and with the fault. Both go through
`prepare_pair` and `separate`. The plain pair of an empty channel or antiphase has the same mono
acapella in both channels; that of a song at 8 kHz has the acapella low-passed as the song is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import releases
import scipy.fft
import soundfile
import soxr
from alignment import stream_of
from disturb import RATE_HZ
from releases import Player

from vocal_separation_sanity_check import Settings, separate
from vocal_separation_sanity_check.prepare.lining_up import line_up_pair
from vocal_separation_sanity_check.prepare.pair_files import PairFiles
from vocal_separation_sanity_check.prepare.prepared_pair import PreparedPair, prepare_pair
from vocal_separation_sanity_check.scoring import si_sdr_db

KINDS = ("inverted", "empty", "antiphase", "DC", "8 kHz")
_NARROW_HZ = 8000


@dataclass(frozen=True)
class StereoTrial:
    """A song, an acapella and the vocal as it sounds in the song, each (n_samples, 2)."""

    song: np.ndarray
    acapella: np.ndarray
    sung: np.ndarray
    lead_s: float
    mastering_gain: float
    """What the limiter leaves of the level."""


@dataclass(frozen=True)
class ChannelOutcome:
    """What came of a faulty pair, beside its plain one."""

    name: str
    is_lined_up: bool
    lost_db: float
    """SI-SDR of the plain pair's vocal over that of the faulty pair's."""
    told_db: float
    plain_told_db: float
    true_db: float
    """Level of the vocal in the song over the acapella's, where the song has anything."""
    notices: tuple[str, ...]


def one_channel_fault(job: tuple[str, Path, int]) -> ChannelOutcome:
    """Make a pair plain and with a fault of this kind, and separate both."""
    kind, path, seed = job
    plain, faulty, rates_hz = _plain_and_faulty(kind, made(path, seed), seed)
    truth = plain.sung.mean(axis=1)
    clean, found = _prepared(plain, (RATE_HZ, RATE_HZ)), _prepared(faulty, rates_hz)
    return ChannelOutcome(
        name=path.stem[:24],
        is_lined_up=found.alignment.is_confident,
        lost_db=_reached_db(clean, truth) - _reached_db(found, truth),
        told_db=found.alignment.gain_db,
        plain_told_db=clean.alignment.gain_db,
        true_db=_true_level_db(kind, plain),
        notices=found.notices,
    )


def show_channels(kinds: Sequence[str], jobs_of: Callable, run: Callable, *, verbose: bool) -> list:
    """Print a row for each kind."""
    print("channels       n  lined up  lost dB       level told dB, less plain's   less the truth")
    print("                         %  mean  worst                mean  worst      mean  worst")
    every = []
    for kind in kinds:
        outcomes = run(one_channel_fault, jobs_of(kind))
        every += outcomes
        lost = [o.lost_db for o in outcomes]
        beside = [o.told_db - o.plain_told_db for o in outcomes]
        errors = [o.told_db - o.true_db for o in outcomes]
        print(
            f"{kind:13s}{len(outcomes):3d}"
            f"  {100 * np.mean([o.is_lined_up for o in outcomes]):8.1f}"
            f"  {np.mean(lost):4.2f}  {max(lost):5.2f}"
            f"  {np.mean(beside):18.2f}  {max(beside, key=abs):5.2f}"
            f"  {np.mean(errors):8.2f}  {max(errors, key=abs):5.2f}",
            flush=True,
        )
        for o in outcomes:
            if verbose:
                print(f"    {o}")
    return every


def made(path: Path, seed: int) -> StereoTrial:
    """Master a song and play and wear its acapella, both channels alike."""
    mixture, vocal = stereo_pair_of(path)
    sung, song, acapella, gains = [], [], [], []
    player = Player(lead_s=float(np.random.default_rng(seed).uniform(0, 0.8)))
    for mixed, voice in zip(mixture.T.astype(float), vocal.T.astype(float), strict=True):
        present = releases.compressed(voice)
        balanced = mixed - voice + present
        sung.append(present)
        song.append(releases.mastered(balanced, np.random.default_rng(seed + 1)))
        gains.append((song[-1] @ balanced) / (balanced @ balanced))
        played = releases.played(voice, player)
        acapella.append(releases.worn(played, np.random.default_rng(seed + 2)).samples)
    columns = (np.stack(channels, axis=1) for channels in (song, acapella, sung))
    return StereoTrial(*columns, player.lead_s, float(np.mean(gains)))


def stereo_pair_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Mixture and vocal, (n_samples, 2) each."""
    if path.suffix == ".mp4":
        return stream_of(path, 0, 2), stream_of(path, 4, 2)
    stem = path.with_name(path.name.replace("-full", "-stem"))
    sounds = [soundfile.read(name, dtype="float32") for name in (path, stem)]
    mixture, vocal = (soxr.resample(sound, rate_hz, RATE_HZ, "VHQ") for sound, rate_hz in sounds)
    return mixture, vocal


def _plain_and_faulty(
    kind: str, trial: StereoTrial, seed: int
) -> tuple[StereoTrial, StereoTrial, tuple[int, int]]:
    """Both pairs, and the rates at which the faulty one's song and acapella are stored."""
    rates_hz = RATE_HZ, RATE_HZ
    if kind == "inverted":
        return trial, replace(trial, acapella=trial.acapella * [1, -1]), rates_hz
    if kind in ("empty", "antiphase"):
        both = trial.acapella.mean(axis=1, keepdims=True) * [1, 1]
        fault = [1, 0] if kind == "empty" else [1, -1]
        return replace(trial, acapella=both), replace(trial, acapella=both * fault), rates_hz
    if kind == "DC":
        # Half of the pairs have it in the song, half in the acapella.
        role = ("song", "acapella")[seed % 2]
        return trial, replace(trial, **{role: getattr(trial, role) + 0.5}), rates_hz
    narrow = replace(trial, song=_narrowed(trial.song))
    plain = replace(narrow, acapella=_narrowed(trial.acapella), sung=_narrowed(trial.sung))
    # Half of the songs are stored at 8 kHz, half were brought back.
    return plain, narrow, (_NARROW_HZ if seed % 2 else RATE_HZ, RATE_HZ)


def _narrowed(sound: np.ndarray) -> np.ndarray:
    low = soxr.resample(sound, RATE_HZ, _NARROW_HZ, "VHQ")
    back = soxr.resample(low, _NARROW_HZ, RATE_HZ, "VHQ")[: len(sound)]
    return np.pad(back, ((0, len(sound) - len(back)), (0, 0)))


def _prepared(trial: StereoTrial, rates_hz: tuple[int, int]) -> PreparedPair:
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "song.wav", Path(folder) / "acapella.wav"
        for path, sound, rate_hz in zip(paths, (trial.song, trial.acapella), rates_hz, strict=True):
            stored = soxr.resample(sound, RATE_HZ, rate_hz, "VHQ") if rate_hz != RATE_HZ else sound
            soundfile.write(path, stored, rate_hz, "FLOAT")
        files = PairFiles("song", *paths, "vocal")
        pair = line_up_pair(files, Settings(), Path(folder))
        ready = prepare_pair(pair, Settings(), full_length=True)
        held = ready.mixture[: len(ready.mixture)], ready.reference[: len(ready.reference)]
        return replace(ready, mixture=held[0], reference=held[1])


def _reached_db(ready: PreparedPair, truth: np.ndarray) -> float:
    vocal = separate(ready.mixture, ready.reference, Settings()).vocal
    n_common = min(len(vocal), len(truth))
    return si_sdr_db(vocal[:n_common], truth[:n_common])


def _true_level_db(kind: str, plain: StereoTrial) -> float:
    begin = round(plain.lead_s * RATE_HZ)
    sung = plain.sung.mean(axis=1)
    came = plain.acapella.mean(axis=1)[begin:][: len(sung)]
    high_hz = 0.45 * _NARROW_HZ if kind == "8 kHz" else 8000.0
    sung = plain.mastering_gain * sung[: len(came)]
    return 10 * float(np.log10(_power(sung, high_hz) / _power(came, high_hz)))


def _power(signal: np.ndarray, high_hz: float) -> float:
    power = np.abs(scipy.fft.rfft(signal)) ** 2
    frequencies_hz = scipy.fft.rfftfreq(len(signal), 1 / RATE_HZ)
    return float(power[(frequencies_hz >= 150) & (frequencies_hz < high_hz)].sum())
