"""What full quality keeps of a stereo song: mid, side, left and right, and 10 to 16 kHz.

Run:  python benchmarks/full_quality.py

Songs of MUSDB18 whose voice is in stereo (its side holds at least 1 % of its mid's energy), 6.8 s
each, mixed from their own stems. Each is prepared and checked as a user would, with three
acapellas: the voice itself, the voice in mono, and the dry voice of a song in which it stands in a
room. Beside what comes out stand the way of earlier versions, and the ideal masks of left and right
and of mid and side, which know the voice as it sounds in the song.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import tempfile
from argparse import Namespace
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numba
import numpy as np
import scipy.fft
import soundfile
from machine import machine
from numpy.typing import NDArray
from released_trials import names_of
from scipy.signal import fftconvolve
from tqdm import tqdm
from whole_command import measured

from unet.songs.stems import read_stem_mp4
from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.commands import sanity_check_full_length
from vocal_separation_sanity_check.prepare import prepare_pairs
from vocal_separation_sanity_check.scoring.distortion_ratios import si_sdr_db
from vocal_separation_sanity_check.spectral import ideal_extraction, istft, stft

Sound = NDArray[np.floating]

ROOT = Path(__file__).resolve().parents[1]
RATE_HZ = 44_100
WINDOWS = Settings(sample_rate_hz=RATE_HZ, n_fft=4096, hop_length=2048)
"""The check's windows at the songs' rate."""
KINDS = ("the voice itself", "the voice in mono", "the dry voice of a wet song")
VIEWS = ("mid", "side", "left, right", "10-16 kHz")
WAYS = ("mixture", "earlier", "ours", "ideal, left and right", "ideal, mid and side")
LEAST_SIDE = 0.01
FLOOR_DB = -20.0
"""What nothing is left of counts as so much."""
WET_DB, DECAY_S = -9.0, 0.8
MEDLEY_S = 209.0


@dataclass(frozen=True)
class Trial:
    """A song, an acapella, and the voice as it sounds in the song; each (n_samples, 2) or mono."""

    song: Sound
    acapella: Sound
    sung: Sound


def trial(kind: str, path: Path) -> Trial:
    """Mix a song from its stems."""
    stems = read_stem_mp4(path).sources
    voice = stems["vocals"].astype(float)
    music = sum(stem.astype(float) for name, stem in stems.items() if name != "vocals")
    sung = in_room(voice) if kind == KINDS[2] else voice
    gain = 0.9 / max(1.0, np.abs(music + sung).max(), np.abs(sung).max())
    acapella = voice.mean(axis=1) if kind == KINDS[1] else voice
    return Trial(gain * (music + sung), gain * acapella, gain * sung)


def in_room(voice: Sound) -> Sound:
    """Add reverberation, another in each channel."""
    time_s = np.arange(RATE_HZ) / RATE_HZ
    room = np.random.default_rng(0).normal(size=(2, RATE_HZ)) * 10 ** (-3 * time_s / DECAY_S)
    room[:, time_s < 0.02] = 0
    room *= 10 ** (WET_DB / 20) / np.sqrt((room**2).sum(axis=1, keepdims=True))
    middle = voice.mean(axis=1)
    return voice + np.stack([fftconvolve(middle, each)[: len(voice)] for each in room], axis=1)


def one_song(job: tuple[str, Path]) -> NDArray[np.float64]:
    """Prepare and check a song; SI-SDR in dB of the voice, shape (n_ways, n_views)."""
    made = trial(*job)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        found, mask = checked(workspace, made)
    estimates = {
        "mixture": made.song,
        "earlier": laid_over(made.song, mask),
        "ours": found,
        "ideal, left and right": ideal(made.sung, made.song),
        "ideal, mid and side": 2 * turned(ideal(turned(made.sung), turned(made.song))),
    }
    truth = seen(made.sung)
    return np.array(
        [
            [
                max(FLOOR_DB, si_sdr_db(view, truth[name]))
                for name, view in seen(estimates[way]).items()
            ]
            for way in WAYS
        ]
    )


def checked(workspace: Path, made: Trial) -> tuple[Sound, NDArray[np.float32]]:
    """Vocal in full quality, and the mask of the check."""
    write_pair(workspace, made)
    arguments = ["--workspace", str(workspace), "--quick", "--full-quality"]
    with contextlib.redirect_stdout(io.StringIO()):
        assert sanity_check_full_length(arguments=arguments) == 0
    results = workspace / "output_full"
    with np.load(results / "mask_full.npz", allow_pickle=False) as held:
        mask = held["mask"]
    return soundfile.read(results / "full_quality_vocal_full.wav")[0], mask


def write_pair(workspace: Path, made: Trial) -> None:
    """Drop a pair in, and prepare it."""
    given = workspace / "process" / "no-limit"
    given.mkdir(parents=True)
    for role, sound in (("full", made.song), ("stem", made.acapella)):
        soundfile.write(given / f"a_nl-{role}.wav", sound, RATE_HZ, subtype="PCM_24")
    wishes = dict.fromkeys(("mixture", "vocal", "instrumental", "start", "offset_ms"))
    wishes |= dict.fromkeys(("drift_ppm", "polarity", "timeline"))
    with contextlib.redirect_stdout(io.StringIO()):
        prepare_pairs(Namespace(workspace=workspace, no_align=False, **wishes))


def laid_over(song: Sound, mask: NDArray[np.float32]) -> Sound:
    """Give what earlier versions took: the mono mask in every channel.

    Above 10 kHz they kept the share of the magnitude that the mask keeps from 5 to 10 kHz.
    """
    spectra = [stft(channel.astype(np.float32), WINDOWS) for channel in song.T]
    n_bins, n_windows = spectra[0].shape
    gains = np.zeros((n_bins, n_windows), np.float32)
    n_common = min(n_windows, mask.shape[1])
    gains[: len(mask), :n_common] = mask[:, :n_common]
    frequency_hz = np.arange(n_bins) * RATE_HZ / WINDOWS.n_fft
    above = frequency_hz > 10_000
    band = (frequency_hz >= 5000) & ~above
    heard = sum(np.abs(spectrum[band]) for spectrum in spectra)
    kept = (gains[band] * heard).sum(axis=0) / np.maximum(heard.sum(axis=0), 1e-12)
    gains[above] = kept
    return np.stack([istft(gains * each, len(song), WINDOWS) for each in spectra], axis=1)


def ideal(voice: Sound, song: Sound) -> Sound:
    """Extract with the ideal mask of each channel."""
    pairs = zip(voice.T.astype(np.float32), song.T.astype(np.float32), strict=True)
    return np.stack([ideal_extraction(*pair, WINDOWS) for pair in pairs], axis=1)


def turned(sound: Sound) -> Sound:
    """Mid and side of left and right; twice that is left and right again."""
    left, right = sound.T
    return np.stack([left + right, left - right], axis=1) / 2


def seen(sound: Sound) -> dict[str, Sound]:
    """Give the views of a sound that are judged, each of one dimension."""
    mid, side = turned(sound).T
    return dict(zip(VIEWS, (mid, side, sound.ravel(), highs(sound).ravel()), strict=True))


def highs(sound: Sound) -> Sound:
    """What lies between 10 and 16 kHz."""
    spectrum = scipy.fft.rfft(sound, axis=0)
    frequency_hz = scipy.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    spectrum[(frequency_hz < 10_000) | (frequency_hz >= 16_000)] = 0
    return scipy.fft.irfft(spectrum, len(sound), axis=0)


def is_stereo(path: Path) -> bool:
    """Whether the voice of a song is."""
    mid, side = turned(trial(KINDS[0], path).sung).T
    return bool(side @ side >= LEAST_SIDE * (mid @ mid))


def show(kind: str, figures: NDArray[np.float64]) -> None:
    """Print the mean of figures (n_songs, n_ways, n_views)."""
    print(f"\n{kind}, {len(figures)} songs; SI-SDR of the voice, dB, mean")
    print(f"    {'':24s}" + "".join(f"{view:>14s}" for view in VIEWS))
    for way, row in zip(WAYS, figures.mean(axis=0), strict=True):
        print(f"    {way:24s}" + "".join(f"{value:14.1f}" for value in row), flush=True)


def show_cost(paths: list[Path]) -> None:
    """Print what full quality costs of a long stereo song, in a process of its own."""
    parts = [trial(KINDS[0], path) for path in paths]
    n_samples = round(MEDLEY_S * RATE_HZ)
    song, voice = (
        np.resize(np.concatenate(sounds), (n_samples, 2))
        for sounds in ([each.song for each in parts], [each.acapella for each in parts])
    )
    script = str(ROOT / "sanity_check_full_length.py")
    with tempfile.TemporaryDirectory() as folder:
        write_pair(Path(folder), Trial(song, voice, voice))
        for flags in (["--quick"], ["--quick", "--full-quality"]):
            wall_s, cpu_s, peak_mb = measured([script, "--workspace", folder, *flags])
            facts = json.loads((Path(folder) / "output_full" / "results_full.json").read_text())
            print(
                f"{MEDLEY_S:.0f} s, {' '.join(flags)}: {wall_s:.1f} s, {cpu_s:.1f} s of the "
                f"processor, {peak_mb:.0f} MB at most; saving took {facts['seconds']['save']:.1f} s"
            )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--only", nargs="*", choices=KINDS, default=KINDS, metavar="KIND")
    arguments = parser.parse_args()
    songs = (path for path in names_of(arguments.part) if path.suffix == ".mp4")
    paths = list(islice(filter(is_stereo, songs), arguments.songs))
    n_cores = os.cpu_count() or 1
    print(f"{machine()}\n{len(paths)} songs ({arguments.part})")
    with ProcessPoolExecutor(
        n_cores, get_context("spawn"), initializer=numba.set_num_threads, initargs=(1,)
    ) as pool:
        for kind in arguments.only:
            jobs = [(kind, path) for path in paths]
            figures = list(tqdm(pool.map(one_song, jobs), kind, len(jobs), leave=False))
            show(kind, np.array(figures))
    show_cost(paths)


if __name__ == "__main__":
    main()
