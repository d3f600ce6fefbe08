"""What a check leaves in its folder: sounds, mask, pictures, figures."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.audio import write_wav
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.separation import Separation
from vocal_separation_sanity_check.settings import Settings

LIBRARIES = ("numpy", "scipy", "numba", "soundfile", "soxr", "resampy", "matplotlib")


def write_sounds(
    results: Path,
    suffix: str,
    mixture: NDArray[np.float32],
    separation: Separation,
    settings: Settings,
) -> float:
    """Write sounds and mask.

    Parameters
    ----------
    results : Path
        Folder.
    suffix : str
        Of the names, before the extension.
    mixture : float32, shape (n_samples,)
    separation : Separation
    settings : Settings

    Returns
    -------
    float
        The gain that all sounds share so that none clips.
    """
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


def write_plots(
    results: Path,
    suffix: str,
    mixture: NDArray[np.float32],
    separation: Separation,
    settings: Settings,
) -> None:
    """Draw the pictures.

    Parameters
    ----------
    results : Path
        Folder.
    suffix : str
        Of the names, before the extension.
    mixture : float32, shape (n_samples,)
    separation : Separation
    settings : Settings
    """
    # matplotlib is loaded only where something is drawn.
    from vocal_separation_sanity_check import plots

    plots.save(plots.loss_figure(separation), results / f"optimization_loss{suffix}.png")
    plots.save(
        plots.spectrogram_figure(mixture, separation, settings),
        results / f"spectrograms{suffix}.png",
    )


def write_facts(
    results: Path,
    suffix: str,
    inputs: Mapping[str, Path],
    separation: Separation,
    settings: Settings,
    seconds: Mapping[str, float],
    gain: float,
) -> None:
    """Write `results.json`.

    Parameters
    ----------
    results : Path
        Folder.
    suffix : str
        Of the name, before the extension.
    inputs : mapping of role to Path
    separation : Separation
    settings : Settings
    seconds : mapping of phase to float
    gain : float
        What the sounds were multiplied by.
    """
    facts = _facts(inputs, separation, settings, seconds, gain)
    with replacing(results / f"results{suffix}.json") as temporary:
        temporary.write_text(json.dumps(facts, indent=2, allow_nan=False), encoding="utf-8")


def _facts(
    inputs: Mapping[str, Path],
    separation: Separation,
    settings: Settings,
    seconds: Mapping[str, float],
    gain: float,
) -> dict[str, Any]:
    """Everything that `results.json` holds."""
    fit = separation.fit
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
            "n_points": fit.n_points,
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
