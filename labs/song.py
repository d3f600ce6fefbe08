"""The song of the labs: the demo's, or the reader's own; and the figures that the text states.

``LAB_SONG=song.mp3`` names another song. Labs 3 to 5 need its vocal as well: it lies beside the
song under the same name with ``-stem`` for ``-full``, as the program wants it in ``process/``.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check import InputError, Settings, align
from vocal_separation_sanity_check.demo import demo_song
from vocal_separation_sanity_check.sound import read_mono, write_wav

DURATION_S = 30
RATE_HZ = Settings().sample_rate_hz
FULL, STEM = "-full", "-stem"
warnings.filterwarnings("ignore", "IProgress not found")  # librosa loads bars that it never shows
_FOLDER = tempfile.TemporaryDirectory(prefix="labs-")
"""Of the demo's files; goes with the process."""


@dataclass(frozen=True)
class Song:
    """Thirty seconds of a song.

    Attributes
    ----------
    path : Path
        Its file.
    is_demo : bool
        Whether it is the song that the program sings itself.
    """

    path: Path
    is_demo: bool

    @cached_property
    def mixture(self) -> NDArray[np.float32]:
        """Mono, 22 050 Hz, 30 s: shape (661 500,); a shorter song is repeated."""
        return _of_full_length(read_mono(self.path, RATE_HZ))

    @cached_property
    def vocal(self) -> NDArray[np.float32]:
        """The vocal in `mixture`, at its place and level in it.

        Raises
        ------
        InputError
            If it is not beside the song.
        """
        stem = self.path.stem
        beside = sorted(self.path.parent.glob(f"{stem.removesuffix(FULL)}{STEM}.*"))
        if not beside or not stem.endswith(FULL):
            raise InputError(
                f"this lab compares with the true vocal, and {self.path.name} has none beside it;"
                f" name the song NAME{FULL}{self.path.suffix} and its acapella NAME{STEM}.wav, or"
                " run the lab without LAB_SONG"
            )
        vocal = _of_full_length(read_mono(beside[0], RATE_HZ))
        return vocal if self.is_demo else align(self.mixture, vocal, RATE_HZ).aligned

    def stated(self, what: str, value: float, stated: float, unit: str = "", within: float = 0.06):
        """Show a figure, and see that it is the one that the text states of the demo song.

        Parameters
        ----------
        what : str
        value, stated : float
        unit : str
        within : float
            How far they may be apart: the text rounds, and other processors round otherwise.
        """
        told = f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}".replace(",", " ")
        if not self.is_demo:
            print(f"{what}: {told} {unit} (of the demo song: {stated:g} {unit})")
            return
        print(f"{what}: {told} {unit}")
        assert abs(value - stated) <= within, f"the text says {stated:g} {unit}"


def lab_song() -> Song:
    """Give the song of ``LAB_SONG``, or the demo's.

    Raises
    ------
    InputError
        If ``LAB_SONG`` names no file.
    """
    named = os.environ.get("LAB_SONG")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise InputError(f"LAB_SONG is {named!r}, and there is no such file")
        return Song(path, is_demo=False)
    paths = [Path(_FOLDER.name) / f"demo{ending}.wav" for ending in (FULL, STEM)]
    demo = demo_song(DURATION_S)
    for path, sound in zip(paths, (demo.mixture, demo.vocal), strict=True):
        write_wav(path, sound, demo.sample_rate_hz)
    return Song(paths[0], is_demo=True)


def _of_full_length(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.resize(sound, DURATION_S * RATE_HZ) if len(sound) else sound
