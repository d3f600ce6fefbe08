"""Which slices and measurements matter: the fit again with parts of the fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fingerprints import LINEAR_SLICES, SLICES, fingerprint
from vocal_separation_sanity_check.fitting import POOLED_PROFILE, TERMS, fit_mask
from vocal_separation_sanity_check.scoring import si_sdr_db
from vocal_separation_sanity_check.separation.findings import Findings
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectral import banded_target, istft, stft

ADDED_WEIGHT = 0.01
"""Of a family beside the profiles: large enough to show, small enough to let them lead."""

FAMILY_STEPS = 10
"""Most steps where a family takes part: each costs as much as twenty without."""

NOTHING = "nothing"
ALL, LEFT_OUT, ALONE = "everything", "slice left out", "slice alone"
FAMILY_ALONE, FAMILY_ADDED = "family alone", "family added"


@dataclass(frozen=True)
class AblationRow:
    """What a part of the fingerprint does.

    Attributes
    ----------
    kind : str
    name : str
        Of the slice or family.
    si_sdr_db : float
        Of the extraction.
    match : float
        Of the whole fingerprint, 0 to 1.
    """

    kind: str
    name: str
    si_sdr_db: float
    match: float


def plan(settings: Settings) -> list[tuple[str, str, Settings]]:
    """List the fits: kind, name, and the settings that leave in what is asked for.

    The two pooled slices take part through their profiles, and only where they are alone: by
    default they have no weight that could be taken from them.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of (str, str, Settings)
    """
    chosen = [(ALL, "the 17 linear slices", settings)]
    for kind, name, slices, families in _weights():
        is_slow = kind in (FAMILY_ALONE, FAMILY_ADDED)
        most = FAMILY_STEPS if is_slow else settings.n_iterations
        n_iterations = min(settings.n_iterations, most)
        weights = replace(settings, slice_weights=slices, family_weights=families)
        chosen.append((kind, name, replace(weights, n_iterations=n_iterations)))
    return chosen


def _weights() -> Iterator[tuple[str, str, dict[str, float], dict[str, float]]]:
    """Kind, name, weights of slices, weights of families."""
    for left_out in LINEAR_SLICES:
        yield LEFT_OUT, left_out.name, {left_out.name: 0.0}, {}
    for alone in SLICES:
        others = {which.name: 0.0 for which in SLICES if which is not alone}
        yield ALONE, alone.name, others, {POOLED_PROFILE: 1.0} if alone.is_pooled else {}
    for family in TERMS:
        yield FAMILY_ALONE, family, {}, {"profile": 0.0, family: 1.0}
    for family in TERMS:
        yield FAMILY_ADDED, family, {}, {family: ADDED_WEIGHT}


def ablate(
    mixture: NDArray[np.float32],
    reference: NDArray[np.float32],
    findings: Findings,
    settings: Settings,
    on_fit: Callable[[str], object] | None = None,
) -> list[AblationRow]:
    """Fit with each part of the fingerprint and score what comes out.

    Parameters
    ----------
    mixture, reference : float32, shape (n_samples,)
        The reference at its level in the mix.
    findings : Findings
        Of the whole fingerprint.
    settings : Settings
    on_fit : callable, optional
        Called with the name of each fit when it is done.

    Returns
    -------
    list of AblationRow
        In the order of `plan`; the mixture as it is comes last.
    """
    spectrum, own = stft(mixture, settings), stft(reference, settings)
    bin_hz = settings.sample_rate_hz / settings.n_fft
    wanted = banded_target(own, spectrum, findings.target, bin_hz)
    target = fingerprint(wanted, settings.sample_rate_hz)
    # What a part of the fingerprint leaves open stays as it starts: half, neither voice nor music.
    flat = np.full_like(wanted, 0.5)
    rows = []
    for kind, name, chosen in plan(settings):
        fit = fit_mask(np.abs(spectrum), target, chosen, start=flat)
        extracted = istft(fit.mask * spectrum, len(mixture), settings)
        score = si_sdr_db(extracted, reference)
        rows.append(AblationRow(kind, name, score, fit.match_after.overall))
        if on_fit is not None:
            on_fit(name)
    match_before = findings.fit.match_before.overall
    rows.append(AblationRow(NOTHING, "the mixture", findings.si_sdr_db["mixture"], match_before))
    return rows


def mean_rows(songs: Sequence[Sequence[AblationRow]]) -> list[AblationRow]:
    """Average the rows of several songs.

    Parameters
    ----------
    songs : sequence of sequence of AblationRow
        Each as `ablate` gives them.

    Returns
    -------
    list of AblationRow
    """
    return [
        replace(
            rows[0],
            si_sdr_db=float(np.mean([row.si_sdr_db for row in rows])),
            match=float(np.mean([row.match for row in rows])),
        )
        for rows in zip(*songs, strict=True)
    ]
