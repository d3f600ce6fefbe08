"""A song that was separated and judged: what its files are written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.score import Score
from vocal_separation_sanity_check.separation import Separation
from vocal_separation_sanity_check.settings import Settings


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
    mixture : float32, shape (n_samples,)
    separation : Separation
    scores : tuple of Score
    settings : Settings
    seconds : mapping of phase to float
    """

    name: str
    folder: Path
    suffix: str
    prepared: Path
    inputs: Mapping[str, Path]
    mixture: NDArray[np.float32]
    separation: Separation
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
    def sounds(self) -> dict[str, NDArray[np.float32]]:
        """What is written as WAV, by name."""
        separation = self.separation
        sounds = {
            "1_original_mixture": self.mixture,
            f"2_target_{separation.source}": separation.reference,
            "extracted_vocal": separation.vocal,
            "extracted_music": separation.music,
        }
        if separation.subtraction_leftover_db is not None:
            rest = "music" if separation.source == "vocal" else "vocal"
            sounds[f"subtracted_{rest}"] = self.mixture - separation.reference
        return sounds

    @property
    def gain(self) -> float:
        """What all sounds are multiplied by so that none clips; at most 1."""
        return 1 / max(1.0, *(float(np.abs(sound).max()) for sound in self.sounds.values()))
