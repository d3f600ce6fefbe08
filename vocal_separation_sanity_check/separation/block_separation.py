"""The separation of a song, block by block, in memory that does not grow with it.

Two passes: one adds up what has to be decided for the song as a whole (the reference's level, what
to match in each band), one fits each block and hands on its sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprints import fingerprint
from vocal_separation_sanity_check.fitting import check_weights, fit_windows
from vocal_separation_sanity_check.separation.reference_level import reference_level
from vocal_separation_sanity_check.separation.tallies import FittedBlock, SongTallies
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.sound import Signal
from vocal_separation_sanity_check.spectral import (
    Block,
    InverseStft,
    banded_target,
    blocks,
    n_windows_of,
    stft,
)

Progress = Callable[[str, float], None]
"""Told the phase, and the share of the song's work that has been done, 0 to 1."""

_FIRST_PASS_SHARE = 0.05


@dataclass(frozen=True)
class SeparatedPart:
    """A stretch of a separated song; the parts of a song follow each other without a gap.

    Attributes
    ----------
    extracted : float32, shape (n_samples,)
    mask : float32, shape (n_bins, n_windows)
        Of the windows that the part answers for; n_samples is theirs but for the ends' overlap.
    """

    extracted: NDArray[np.float32]
    mask: NDArray[np.float32]


class BlockSeparation:
    """A song that is being taken apart.

    Parameters
    ----------
    mixture, reference : Signal or float32, shape (n_samples,)
        Of one length, lined up, at `settings.sample_rate_hz`.
    settings : Settings
    source : {"vocal", "music"}
        What the reference is of.
    progress : callable, optional
    gain : float, optional
        Level of the reference in the mixture where it is known; else it is found.
    as_given : Signal, optional
        What the reference was rebuilt from, at its level: how far its mask would have come is told.

    Attributes
    ----------
    level : ReferenceLevel
    tallies : SongTallies
        Complete once `parts` has come to its end.
    seconds : dict of str to float
        Time by phase.

    Raises
    ------
    InputError
        If the lengths differ, or a weight of the settings is of something unknown.
    """

    def __init__(
        self,
        mixture: Signal,
        reference: Signal,
        settings: Settings,
        source: Source,
        progress: Progress | None = None,
        *,
        gain: float | None = None,
        as_given: Signal | None = None,
    ) -> None:
        check_weights(settings)
        if len(mixture) != len(reference):
            raise InputError(
                f"the mixture has {len(mixture)} samples, the isolated {source} {len(reference)}; "
                "cut both to the common part"
            )
        self._mixture, self._reference, self._settings = mixture, reference, settings
        self._as_given = as_given
        self._progress: Progress = progress or (lambda _phase, _share: None)
        self._n_windows = n_windows_of(len(mixture), settings.hop_length)
        self._bin_hz = settings.sample_rate_hz / settings.n_fft
        self.seconds: dict[str, float] = {}
        self.tallies = SongTallies(len(mixture), settings)
        self.level = reference_level(self._all_spectra, settings, gain)

    def report_to(self, progress: Progress) -> None:
        """Tell somebody else from here on."""
        self._progress = progress

    def _all_spectra(self) -> Iterator[tuple[NDArray[np.complex64], NDArray[np.complex64]]]:
        for block in blocks(self._n_windows, 0):
            yield self._spectra(block)
            self._progress("level", _FIRST_PASS_SHARE * block.last / self._n_windows)

    def _spectra(self, block: Block) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        with self._timed("stft"):
            return (
                stft(self._reference, self._settings, block.first, block.last),
                stft(self._mixture, self._settings, block.first, block.last),
            )

    def parts(self) -> Iterator[SeparatedPart]:
        """Fit block after block.

        Yields
        ------
        SeparatedPart
        """
        inverse = InverseStft(len(self._mixture), self._settings)
        begin = 0
        for block in blocks(self._n_windows):
            fitted = self._fitted(block)
            with self._timed("istft"):
                mask = fitted.fit.mask[:, block.core]
                extracted = inverse.add(mask * fitted.mixture[:, block.core])
            part = slice(begin, begin + len(extracted))
            begin = part.stop
            with self._timed("figures"):
                reference = np.float32(self.level.gain) * self._reference[part]
                mixture = self._mixture[part]
                self.tallies.add(fitted, mixture, extracted, reference)
            yield SeparatedPart(extracted, mask)
            done = (block.first + block.core.stop) / self._n_windows
            self._progress("fit", _FIRST_PASS_SHARE + (1 - _FIRST_PASS_SHARE) * done)

    def _fitted(self, block: Block) -> FittedBlock:
        settings = self._settings
        reference, mixture = self._spectra(block)
        reference *= np.float32(self.level.gain)
        magnitude = banded_target(reference, mixture, self.level.targets, self._bin_hz)
        with self._timed("fingerprint"):
            target = fingerprint(magnitude, settings.sample_rate_hz)
        with self._timed("fit"):
            fit = fit_windows(
                np.abs(mixture), target, settings, first_window=block.first, counted=block.core
            )
        as_given = None
        if self._as_given is not None:
            as_given = stft(self._as_given, settings, block.first, block.last)
        return FittedBlock(mixture, reference, magnitude, fit, block.core, as_given)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.seconds[phase] = self.seconds.get(phase, 0.0) + perf_counter() - start
