"""Separate a mix by a reference: no files, no printing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.separation.block_separation import (
    BlockSeparation,
    Progress,
)
from vocal_separation_sanity_check.separation.findings import Findings, findings_of
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.sound import checked_signal


@dataclass(frozen=True)
class Separation(Findings):
    """A mix taken apart, and what was found out about it (see `Findings`).

    Attributes
    ----------
    vocal, music : float32, shape (n_samples,)
        They sum to the mixture.
    reference : float32, shape (n_samples,)
        The given reference at its level and polarity in the mix.
    mask : float32, shape (n_bins, n_windows)
        In [0, 1]; it extracts `source`.
    """

    vocal: NDArray[np.float32]
    music: NDArray[np.float32]
    reference: NDArray[np.float32]
    mask: NDArray[np.float32]


def separate(
    mixture: ArrayLike,
    reference: ArrayLike,
    settings: Settings | None = None,
    source: Source = "vocal",
    progress: Progress | None = None,
) -> Separation:
    """Extract from a mix the source whose isolated recording is given.

    Calls from several threads take turns at the fit. Numba must then run on ``omp`` or ``tbb``: on
    ``workqueue``, which it takes where it finds neither, two calls at one time end the process.

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
    mix = checked_signal(mixture, "the mixture")
    isolated = checked_signal(reference, f"the isolated {source}")
    song = BlockSeparation(mix, isolated, settings or Settings(), source, progress)
    parts = list(song.parts())
    extracted = np.concatenate([part.extracted for part in parts])
    rest = mix - extracted
    return Separation(
        **vars(findings_of(song, source)),
        vocal=extracted if source == "vocal" else rest,
        music=rest if source == "vocal" else extracted,
        reference=np.float32(song.level.gain) * isolated,
        mask=np.concatenate([part.mask for part in parts], axis=1),
    )
