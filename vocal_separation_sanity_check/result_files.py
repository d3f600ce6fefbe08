"""What a check leaves in its folder: sounds, mask, pictures, figures."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from vocal_separation_sanity_check.audio import write_wav
from vocal_separation_sanity_check.checked_song import CheckedSong
from vocal_separation_sanity_check.files import replacing

LIBRARIES = ("numpy", "scipy", "numba", "soundfile", "soxr", "resampy", "matplotlib", "jinja2")


def write_sounds(song: CheckedSong) -> None:
    """Write the sounds and the mask.

    Parameters
    ----------
    song : CheckedSong

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    settings = song.settings
    for name, sound in song.sounds.items():
        shown = np.clip(song.gain * sound, -1, 1)
        write_wav(song.path(name, ".wav"), shown, settings.sample_rate_hz)
    with replacing(song.path("mask", ".npz")) as temporary:
        np.savez_compressed(
            temporary,
            mask=song.separation.fit.mask,
            sample_rate_hz=settings.sample_rate_hz,
            n_fft=settings.n_fft,
            hop_length=settings.hop_length,
        )


def write_plots(song: CheckedSong) -> None:
    """Draw the pictures.

    Parameters
    ----------
    song : CheckedSong

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    # matplotlib is loaded only where something is drawn.
    from vocal_separation_sanity_check import plots

    plots.save(plots.loss_figure(song.separation), song.path("optimization_loss", ".png"))
    plots.save(
        plots.spectrogram_figure(song.mixture, song.separation, song.settings),
        song.path("spectrograms", ".png"),
    )


def write_facts(song: CheckedSong, facts: Mapping[str, Any]) -> None:
    """Write `results.json`, the last file of a check.

    Parameters
    ----------
    song : CheckedSong
    facts : mapping
        See `facts_of`.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    with replacing(song.path("results", ".json")) as temporary:
        temporary.write_text(json.dumps(facts, indent=2, allow_nan=False), encoding="utf-8")


def facts_of(song: CheckedSong) -> dict[str, Any]:
    """Gather everything that `results.json` holds.

    Parameters
    ----------
    song : CheckedSong

    Returns
    -------
    dict
    """
    separation = song.separation
    fit = separation.fit
    own = version("vocal-separation-sanity-check")
    return {
        "settings": asdict(song.settings),
        "versions": {"python": platform.python_version(), "vocal-separation-sanity-check": own}
        | {name: version(name) for name in LIBRARIES},
        "inputs": {
            role: {
                "file": path.name,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "n_samples": len(separation.vocal),
            }
            for role, path in song.inputs.items()
        },
        "seconds": dict(song.seconds),
        "loss": {"by_step": fit.loss.tolist(), "of_ideal_masks": separation.loss_of_ideal},
        "fingerprint": {
            "n_points": fit.target.n_points,
            "match_before": asdict(fit.match_before),
            "match_after": asdict(fit.match_after),
        },
        "si_sdr_db": separation.si_sdr_db,
        "report_card": [asdict(score) | {"reading": score.reading} for score in song.scores],
        "source": separation.source,
        "target": separation.target,
        "subtraction_leftover_db": separation.subtraction_leftover_db,
        "reference_gain_db": separation.reference_gain_db,
        "coherence": separation.coherence,
        "output_gain_db": float(20 * np.log10(song.gain)),
        "warnings": list(separation.warnings),
    }
