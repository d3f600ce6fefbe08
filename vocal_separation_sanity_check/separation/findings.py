"""What a separation found out about a song, without its sounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fingerprints import Match
from vocal_separation_sanity_check.separation.block_separation import BlockSeparation
from vocal_separation_sanity_check.separation.subtraction import Subtraction
from vocal_separation_sanity_check.settings import Source, Target


@dataclass(frozen=True)
class SongFit:
    """How the fit of a song went.

    Attributes
    ----------
    loss : float64, shape (n_steps + 1,)
        Of the linear slices' profiles, relative to the target's, before the first step and after
        each.
    match_before, match_after : Match
        Of the mixture's and of the masked mixture's fingerprint with the target's.
    n_points : int
        How many numbers the target's fingerprint has.
    """

    loss: NDArray[np.float64]
    match_before: Match
    match_after: Match
    n_points: int


@dataclass(frozen=True)
class Findings:
    """What a separation found out about a song.

    Attributes
    ----------
    source : {"vocal", "music"}
        Which of the two the reference is of.
    target : dict of str to {"phase-sensitive", "magnitude"}
        What was matched in the bands, named by their lower edges in Hz.
    fit : SongFit
    subtraction : Subtraction
        What subtracting the reference leaves of it, beside the mask.
    si_sdr_db : dict of str to float
        Of `source` against the reference at its level: ``mixture``, ``extraction``, and the ideal
        masks at the same STFT, ``irm1``, ``irm2``, ``psm``; where the reference was rebuilt, also
        of the ideal mask of the one that was given, ``psm_as_given``.
    reference_gain_db, coherence : float
        Estimated level of the reference in the mix (dB relative to the file), and how much of a
        common waveform the two have, -1 to 1: under `COHERENT` it does not occur there.
    is_inverted : bool
        Whether it is upside down in the mix.
    loss_of_ideal : dict of str to float
        The fit's loss for the ideal masks.
    rest_db : float
        The mixture minus the reference at its level, in dB of the mixture.
    reference_in_mixture_db, mixture_in_reference_db : float
        What is left of one where it is taken off the other, see `Containment`: which of them holds
        the other.
    seconds : dict of str to float
        Time by phase.
    """

    source: Source
    target: dict[str, Target]
    fit: SongFit
    subtraction: Subtraction
    si_sdr_db: dict[str, float]
    reference_gain_db: float
    coherence: float
    is_inverted: bool
    loss_of_ideal: dict[str, float]
    rest_db: float
    reference_in_mixture_db: float
    mixture_in_reference_db: float
    seconds: dict[str, float]


def findings_of(song: BlockSeparation, source: Source) -> Findings:
    """Gather what was found out, once all parts of a song have passed.

    Parameters
    ----------
    song : BlockSeparation
    source : {"vocal", "music"}

    Returns
    -------
    Findings
    """
    tallies, level = song.tallies, song.level
    return Findings(
        source=source,
        target=level.targets,
        fit=SongFit(tallies.loss, *tallies.matches, tallies.n_points),
        subtraction=tallies.subtraction,
        si_sdr_db=tallies.si_sdr_db,
        reference_gain_db=float(20 * np.log10(abs(level.gain))),
        coherence=float(level.coherence),
        is_inverted=bool(level.gain < 0),
        loss_of_ideal=tallies.loss_of_ideal,
        rest_db=tallies.rest_db,
        reference_in_mixture_db=tallies.held.left_db,
        mixture_in_reference_db=tallies.holding.left_db,
        seconds=song.seconds,
    )
