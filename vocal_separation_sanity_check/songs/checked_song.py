"""`CheckedSong`: a song that was separated and judged, from which its files are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.scoring import Score
from vocal_separation_sanity_check.separation import Findings
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs.job import SongJob
from vocal_separation_sanity_check.songs.placement import is_placed
from vocal_separation_sanity_check.sound import (
    Clipped,
    Difference,
    Scaled,
    Signal,
    Spool,
    peak_of,
)
from vocal_separation_sanity_check.spectral import SpectrogramPicture, blocks, sound_picture

FULL_QUALITY_NAMES = ("full_quality_vocal", "full_quality_music")


@dataclass(frozen=True)
class CheckedSong:
    """A song that was separated and judged; what was to be done is its `SongJob`.

    Attributes
    ----------
    job : SongJob
    inputs : mapping of role to Path
        See `SongJob.inputs`.
    depends_on : mapping
        See `SongJob.depends_on`; taken before the work.
    alignment : mapping or None
        See `read_alignment`.
    mixture, reference, extracted : Signal
        The reference at its level and polarity in the mix.
    mask : Spool
        A row of n_bins for each window, in [0, 1].
    findings : Findings
    scores : tuple of Score
        Empty where the reference was not lined up.
    seconds : mapping of phase to float
    """

    job: SongJob
    inputs: Mapping[str, Path]
    depends_on: Mapping[str, Any]
    alignment: Mapping[str, Any] | None
    mixture: Signal
    reference: Signal
    extracted: Signal
    mask: Spool
    findings: Findings
    scores: tuple[Score, ...]
    seconds: Mapping[str, float]

    @property
    def name(self) -> str:
        """The song's name, empty for a single one."""
        return self.job.song

    @property
    def is_placed(self) -> bool:
        """Whether the reference is in its place, so that figures may suppose it."""
        return is_placed(self.alignment)

    @property
    def settings(self) -> Settings:
        """What it was checked with."""
        return self.job.settings

    def path(self, name: str, extension: str) -> Path:
        """Where a result belongs, see `SongJob.path`."""
        return self.job.path(name, extension)

    @property
    def files(self) -> list[Path]:
        """Every file of the results but the last, `results.json`."""
        sounds = [*self.sounds, *(FULL_QUALITY_NAMES if self.job.is_full_quality else ())]
        others = [("mask", ".npz"), ("optimization_loss", ".png"), ("spectrograms", ".png")]
        names = [(name, ".wav") for name in sounds] + others + [("report", ".html")]
        return [self.path(*name) for name in names]

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
