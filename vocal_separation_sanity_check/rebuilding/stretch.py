"""One stretch of a song: the reference's level and its path, each on what the other leaves.

The level comes first, on the mixture less the echoes that are known by then: a compressor works on
the voice before the room answers. Two rounds: the first path is found only to tell voice from music
(`PathStatistics.unseen_sound`), so that the second is found where the music is quiet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.rebuilding.cell_weights import cell_weights, held_cells
from vocal_separation_sanity_check.rebuilding.late_path import LatePath
from vocal_separation_sanity_check.rebuilding.level_track import level_track
from vocal_separation_sanity_check.rebuilding.path_statistics import (
    FIRST_LONGEST_S,
    LONGEST_S,
    PathStatistics,
)
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.spectral import istft, stft

_LEVEL_WINDOW_S = 0.093
_PATH_WINDOW_S = 0.186
"""Long beside the distance of windows: a bin hears nearly nothing of its neighbours' echoes."""
_OVERLAP = 4


@dataclass(frozen=True)
class RebuiltStretch:
    """What a stretch of the reference became.

    Attributes
    ----------
    added : float32, shape (n_samples,)
        To be added to the reference; 0 where it is in the mixture as it is.
    level : float64, shape (n_samples,), or None
        What the reference was multiplied by; None where nothing was.
    path : LatePath
    """

    added: NDArray[np.float32]
    level: NDArray[np.float64] | None
    path: LatePath


def rebuild_stretch(
    mixture: NDArray[np.float32],
    reference: NDArray[np.float32],
    sample_rate_hz: float,
    source: Source,
    before: LatePath | None,
) -> RebuiltStretch:
    """Rebuild the reference as it sounds in the mixture.

    Parameters
    ----------
    mixture, reference : float32, shape (n_samples,)
        Lined up, the reference at its level.
    sample_rate_hz : float
    source : {"vocal", "music"}
        What the reference is.
    before : LatePath or None
        Of the stretch before.

    Returns
    -------
    RebuiltStretch
    """
    fine, coarse = (_transform(s, sample_rate_hz) for s in (_LEVEL_WINDOW_S, _PATH_WINDOW_S))
    mixed, own_fine = stft(mixture, coarse), stft(reference, fine)

    def levelled(heard: NDArray[np.float32]) -> _Levelled:
        level = _between(level_track(stft(heard, fine), own_fine, source), fine, len(mixture))
        sound = reference if level is None else reference * level.astype(np.float32)
        spectrum = stft(sound, coarse)
        return _Levelled(level, sound, spectrum, held_cells(mixed, spectrum))

    def statistics(
        own: _Levelled, echoes: NDArray[np.complex64] | float, longest_s: float
    ) -> PathStatistics:
        error = mixed - own.spectrum
        weights = cell_weights(error - echoes, mixed) * own.is_held
        hop_s = coarse.hop_length / sample_rate_hz
        return PathStatistics(own.spectrum, error, weights, hop_s, longest_s)

    own = levelled(mixture)
    echoes, is_likely = statistics(own, 0.0, FIRST_LONGEST_S).unseen_sound()
    if is_likely.any():
        # Off come only echoes that are likely: others would take some of the voice with them.
        likely = istft(echoes * is_likely[:, None], len(mixture), coarse)
        own = levelled(mixture - likely)
    path = statistics(own, echoes, LONGEST_S).path(before)
    added = own.sound - reference
    if path.is_used:
        added = added + istft(path.sound(own.spectrum), len(mixture), coarse)
    return RebuiltStretch(added, own.level, path)


@dataclass(frozen=True)
class _Levelled:
    """The reference at its level: that of each sample, sound, spectrum, where the song holds it."""

    level: NDArray[np.float64] | None
    sound: NDArray[np.float32]
    spectrum: NDArray[np.complex64]
    is_held: NDArray[np.bool_]


def _transform(window_s: float, sample_rate_hz: float) -> Settings:
    n_fft = max(64, 1 << round(np.log2(window_s * sample_rate_hz)))
    return Settings(round(sample_rate_hz), n_fft, n_fft // _OVERLAP)


def _between(
    level: NDArray[np.float64] | None, settings: Settings, n_samples: int
) -> NDArray[np.float64] | None:
    """The level of each sample from that of each window."""
    if level is None:
        return None
    return np.interp(np.arange(n_samples), np.arange(len(level)) * settings.hop_length, level)
