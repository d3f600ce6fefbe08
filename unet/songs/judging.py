"""Judge ways to separate by songs whose stems are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unet.separating import SongNetwork, separate_sound
from unet.songs.repet_sim import repet_sim_vocals
from unet.songs.separation_scores import Row, score
from unet.songs.song_folders import Song
from unet.songs.stems import VOCALS, Stems
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectral import ideal_extraction

N_FFT, HOP_LENGTH = 4096, 1024
"""Of the ideal mask, at the song's own sampling rate."""

Method = Callable[[Stems], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Gives vocals and music as it finds them, float32, shape (n_samples, n_channels) each."""


def songs_to_judge(songs: Sequence[Song], metadata: Mapping[str, Any]) -> tuple[list[Song], str]:
    """Leave out the songs that the model was trained on.

    Parameters
    ----------
    songs : sequence of Song
    metadata : mapping
        Of the model; its ``validation_songs`` are those that it did not learn from.

    Returns
    -------
    songs : list of Song
        Those set aside from the training where some are there, otherwise all.
    which : str
        Which of the two it was, for the user.
    """
    names = metadata.get("validation_songs")
    aside = [song for song in songs if isinstance(names, list) and song.name in names]
    if aside:
        return aside, "those that the model's training set aside"
    return list(songs), "all that are there; the model's training set none of them aside"


def methods_to_compare(network: SongNetwork) -> dict[str, Method]:
    """Give a network and what it has to be compared with.

    Parameters
    ----------
    network : SongNetwork

    Returns
    -------
    dict of str to callable
        By name: the mixture itself (nothing done), REPET-SIM (nothing learnt), the network, and
        the phase-sensitive mask, which knows the vocals.
    """

    def mixture(stems: Stems) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return stems.mixture, stems.mixture

    def with_the_rest(find_vocals: Callable[[Stems], NDArray[np.float32]]) -> Method:
        def both(stems: Stems) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            vocals = find_vocals(stems)
            return vocals, stems.mixture - vocals

        return both

    return {
        "mixture": mixture,
        "REPET-SIM": with_the_rest(lambda s: repet_sim_vocals(s.mixture, s.sample_rate_hz)),
        "network": with_the_rest(lambda s: separate_sound(s.mixture, s.sample_rate_hz, network)),
        "ideal mask": with_the_rest(ideal_mask_vocals),
    }


def judge_songs(songs: Sequence[Song], methods: Mapping[str, Method]) -> list[Row]:
    """Score every method on every song.

    Parameters
    ----------
    songs : sequence of Song
    methods : mapping of str to callable

    Returns
    -------
    list of Row

    Raises
    ------
    InputError
        If a song cannot be read.
    """
    rows: list[Row] = []
    with tqdm(total=len(songs) * len(methods), leave=False, disable=None) as bar:
        for song in songs:
            stems = song.read()
            vocals = stems.sources[VOCALS]
            music = np.zeros_like(vocals)
            for name, sound in stems.sources.items():
                if name != VOCALS:
                    music += sound
            for name, method in methods.items():
                bar.set_description(f"{printable(song.name)}, {name}"[:40])
                found = method(stems)
                rows += score(song.name, name, (vocals, music), found, stems.sample_rate_hz)
                bar.update()
    return rows


def ideal_mask_vocals(stems: Stems) -> NDArray[np.float32]:
    """Apply the phase-sensitive mask to each channel: the most that a mask can do.

    Parameters
    ----------
    stems : Stems

    Returns
    -------
    float32, shape (n_samples, n_channels)
    """
    settings = Settings(stems.sample_rate_hz, N_FFT, HOP_LENGTH)
    pairs = zip(stems.sources[VOCALS].T, stems.mixture.T, strict=True)
    return np.stack([ideal_extraction(*pair, settings) for pair in pairs], axis=1)
