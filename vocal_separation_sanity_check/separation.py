"""Separate a mix by a reference: no files, no printing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.block_separation import BlockSeparation, Progress
from vocal_separation_sanity_check.errors import checked_signal
from vocal_separation_sanity_check.fingerprint import Match
from vocal_separation_sanity_check.settings import Settings, Source, Target
from vocal_separation_sanity_check.subtraction import MARGIN_DB

@dataclass(frozen=True)
class SongFit:
    """What the fit found for a song.

    Attributes
    ----------
    mask : float32, shape (n_bins, n_windows)
        In [0, 1].
    loss : float64, shape (n_steps + 1,)
        Before the first step and after each.
    match_before, match_after : Match
        Of the mixture's and of the masked mixture's fingerprint with the target's.
    n_points : int
        How many numbers the target's fingerprint has.
    """

    mask: NDArray[np.float32]
    loss: NDArray[np.float64]
    match_before: Match
    match_after: Match
    n_points: int


@dataclass(frozen=True)
class Separation:
    """A mix taken apart.

    Attributes
    ----------
    vocal, music : float32, shape (n_samples,)
        They sum to the mixture.
    reference : float32, shape (n_samples,)
        The given reference at its level and polarity in the mix.
    source : {"vocal", "music"}
        Which of the two the reference is of.
    target : dict of str to {"phase-sensitive", "magnitude"}
        What was matched in the bands, named by their lower edges in Hz.
    fit : SongFit
        The mask extracts `source`.
    subtraction_leftover_db : float or None
        How much of the reference plain subtraction leaves, in dB of it, where that is clearly
        less than the mask leaves (an exact stem).
    si_sdr_db : dict of str to float
        Of `source` against `reference`: ``mixture``, ``extraction``, and the ideal masks at the
        same STFT, ``irm1``, ``irm2``, ``psm``.
    reference_gain_db, coherence : float
        Estimated level of the reference in the mix (dB relative to the file), and how much of a
        common waveform the two have, -1 to 1.
    loss_of_ideal : dict of str to float
        The fit's loss for the ideal masks.
    seconds : dict of str to float
        Time by phase.
    warnings : tuple of str
    """

    vocal: NDArray[np.float32]
    music: NDArray[np.float32]
    reference: NDArray[np.float32]
    source: Source
    target: dict[str, Target]
    fit: SongFit
    subtraction_leftover_db: float | None
    si_sdr_db: dict[str, float]
    reference_gain_db: float
    coherence: float
    loss_of_ideal: dict[str, float]
    seconds: dict[str, float]
    warnings: tuple[str, ...]


def separate(
    mixture: ArrayLike,
    reference: ArrayLike,
    settings: Settings | None = None,
    source: Source = "vocal",
    progress: Progress | None = None,
) -> Separation:
    """Extract from a mix the source whose isolated recording is given.

    Parameters
    ----------
    mixture, reference : array_like, shape (n_samples,)
        Mono, at `settings.sample_rate_hz`, lined up, of one length; the reference at any level
        and polarity.
    settings : Settings, optional
    source : {"vocal", "music"}
        What the reference is a recording of.
    progress : callable, optional
        Told the phase and the share of the work that has been done.

    Returns
    -------
    Separation

    Raises
    ------
    InputError
        If a signal is not mono, empty, silent or not finite, or the lengths differ.
    """
    settings = settings or Settings()
    mix = checked_signal(mixture, "the mixture")
    isolated = checked_signal(reference, f"the isolated {source}")
    song = BlockSeparation(mix, isolated, settings, source, progress)
    parts = list(song.parts())
    extracted = np.concatenate([part.extracted for part in parts])
    rest = mix - extracted
    mask = np.concatenate([part.mask for part in parts], axis=1)
    return Separation(
        vocal=extracted if source == "vocal" else rest,
        music=rest if source == "vocal" else extracted,
        reference=np.float32(song.level.gain) * isolated,
        source=source,
        target=song.level.targets,
        fit=song_fit(song, mask),
        subtraction_leftover_db=subtraction_leftover_db(song),
        si_sdr_db=song.figures.si_sdr_db,
        reference_gain_db=float(20 * np.log10(abs(song.level.gain))),
        coherence=song.level.coherence,
        loss_of_ideal=song.figures.loss_of_ideal,
        seconds=song.seconds,
        warnings=song.level.warnings,
    )


def song_fit(song: BlockSeparation, mask: NDArray[np.float32]) -> SongFit:
    """Give the figures of the fit, once all parts have passed.

    Parameters
    ----------
    song : BlockSeparation
    mask : float32, shape (n_bins, n_windows)

    Returns
    -------
    SongFit
    """
    return SongFit(mask, song.figures.loss, *song.figures.matches, song.figures.n_points)


def subtraction_leftover_db(song: BlockSeparation) -> float | None:
    """Leftover of plain subtraction, if it is clearly less than what the mask leaves.

    Parameters
    ----------
    song : BlockSeparation
        All parts of which have passed.

    Returns
    -------
    float or None
        dB.
    """
    leftover_db = song.figures.leftover_db
    is_exact = leftover_db + MARGIN_DB < -song.figures.si_sdr_db["extraction"]
    return leftover_db if is_exact else None
