"""One song as the networks of `study.py` take it apart: what is drawn, and a page to listen to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from study_runs import NAMES, Run
from study_scores import Rows, mean_sdr_db

from unet.separating import load_network, separate_sound
from unet.songs import Song
from unet.songs.stem_training import STEM_SOURCES
from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.report import Lane, common_gain, write_lanes_page
from vocal_separation_sanity_check.spectral import sound_picture

SONG = "Clara Berry And Wooldog - Waltz For My Victims"
"""Of MedleyDB, CC BY-NC-SA 4.0."""

Sounds = dict[str, NDArray[np.float32]]


class Heard(NamedTuple):
    """A song, and what networks make of it.

    Attributes
    ----------
    sample_rate_hz : int
    mixture : float32, shape (n_samples, 2)
    true : dict of str to float32, shape (n_samples, 2)
    found : dict of Run to dict of str to float32, shape (n_samples, 2)
    best : dict of str to Run
        Of each family, the one with the highest mean SDR.
    """

    sample_rate_hz: int
    mixture: NDArray[np.float32]
    true: Sounds
    found: dict[Run, Sounds]
    best: dict[str, Run]


def heard_of(scored: Mapping[Run, Rows], folder: Path, validation: Sequence[Song]) -> Heard:
    """Take the song apart with every network of the first seed."""
    song = next(song for song in validation if song.name == SONG).read()
    found = {}
    for run in scored:
        if run.seed == 0:
            network, _ = load_network(run.file(folder), "auto")
            found[run] = separate_sound(song.mixture, song.sample_rate_hz, network)
    best = {
        model: max(
            (run for run in found if run.model == model), key=lambda run: mean_sdr_db(scored[run])
        )
        for model in NAMES
    }
    return Heard(song.sample_rate_hz, song.mixture, song.sources, found, best)


def write_study_page(heard: Heard, folder: Path) -> None:
    """Write the page: by instrument the true stem and the best of each family."""
    sounds = {"Mixture": heard.mixture}
    for source in STEM_SOURCES:
        sounds[f"{source.capitalize()}, true"] = heard.true[source]
        for model, run in heard.best.items():
            sounds[f"{source.capitalize()}, {NAMES[model]}"] = heard.found[run][source]
    gain = common_gain([[sound] for sound in sounds.values()])
    settings = Settings(sample_rate_hz=heard.sample_rate_hz, n_fft=4096, hop_length=2048)
    lanes = [
        Lane(
            title=title,
            name=title.lower().replace(", ", "-"),
            sample_rate_hz=heard.sample_rate_hz,
            n_samples=len(sound),
            n_channels=2,
            chunks=partial(_once, np.float32(gain) * sound),
            picture=sound_picture(sound.mean(axis=1), settings),
        )
        for title, sound in sounds.items()
    ]
    write_lanes_page(folder / "listen.html", SONG, lanes)


def _once(sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [sound]
