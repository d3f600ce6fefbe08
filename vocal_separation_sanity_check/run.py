"""Load, separate, judge, save: what both check scripts do."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from vocal_separation_sanity_check import measurement_kernels
from vocal_separation_sanity_check.audio import read_mono, write_wav
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.mask_fit import MaskFit
from vocal_separation_sanity_check.prepared_files import MIXTURE_NAME, REFERENCE_NAMES
from vocal_separation_sanity_check.report_card import report_card
from vocal_separation_sanity_check.separation import Separation, separate
from vocal_separation_sanity_check.settings import Settings, Source

LIBRARIES = ("numpy", "scipy", "numba", "soundfile", "soxr", "resampy", "matplotlib")


@dataclass(frozen=True)
class Check:
    """One of the two lengths a song is checked at.

    Attributes
    ----------
    prepared : str
        Folder under ``rtg/``.
    results : str
        Folder of the results.
    suffix : str
        Of the results' names, before the extension.
    """

    prepared: str
    results: str
    suffix: str


CLIP_CHECK = Check("100-window", "output", "")
FULL_LENGTH_CHECK = Check("no-limit", "output_full", "_full")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that both check scripts take.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    defaults = Settings()
    parser.add_argument("--song", metavar="NAME", help="check one of several prepared songs")
    parser.add_argument(
        "--target",
        choices=("phase-sensitive", "magnitude"),
        help="match what a mask can rebuild, or plain magnitude (default: by coherence)",
    )
    for flag, default, text in (
        ("--iterations", defaults.n_iterations, "most steps of the fit"),
        ("--hop-length", defaults.hop_length, "samples between windows"),
        ("--seed", defaults.seed, "draws the mask that the fit starts from"),
    ):
        parser.add_argument(
            flag, metavar="N", type=int, default=default, help=f"{text} (default: {default})"
        )


def run_check(check: Check, options: argparse.Namespace) -> None:
    """Check every prepared song, or the one asked for, and print a report card of each.

    Parameters
    ----------
    check : Check
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.

    Raises
    ------
    InputError
        If nothing is prepared, a file cannot be used, or a result cannot be written.
    """
    settings = replace(
        Settings(),
        target=options.target,
        n_iterations=options.iterations,
        hop_length=options.hop_length,
        seed=options.seed,
    )
    songs = prepared_songs(options.workspace / "rtg" / check.prepared)
    if options.song is not None:
        if options.song not in songs:
            known = ", ".join(name for name in songs if name) or "a single song, without a name"
            raise InputError(f"no prepared song is called {options.song!r}; there is: {known}")
        songs = {options.song: songs[options.song]}
    if not measurement_kernels.is_compiled():
        print("Compiling the kernels; this happens once and takes about half a minute.", flush=True)
    for song, prepared in songs.items():
        check_song(song, prepared, options.workspace / check.results / song, check.suffix, settings)


def prepared_songs(folder: Path) -> dict[str, Path]:
    """Find what has been prepared.

    Parameters
    ----------
    folder : Path
        ``rtg/100-window`` or ``rtg/no-limit``.

    Returns
    -------
    dict of str to Path
        Folder of each song; a single song in the flat folder has no name.

    Raises
    ------
    InputError
        If there is none.
    """
    if (folder / MIXTURE_NAME).is_file():
        return {"": folder}
    below = sorted(folder.iterdir()) if folder.is_dir() else []
    songs = {path.name: path for path in below if (path / MIXTURE_NAME).is_file()}
    if not songs:
        raise InputError(f"nothing is prepared in {folder}; run python prepare_audio_files.py")
    return songs


def check_song(
    song: str, prepared: Path, results: Path, suffix: str, settings: Settings
) -> Separation:
    """Separate one prepared song, write its results, and print its report card.

    Parameters
    ----------
    song : str
        Its name, empty for a single one.
    prepared, results : Path
        Folders.
    suffix : str
        Of the results' names.
    settings : Settings

    Returns
    -------
    Separation

    Raises
    ------
    InputError
        If a file cannot be used or a result cannot be written.
    """
    start = perf_counter()
    source, reference_path = _reference(prepared)
    mixture = read_mono(prepared / MIXTURE_NAME, settings.sample_rate_hz)
    reference = read_mono(reference_path, settings.sample_rate_hz)
    loaded_s = perf_counter() - start
    with tqdm(
        total=settings.n_iterations, desc=song or "Fitting", unit="step", leave=False, disable=None
    ) as bar:
        separation = separate(mixture, reference, settings, source, lambda step: _show(bar, step))
    start = perf_counter()
    inputs = {"mixture": prepared / MIXTURE_NAME, "reference": reference_path}
    gain = _write_sounds(results, suffix, mixture, separation, settings)
    _write_plots(results, suffix, mixture, separation, settings)
    seconds = {"load": loaded_s, **separation.seconds, "save": perf_counter() - start}
    facts = _facts(inputs, separation, settings, seconds, gain)
    with replacing(results / f"results{suffix}.json") as temporary:
        temporary.write_text(json.dumps(facts, indent=2, allow_nan=False), encoding="utf-8")
    print(report_card(song, len(mixture) / settings.sample_rate_hz, separation, seconds, results))
    return separation


def _show(bar: tqdm[Any], step: int) -> None:
    bar.update(step - bar.n)


def _reference(prepared: Path) -> tuple[Source, Path]:
    for source, name in REFERENCE_NAMES.items():
        if (prepared / name).is_file():
            return source, prepared / name
    raise InputError(
        f"{prepared} holds a mixture and nothing to look for; run python prepare_audio_files.py"
    )


def _write_sounds(
    results: Path,
    suffix: str,
    mixture: NDArray[np.float32],
    separation: Separation,
    settings: Settings,
) -> float:
    """Write sounds and mask; returns the gain that all sounds share so that none clips."""
    sounds = {
        "1_original_mixture": mixture,
        f"2_target_{separation.source}": separation.reference,
        "extracted_vocal": separation.vocal,
        "extracted_music": separation.music,
    }
    if separation.subtraction_leftover_db is not None:
        rest = "music" if separation.source == "vocal" else "vocal"
        sounds[f"subtracted_{rest}"] = mixture - separation.reference
    gain = 1 / max(1.0, *(float(np.abs(sound).max()) for sound in sounds.values()))
    for name, sound in sounds.items():
        path = results / f"{name}{suffix}.wav"
        write_wav(path, np.clip(gain * sound, -1, 1), settings.sample_rate_hz)
    with replacing(results / f"mask{suffix}.npz") as temporary:
        np.savez_compressed(
            temporary,
            mask=separation.fit.mask,
            sample_rate_hz=settings.sample_rate_hz,
            n_fft=settings.n_fft,
            hop_length=settings.hop_length,
        )
    return gain


def _write_plots(
    results: Path,
    suffix: str,
    mixture: NDArray[np.float32],
    separation: Separation,
    settings: Settings,
) -> None:
    from vocal_separation_sanity_check import plots

    plots.save(plots.loss_figure(separation), results / f"optimization_loss{suffix}.png")
    plots.save(
        plots.spectrogram_figure(mixture, separation, settings),
        results / f"spectrograms{suffix}.png",
    )


def _facts(
    inputs: Mapping[str, Path],
    separation: Separation,
    settings: Settings,
    seconds: Mapping[str, float],
    gain: float,
) -> dict[str, Any]:
    """Everything that `results.json` holds."""
    fit: MaskFit = separation.fit
    own = version("vocal-separation-sanity-check")
    return {
        "settings": asdict(settings),
        "versions": {"python": platform.python_version(), "vocal-separation-sanity-check": own}
        | {name: version(name) for name in LIBRARIES},
        "inputs": {
            role: {
                "file": path.name,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "n_samples": len(separation.vocal),
            }
            for role, path in inputs.items()
        },
        "seconds": dict(seconds),
        "loss": {"by_step": fit.loss.tolist(), "of_ideal_masks": separation.loss_of_ideal},
        "fingerprint": {
            "n_points": fit.target.n_points,
            "match_before": asdict(fit.match_before),
            "match_after": asdict(fit.match_after),
        },
        "si_sdr_db": separation.si_sdr_db,
        "source": separation.source,
        "target": separation.target,
        "subtraction_leftover_db": separation.subtraction_leftover_db,
        "reference_gain_db": separation.reference_gain_db,
        "coherence": separation.coherence,
        "output_gain_db": float(20 * np.log10(gain)),
        "warnings": list(separation.warnings),
    }
