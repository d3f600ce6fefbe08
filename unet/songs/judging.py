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
from unet.songs.song_split import check_stems
from unet.songs.stems import ACCOMPANIMENT, VOCALS, Stems
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectral import ideal_extraction

MUSIC = "music"
"""All that is not the vocals."""
MIXTURE = "mixture"
"""What was to be taken apart, as it is: nothing done."""
N_FFT, HOP_LENGTH = 4096, 1024
"""Of the ideal mask, at the song's own sampling rate."""

Sounds = dict[str, NDArray[np.float32]]
"""By source, float32, shape (n_samples, n_channels)."""

Method = Callable[[Stems, Sounds], Sounds]
"""Takes a song and the sources that are wanted; gives them as it finds them."""


def songs_to_judge(
    songs: Sequence[Song], metadata: Mapping[str, Any], sources: Sequence[str]
) -> tuple[list[Song], str]:
    """Leave out the songs that the model was trained on, and those without a stem that it finds.

    Parameters
    ----------
    songs : sequence of Song
    metadata : mapping
        Of the model; its ``validation_songs`` are those that it did not learn from.
    sources : sequence of str
        That it takes songs apart into; ``music`` any song has.

    Returns
    -------
    songs : list of Song
        Those set aside from the training where some are there, otherwise all.
    which : str
        Which of the two it was, for the user.

    Raises
    ------
    InputError
        If no song has all the stems.
    """
    needed = [name for name in sources if name != MUSIC]
    check_stems(songs, needed)
    songs = [song for song in songs if song.has(needed)]
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
        By name: the mixture itself (nothing done), REPET-SIM (nothing learnt; of vocals and music
        only), the network, and the phase-sensitive mask, which knows the stems.
    """

    def unchanged(stems: Stems, truth: Sounds) -> Sounds:
        return dict.fromkeys(truth, stems.mixture)

    def repet_sim(stems: Stems, truth: Sounds) -> Sounds:
        vocals = repet_sim_vocals(stems.mixture, stems.sample_rate_hz)
        return dict(zip(truth, (vocals, stems.mixture - vocals), strict=True))

    def separated(stems: Stems, _: Sounds) -> Sounds:
        return separate_sound(stems.mixture, stems.sample_rate_hz, network)

    methods: dict[str, Method] = {MIXTURE: unchanged}
    if network.stems[1:] == (MUSIC,):
        methods["REPET-SIM"] = repet_sim
    return methods | {"network": separated, "ideal mask": ideal_mask}


def judge_songs(
    songs: Sequence[Song], sources: Sequence[str], methods: Mapping[str, Method]
) -> list[Row]:
    """Score every method on every song.

    Parameters
    ----------
    songs : sequence of Song
        With all the sources.
    sources : sequence of str
        What is wanted of them; ``music`` is all but the vocals. Of more than two, all but the
        vocals are scored together as well, as ``accompaniment``.
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
            truth = {name: _true(stems, name) for name in sources}
            for name, method in methods.items():
                bar.set_description(f"{printable(song.name)}, {name}"[:40])
                found = method(stems, truth)
                rows += score(song.name, name, truth, found, stems.sample_rate_hz)
                if len(truth) > 2:
                    rows.append(_accompaniment(song.name, name, truth, found, stems))
                bar.update()
    return rows


def ideal_mask(stems: Stems, truth: Sounds) -> Sounds:
    """Apply the phase-sensitive mask of every source but the last: the most that a mask can do.

    Parameters
    ----------
    stems : Stems
    truth : dict of str to float32, shape (n_samples, n_channels)

    Returns
    -------
    dict of str to float32, shape (n_samples, n_channels)
    """
    settings = Settings(stems.sample_rate_hz, N_FFT, HOP_LENGTH)
    *firsts, last = truth
    found = {}
    for name in firsts:
        pairs = zip(truth[name].T, stems.mixture.T, strict=True)
        found[name] = np.stack([ideal_extraction(*pair, settings) for pair in pairs], axis=1)
    return found | {last: stems.mixture - sum(found.values())}


def _accompaniment(song: str, name: str, truth: Sounds, found: Sounds, stems: Stems) -> Row:
    """Score all stems but the vocals as one, beside the vocals."""
    both = [{VOCALS: some[VOCALS], ACCOMPANIMENT: _all_but_vocals(some)} for some in (truth, found)]
    if name == MIXTURE:  # who does nothing hands out the mixture once, not for every stem
        both[1][ACCOMPANIMENT] = stems.mixture
    return score(song, name, both[0], both[1], stems.sample_rate_hz)[1]


def _true(stems: Stems, name: str) -> NDArray[np.float32]:
    return _all_but_vocals(stems.sources) if name == MUSIC else stems.sources[name]


def _all_but_vocals(sounds: Sounds) -> NDArray[np.float32]:
    music: NDArray[np.float32] = np.sum([x for name, x in sounds.items() if name != VOCALS], axis=0)
    return music
