"""What a check leaves in its folder: sounds, mask, pictures, and `results.json` with its scores."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from vocal_separation_sanity_check.check.npz_stream import writing_npz
from vocal_separation_sanity_check.files import replacing, sha256_of
from vocal_separation_sanity_check.scoring import Score
from vocal_separation_sanity_check.songs import (
    CheckedSong,
    library_versions,
    told_original,
    write_results,
)
from vocal_separation_sanity_check.sound import write_wav
from vocal_separation_sanity_check.spectral import blocks


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
        write_wav(song.path(name, ".wav"), song.shown(sound), settings.sample_rate_hz)
    numbers = {
        "sample_rate_hz": settings.sample_rate_hz,
        "n_fft": settings.n_fft,
        "hop_length": settings.hop_length,
    }
    n_bins, n_windows = settings.n_fft // 2 + 1, len(song.mask)
    with (
        replacing(song.path("mask", ".npz")) as temporary,
        writing_npz(temporary, "mask", n_bins, n_windows, numbers) as write,
    ):
        for block in blocks(n_windows, 0):
            write(song.mask.rows(block.first, block.last))


def write_pictures(song: CheckedSong, pictures: Mapping[str, bytes]) -> None:
    """Write the pictures.

    Parameters
    ----------
    song : CheckedSong
    pictures : mapping of str to bytes
        See `Drawing.draw`.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    for name, picture in pictures.items():
        with replacing(song.path(name, ".png")) as temporary:
            temporary.write_bytes(picture)


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
    files = {path.name: sha256_of(path) for path in song.files}
    write_results(song.job.facts_path, {**facts, "files": files})


def facts_of(song: CheckedSong, scores: Sequence[Score] = ()) -> dict[str, Any]:
    """Gather everything that `results.json` holds.

    Parameters
    ----------
    song : CheckedSong
    scores : sequence of Score
        Empty before the song is judged, and where it is not.

    Returns
    -------
    dict
    """
    findings = song.findings
    fit = findings.fit
    original = told_original(song.job.prepared)
    return {
        "song": song.name,
        "original": original
        and {"file": str(original.mixture.path), "sha256": original.mixture.sha256},
        "depends_on": song.depends_on,
        "settings": asdict(song.settings),
        "versions": {"python": platform.python_version()} | library_versions(),
        "inputs": {
            role: {
                "file": path.name,
                "sha256": song.depends_on["inputs"][role],
                "n_samples": len(song.mixture),
            }
            for role, path in song.inputs.items()
        },
        "seconds": dict(song.seconds),
        "loss": {"by_step": fit.loss.tolist(), "of_ideal_masks": findings.loss_of_ideal},
        "fingerprint": {
            "n_points": fit.n_points,
            "match_before": asdict(fit.match_before),
            "match_after": asdict(fit.match_after),
        },
        "si_sdr_db": findings.si_sdr_db if song.is_judged else {},
        "report_card": [asdict(score) | {"reading": score.reading} for score in scores],
        "source": findings.source,
        "is_placed": song.is_placed,
        "is_judged": song.is_judged,
        "headline": song.told.headline,
        "sentences": list(song.told.sentences),
        "warnings": list(song.told.alarms),
        "target": findings.target,
        "subtraction": _subtraction_facts(song),
        "path": _path_facts(song),
        "reference_gain_db": findings.reference_gain_db,
        "coherence": findings.coherence,
        "output_gain_db": float(20 * np.log10(song.gain)),
    }


def _subtraction_facts(song: CheckedSong) -> dict[str, Any] | None:
    if not song.is_judged:
        return None
    found = song.findings.subtraction
    return asdict(found) | {"is_present": found.is_present, "is_better": found.is_better}


def _path_facts(song: CheckedSong) -> dict[str, Any] | None:
    path = song.reference_path
    if path is None or not song.is_judged:
        return None
    lowest_db, highest_db = path.level_range_db
    return {
        "is_used": path.is_used,
        "has_echoes": path.has_echoes,
        "level_db": {"lowest": lowest_db, "highest": highest_db},
        "reverberation_s": {f"{edge:g} Hz": time for edge, time in path.reverberation_s().items()},
    }
