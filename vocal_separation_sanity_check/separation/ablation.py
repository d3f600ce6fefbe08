"""Which slices and measurements matter: the fit again with parts of the fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.fingerprints import (
    LINEAR_SLICES,
    SLICES,
    Fingerprint,
    MatchSums,
    fingerprint,
)
from vocal_separation_sanity_check.fitting import POOLED_PROFILE, TERMS, fit_windows
from vocal_separation_sanity_check.scoring import SiSdrSums
from vocal_separation_sanity_check.separation.findings import Findings
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral import (
    Block,
    InverseStft,
    banded_target,
    blocks,
    n_windows_of,
    stft,
)

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
    mixture: Signal,
    reference: Signal,
    findings: Findings,
    settings: Settings,
    progress: Callable[[float], object] = lambda _share: None,
) -> list[AblationRow]:
    """Fit with each part of the fingerprint and score what comes out, block by block.

    Parameters
    ----------
    mixture, reference : Signal or float32, shape (n_samples,)
        The reference at its level in the mix.
    findings : Findings
        Of the whole fingerprint.
    settings : Settings
    progress : callable, optional
        Told the share of the work that has been done.

    Returns
    -------
    list of AblationRow
        In the order of `plan`; the mixture as it is comes last.
    """
    n_windows = n_windows_of(len(mixture), settings.hop_length)
    bin_hz = settings.sample_rate_hz / settings.n_fft
    parts = [_Part(*planned, len(mixture)) for planned in plan(settings)]
    for block in blocks(n_windows):
        seen = block.first, block.last
        spectrum, own = (stft(each, settings, *seen) for each in (mixture, reference))
        wanted = banded_target(own, spectrum, findings.target, bin_hz)
        target = fingerprint(wanted, settings.sample_rate_hz)
        for number, part in enumerate(parts):
            part.fit(spectrum, target, block, reference)
            done = block.first + block.core.start + (number + 1) / len(parts) * _length(block)
            progress(done / n_windows)
    match_before = findings.fit.match_before.overall
    nothing = AblationRow(NOTHING, "the mixture", findings.si_sdr_db["mixture"], match_before)
    return [*(part.row for part in parts), nothing]


def _length(block: Block) -> int:
    return block.core.stop - block.core.start


class _Part:
    """A part of the fingerprint, and what its fits come to, block after block."""

    def __init__(self, kind: str, name: str, settings: Settings, n_samples: int) -> None:
        self._kind, self._name, self._settings = kind, name, settings
        self._inverse = InverseStft(n_samples, settings)
        self._begin = 0
        self._si_sdr, self._match = SiSdrSums(), MatchSums()

    def fit(
        self,
        spectrum: NDArray[np.complex64],
        target: Fingerprint,
        block: Block,
        reference: Signal,
    ) -> None:
        """Fit a block, whose spectrum has shape (n_bins, n_windows), and add what comes out."""
        # What a part of the fingerprint leaves open stays as it starts: neither voice nor music.
        start = np.full(spectrum.shape, 0.5, np.float32)
        core, magnitude = block.core, np.abs(spectrum)
        mask = fit_windows(magnitude, target, self._settings, counted=core, start=start).mask
        found = fingerprint(mask * magnitude, self._settings.sample_rate_hz)
        self._match.add(found, target, core)
        extracted = self._inverse.add(mask[:, core] * spectrum[:, core])
        end = self._begin + len(extracted)
        self._si_sdr.add(extracted, reference[self._begin : end])
        self._begin = end

    @property
    def row(self) -> AblationRow:
        """Of all blocks."""
        return AblationRow(self._kind, self._name, self._si_sdr.in_db, self._match.match().overall)


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
