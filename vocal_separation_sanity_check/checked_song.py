"""A song that was separated and judged: what its files are written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.blocks import blocks
from vocal_separation_sanity_check.findings import Findings
from vocal_separation_sanity_check.score import Score
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.signals import (
    Clipped,
    Difference,
    Scaled,
    Signal,
    Spool,
    peak_of,
)
from vocal_separation_sanity_check.spectrogram_picture import SpectrogramPicture, sound_picture


@dataclass(frozen=True)
class CheckedSong:
    """A song that was separated and judged.

    Attributes
    ----------
    name : str
        Empty for a single song.
    folder : Path
        Where its results go.
    suffix : str
        Of their names, before the extension.
    prepared : Path
        Folder it was read from.
    inputs : mapping of role to Path
        ``mixture`` and ``reference``.
    mixture, reference, extracted : Signal
        The reference at its level and polarity in the mix.
    mask : Spool
        A row of n_bins for each window, in [0, 1].
    findings : Findings
    scores : tuple of Score
    settings : Settings
    seconds : mapping of phase to float
    """

    name: str
    folder: Path
    suffix: str
    prepared: Path
    inputs: Mapping[str, Path]
    mixture: Signal
    reference: Signal
    extracted: Signal
    mask: Spool
    findings: Findings
    scores: tuple[Score, ...]
    settings: Settings
    seconds: Mapping[str, float]

    def path(self, name: str, extension: str) -> Path:
        """Where a result belongs.

        Parameters
        ----------
        name : str
            Without suffix and extension.
        extension : str
            With its dot.

        Returns
        -------
        Path
        """
        return self.folder / f"{name}{self.suffix}{extension}"

    @property
    def duration_s(self) -> float:
        """Length of the song."""
        return len(self.mixture) / self.settings.sample_rate_hz

    @property
    def sounds(self) -> dict[str, Signal]:
        """What is written as WAV, by name."""
        source = self.findings.source
        rest = Difference(self.mixture, self.extracted)
        sounds = {
            "1_original_mixture": self.mixture,
            f"2_target_{source}": self.reference,
            "extracted_vocal": self.extracted if source == "vocal" else rest,
            "extracted_music": rest if source == "vocal" else self.extracted,
        }
        if self.findings.subtraction_leftover_db is not None:
            other = "music" if source == "vocal" else "vocal"
            sounds[f"subtracted_{other}"] = Difference(self.mixture, self.reference)
        return sounds

    @cached_property
    def gain(self) -> float:
        """What all sounds are multiplied by so that none clips; at most 1."""
        return 1 / max(1.0, *(peak_of(sound) for sound in self.sounds.values()))

    def shown(self, sound: Signal) -> Signal:
        """A sound as it is written and played: times `gain`, and cut to [-1, 1]."""
        return Clipped(Scaled(sound, self.gain))

    @cached_property
    def pictures(self) -> dict[str, NDArray[np.float32]]:
        """Spectrograms of mixture, target, vocal, music and null test, see `sound_picture`."""
        sounds = list(self.sounds.values())[:4]
        titles = ("mixture", "target", "vocal", "music", "null test")
        signals = (*sounds, Difference(self.mixture, self.reference))
        return {
            title: sound_picture(signal, self.settings)
            for title, signal in zip(titles, signals, strict=True)
        }

    @cached_property
    def mask_picture(self) -> NDArray[np.float32]:
        """The mask, drawn as `pictures` are."""
        settings = self.settings
        n_windows = len(self.mask)
        drawn = SpectrogramPicture(settings.n_fft // 2 + 1, n_windows, settings.sample_rate_hz / 2)
        for block in blocks(n_windows, 0):
            drawn.add(self.mask.rows(block.first, block.last).T)
        return drawn.values
