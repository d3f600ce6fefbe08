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

from vocal_separation_sanity_check import ideal_masks
from vocal_separation_sanity_check.blocks import Block, blocks
from vocal_separation_sanity_check.cross_power import CrossPower, MagnitudeRatios
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.fingerprint import fingerprint
from vocal_separation_sanity_check.mask_fit import descend
from vocal_separation_sanity_check.measurement_loss import MeasurementLoss
from vocal_separation_sanity_check.profile_operator import ProfileOperator
from vocal_separation_sanity_check.settings import Settings, Source, Target
from vocal_separation_sanity_check.song_figures import FittedBlock, SongFigures
from vocal_separation_sanity_check.spectrogram import InverseStft, Signal, n_windows_of, stft

COHERENT = 0.03
"""Coherence under which the reference does not occur in the mix as a waveform."""

Progress = Callable[[str, float], None]
"""Told the phase, and the share of the song's work that has been done, 0 to 1."""

_FIRST_PASS_SHARE = 0.05


@dataclass(frozen=True)
class Level:
    """What is decided for a song as a whole.

    Attributes
    ----------
    gain : float
        Of the reference in the mix; negative where the polarity is inverted.
    coherence : float
        How much of a common waveform the two have, -1 to 1.
    targets : dict of str to {"phase-sensitive", "magnitude"}
        What is matched in the bands, named by their lower edges in Hz.
    warnings : tuple of str
    """

    gain: float
    coherence: float
    targets: dict[str, Target]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class SeparatedPart:
    """A stretch of a separated song; the parts of a song follow each other without a gap.

    Attributes
    ----------
    mixture, extracted, reference : float32, shape (n_samples,)
        The reference at its level and polarity in the mix.
    mask : float32, shape (n_bins, n_windows)
        Of the windows that the part answers for; n_samples is theirs but for the ends' overlap.
    share_done : float
        Of the song, 0 to 1.
    """

    mixture: NDArray[np.float32]
    extracted: NDArray[np.float32]
    reference: NDArray[np.float32]
    mask: NDArray[np.float32]
    share_done: float


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

    Attributes
    ----------
    level : Level
    figures : SongFigures
        Complete once `parts` has come to its end.
    seconds : dict of str to float
        Time by phase.
    """

    def __init__(
        self,
        mixture: Signal,
        reference: Signal,
        settings: Settings,
        source: Source,
        progress: Progress | None = None,
    ) -> None:
        if len(mixture) != len(reference):
            raise InputError(
                f"the mixture has {len(mixture)} samples, the isolated {source} {len(reference)}; "
                "cut both to the common part"
            )
        self._mixture, self._reference, self._settings = mixture, reference, settings
        self._progress: Progress = progress or (lambda _phase, _share: None)
        self._n_windows = n_windows_of(len(mixture), settings.hop_length)
        self._bin_hz = settings.sample_rate_hz / settings.n_fft
        self.seconds: dict[str, float] = {}
        self.figures = SongFigures(len(mixture), settings)
        self.level = self._decided(source)

    def _spectra(self, block: Block) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        with self._timed("stft"):
            return (
                stft(self._reference, self._settings, block.first, block.last),
                stft(self._mixture, self._settings, block.first, block.last),
            )

    def _decided(self, source: Source) -> Level:
        """Level of the reference, what to match, and what the user should know."""
        total: CrossPower | None = None
        for block in blocks(self._n_windows, 0):
            with self._timed("level"):
                own = CrossPower.of(*self._spectra(block))
                total = own if total is None else total + own
            self._progress("level", _FIRST_PASS_SHARE * block.last / self._n_windows)
        assert total is not None
        gain, coherence = total.coherent_gain()
        warnings = []
        if abs(coherence) >= COHERENT:
            if gain < 0:
                warnings.append(
                    f"The isolated {source} is inverted in the mix; that is taken care of."
                )
        else:
            warnings.append(
                f"The isolated {source} does not occur in the mix as a waveform (coherence "
                f"{abs(coherence):.3f}, under {COHERENT}): it is of another song or not lined up."
            )
            ratios = MagnitudeRatios()
            for block in blocks(self._n_windows, 0):
                ratios.add(*self._spectra(block))
            gain = ratios.median_gain()
        wish = self._settings.target
        if wish is None and abs(coherence) >= COHERENT:
            targets = total.targets(gain, self._bin_hz)
        else:
            targets = {"0": wish or "magnitude"}
        return Level(gain, coherence, targets, tuple(warnings))

    def parts(self) -> Iterator[SeparatedPart]:
        """Fit block after block.

        Yields
        ------
        SeparatedPart
        """
        n_samples = len(self._mixture)
        inverse = InverseStft(n_samples, self._settings)
        begin = 0
        for block in blocks(self._n_windows):
            fitted = self._fitted(block)
            is_last = block.first + block.core.stop == self._n_windows
            with self._timed("istft"):
                mask = fitted.mask[:, block.core]
                extracted = inverse.add(mask * fitted.mixture[:, block.core])
                if is_last:
                    extracted = np.concatenate([extracted, inverse.rest()])
            part = slice(begin, begin + len(extracted))
            begin = part.stop
            mixture = self._mixture[part]
            reference = np.float32(self.level.gain) * self._reference[part]
            with self._timed("evaluation"):
                self.figures.add(fitted, mixture, extracted, reference, is_last=is_last)
            done = (block.first + block.core.stop) / self._n_windows
            done = _FIRST_PASS_SHARE + (1 - _FIRST_PASS_SHARE) * done
            yield SeparatedPart(mixture, extracted, reference, mask, done)
            self._progress("fit", done)

    def _fitted(self, block: Block) -> FittedBlock:
        settings = self._settings
        reference, mixture = self._spectra(block)
        reference *= np.float32(self.level.gain)
        limit = np.abs(mixture)
        with self._timed("fingerprint"):
            wanted = ideal_masks.banded_target(reference, mixture, self.level.targets, self._bin_hz)
            profiles = ProfileOperator(*limit.shape).profiles(wanted)
        with self._timed("fit"):
            terms = None
            if settings.family_weights:
                target = fingerprint(wanted, settings.sample_rate_hz)
                terms = MeasurementLoss.beside_profiles(target, settings.family_weights)
            start = np.random.default_rng([settings.seed, block.first])
            mask, gains = descend(
                limit,
                profiles,
                start.random(limit.shape, np.float32),
                settings.n_iterations,
                terms,
                counted=block.core,
            )
        return FittedBlock(mixture, reference, wanted, mask, profiles, gains, block.core)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.seconds[phase] = self.seconds.get(phase, 0.0) + perf_counter() - start
