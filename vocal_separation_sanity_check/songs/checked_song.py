"""`CheckedSong`: a song that was separated, from which its files are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.rebuilding import ReferencePath
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
from vocal_separation_sanity_check.verdicts import Observed, Told, told_of

FULL_QUALITY_NAMES = ("full_quality_vocal", "full_quality_music")
SUBTRACTION_NAMES = ("subtracted_vocal", "subtracted_music", "rebuilt_vocal", "rebuilt_music")
"""A song has two of them at most: the rebuilt reference, and what it leaves of the other source."""


@dataclass(frozen=True)
class CheckedSong:
    """A song that was separated, and all that was found; what was to be done is its `SongJob`.

    Attributes
    ----------
    job : SongJob
    inputs : mapping of role to Path
        See `SongJob.inputs`.
    depends_on : mapping
        See `SongJob.depends_on`; taken before the work.
    alignment : mapping or None
        See `read_alignment`.
    mixture, reference, rebuilt, extracted : Signal
        The reference at its level and polarity in the mix, and as it sounds there.
    mask : Spool
        A row of n_bins for each window, in [0, 1].
    reference_path : ReferencePath or None
        How `rebuilt` came of `reference`; None where the reference was not lined up.
    findings : Findings
        Figures that suppose the reference in its place are in here even where it is not: ask
        `is_judged` before they are told.
    observed : Observed
        All that was found.
    seconds : mapping of phase to float
    """

    job: SongJob
    inputs: Mapping[str, Path]
    depends_on: Mapping[str, Any]
    alignment: Mapping[str, Any] | None
    mixture: Signal
    reference: Signal
    rebuilt: Signal
    extracted: Signal
    mask: Spool
    reference_path: ReferencePath | None
    findings: Findings
    observed: Observed
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
    def is_judged(self) -> bool:
        """Whether any figure or advice may be told that supposes the reference in the song."""
        return self.observed.is_judged

    @cached_property
    def told(self) -> Told:
        """All that is said of it."""
        return told_of(self.observed)

    @property
    def rest(self) -> str:
        """The source that the reference is not of."""
        return "music" if self.findings.source == "vocal" else "vocal"

    @property
    def is_subtracted(self) -> bool:
        """Whether the mixture holds the reference, so that subtracting it makes sense."""
        return self.is_judged and self.findings.subtraction.is_present

    @property
    def is_rebuilt(self) -> bool:
        """Whether `rebuilt` is anything but the reference, and means something."""
        path = self.reference_path
        return self.is_judged and path is not None and path.is_used

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
        sounds = [self.path(name, ".wav") for name in self.sounds]
        others = [("mask", ".npz"), ("optimization_loss", ".png"), ("spectrograms", ".png")]
        if self.is_rebuilt:
            others.append(("path", ".png"))
        others.append(("report", ".html"))
        return [*sounds, *self.full_quality.values(), *(self.path(*name) for name in others)]

    @property
    def full_quality(self) -> dict[str, Path]:
        """Files of the original's quality, if asked for, by the name of the same in `sounds`."""
        if not self.job.is_full_quality:
            return {}
        vocal, music = FULL_QUALITY_NAMES
        of_sounds = {"extracted_vocal": vocal, "extracted_music": music}
        if self.is_subtracted:
            of_sounds |= {
                name: f"full_quality_{name}" for name in self.sounds if name in SUBTRACTION_NAMES
            }
        return {name: self.path(file_name, ".wav") for name, file_name in of_sounds.items()}

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
        if self.is_subtracted:
            sounds[f"subtracted_{self.rest}"] = Difference(self.mixture, self.rebuilt)
            sounds[f"rebuilt_{source}"] = self.rebuilt
        return sounds

    @cached_property
    def gain(self) -> float:
        """What all sounds are multiplied by so that none clips; at most 1."""
        return 1 / max(1.0, *(peak_of(sound) for sound in self.sounds.values()))

    def shown(self, sound: Signal) -> Signal:
        """A sound as it is written and played: times `gain`, and cut to [-1, 1]."""
        return Clipped(Scaled(sound, self.gain))

    @property
    def lanes(self) -> dict[str, tuple[str | None, Signal]]:
        """Sounds of the listening page by title, with the names of their files.

        Mixture and target first, then the better way to take them apart, then the other.
        """
        source, findings = self.findings.source, self.findings
        sounds = self.sounds

        def lane(title: str, name: str) -> tuple[str, tuple[str, Signal]]:
            return title, (name, sounds[name])

        given = [
            lane("Mixture", "1_original_mixture"),
            lane(f"Target {source}", f"2_target_{source}"),
        ]
        by_mask = [lane(f"Extracted {each}", f"extracted_{each}") for each in ("vocal", "music")]
        if not self.is_subtracted:
            null_test = ("Null test", (None, Difference(self.mixture, self.reference)))
            return dict([*given, *by_mask, null_test])
        by_subtraction = [
            lane(f"Rebuilt {source}", f"rebuilt_{source}"),
            lane(f"Subtracted {self.rest}", f"subtracted_{self.rest}"),
        ]
        is_better = findings.subtraction.is_better
        ways = [by_subtraction, by_mask] if is_better else [by_mask, by_subtraction]
        return dict([*given, *ways[0], *ways[1]])

    @cached_property
    def pictures(self) -> dict[str, NDArray[np.float32]]:
        """Spectrograms of the lanes, by title; see `sound_picture`."""
        return {
            title: sound_picture(signal, self.settings) for title, (_, signal) in self.lanes.items()
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
