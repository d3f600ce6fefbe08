"""The pictures of a checked song, and all that has to be known to draw them.

Another process can draw them: what is kept here travels, and drawing loads nothing that computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.settings import Settings, Source

if TYPE_CHECKING:
    from vocal_separation_sanity_check.rebuilding import ReferencePath
    from vocal_separation_sanity_check.songs import CheckedSong


@dataclass(frozen=True)
class DrawnPath:
    """What is drawn of a path.

    Attributes
    ----------
    levels : tuple of (float, float, float64, shape (n,))
        Begin and end of each stretch in seconds, and its level in dB over time.
    echo_powers : float64, shape (n_bands, n_delays), or None
        None where the path has no echoes.
    delays_s : float64, shape (n_delays,)
    reverberation_s : mapping of float to (float or None)
        RT60 by the lower edge of the band, in Hz.
    """

    levels: tuple[tuple[float, float, NDArray[np.float64]], ...]
    echo_powers: NDArray[np.float64] | None
    delays_s: NDArray[np.float64]
    reverberation_s: Mapping[float, float | None]

    @classmethod
    def of(cls, path: ReferencePath) -> DrawnPath:
        """Gather what is drawn of a path."""
        echoes = path.echoes() if path.has_echoes else None
        return cls(
            levels=tuple((each.begin_s, each.end_s, each.level_db) for each in path.stretches),
            echo_powers=None if echoes is None else echoes.powers,
            delays_s=np.zeros(0) if echoes is None else echoes.delays_s,
            reverberation_s=path.reverberation_s(),
        )


@dataclass(frozen=True)
class Drawing:
    """What the pictures of a checked song show.

    Attributes
    ----------
    source : {"vocal", "music"}
    loss : float64, shape (n_steps + 1,)
        See `SongFit`.
    loss_of_ideal : mapping of str to float
    path : DrawnPath or None
        None where it is not drawn.
    settings : Settings
    n_windows : int
    duration_s : float
    spectrograms : mapping of str to float32, shape (n_rows, n_columns)
        See `CheckedSong.pictures`.
    mask : float32, shape (n_rows, n_columns)
    """

    source: Source
    loss: NDArray[np.float64]
    loss_of_ideal: Mapping[str, float]
    path: DrawnPath | None
    settings: Settings
    n_windows: int
    duration_s: float
    spectrograms: Mapping[str, NDArray[np.float32]]
    mask: NDArray[np.float32]

    @classmethod
    def of(cls, song: CheckedSong) -> Drawing:
        """Gather what is drawn of a song; its scores may be missing yet."""
        path = song.reference_path
        return cls(
            source=song.findings.source,
            loss=song.findings.fit.loss,
            loss_of_ideal=song.findings.loss_of_ideal,
            path=DrawnPath.of(path) if path is not None and song.is_rebuilt else None,
            settings=song.settings,
            n_windows=len(song.mask),
            duration_s=song.duration_s,
            spectrograms=song.pictures,
            mask=song.mask_picture,
        )

    def draw(self) -> dict[str, bytes]:
        """Draw the pictures.

        Returns
        -------
        dict of str to bytes
            PNG files by name, without the ending.
        """
        # matplotlib is loaded only where something is drawn.
        from vocal_separation_sanity_check.report.path_pictures import path_figure
        from vocal_separation_sanity_check.report.plots import (
            loss_figure,
            png_of,
            spectrogram_figure,
        )

        drawn = {
            "optimization_loss": png_of(loss_figure(self)),
            "spectrograms": png_of(spectrogram_figure(self)),
        }
        if self.path is not None:
            drawn["path"] = png_of(path_figure(self.path, self.source))
        return drawn


@cache
def load_drawing() -> None:
    """Load what drawing needs, and its fonts, before there is anything to draw; once."""
    from matplotlib.figure import Figure

    from vocal_separation_sanity_check.report.plots import png_of

    figure = Figure()
    figure.subplots().set_title("fonts")
    png_of(figure)
