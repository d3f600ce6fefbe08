"""Stems of the original file: its rate, its channels, its length, its bit depth.

Two pairs of stems are written, by the mask (`full_quality_mask.py`) and by subtracting the rebuilt
reference (`original_pair.py`). Each sums to the file exactly.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.check.full_quality_mask import masked_parts
from vocal_separation_sanity_check.check.original_pair import OriginalPair, parts_of
from vocal_separation_sanity_check.songs import FULL_QUALITY_NAMES, CheckedSong
from vocal_separation_sanity_check.sound import HeldChunks, opened, split_samples, writing_wav


def write_full_quality(song: CheckedSong, pair: OriginalPair) -> None:
    """Write what the mask takes out of the original file, and the rest; they sum to it.

    Parameters
    ----------
    song : CheckedSong
    pair : OriginalPair

    Raises
    ------
    InputError
        If the original has gone or changed since it was prepared, or a file cannot be written.
    """
    is_vocal = song.findings.source == "vocal"
    names = FULL_QUALITY_NAMES if is_vocal else FULL_QUALITY_NAMES[::-1]
    _write_stems(song, pair, names, masked_parts(pair, song.findings.target, song.settings))


def write_full_quality_subtraction(song: CheckedSong, pair: OriginalPair) -> None:
    """Write the rebuilt reference, and what it leaves of the original file; they sum to it.

    Parameters
    ----------
    song : CheckedSong
        That holds its reference, see `CheckedSong.is_subtracted`.
    pair : OriginalPair

    Raises
    ------
    InputError
        If the original has gone or changed since it was prepared, or a file cannot be written.
    """
    names = (
        f"full_quality_rebuilt_{song.findings.source}",
        f"full_quality_subtracted_{song.rest}",
    )
    parts = (
        np.stack([channel[part] for channel in pair.references], axis=1)
        for part in parts_of(pair.stretch.n_samples)
    )
    _write_stems(song, pair, names, parts)


def _write_stems(
    song: CheckedSong,
    pair: OriginalPair,
    names: tuple[str, ...],
    parts: Iterable[NDArray[np.float32]],
) -> None:
    """Write what is taken, float32 (n_samples, n_channels), and what it leaves of the file."""
    own, rest = (song.path(name, ".wav") for name in names)
    info = pair.stretch.info
    form = (info.sample_rate_hz, info.n_channels, info.subtype, pair.stretch.n_samples)
    with (
        opened(pair.stretch.path) as sound,
        writing_wav(own, *form) as write_own,
        writing_wav(rest, *form) as write_rest,
        pair.named.mixture.unchanged(),
    ):
        samples = HeldChunks(sound.chunks())
        samples.take(pair.stretch.begin)
        for part in parts:
            taken, left = split_samples(samples.take(len(part)), part, info.subtype)
            write_own(taken)
            write_rest(left)
