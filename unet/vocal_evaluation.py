"""`evaluate.py --task vocals`: a model on songs whose stems are known."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unet.training_options import add_device_option
from unet.vocal_separation import LOWER, SHIPPED_MODEL

if TYPE_CHECKING:
    from unet.separation_scores import Row
    from unet.song_folders import Song, Stems

MIXTURE = "mixture"
N_FFT, HOP_LENGTH = 4096, 1024
"""Of the ideal mask, at the song's own sampling rate."""

Method = Callable[["Stems"], NDArray[np.float32]]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of an evaluation on songs.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument(
        "--data", metavar="DIR", type=Path, nargs="+", required=True, help="folders of songs"
    )
    parser.add_argument(
        "--model", "-m", metavar="FILE", type=Path, default=SHIPPED_MODEL, help="default: ours"
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="where to write (default: evaluation.csv)"
    )
    add_device_option(parser)


def evaluate(options: argparse.Namespace) -> None:
    """Print and write the scores of a model, and of what it has to be compared with.

    Vocals and music are scored together against the song's own, at its sampling rate and in all
    its channels, by BSSEval v4 and SI-SDR; beside them the mixture itself (nothing done), REPET-SIM
    (nothing learnt), and the phase-sensitive mask, which knows the vocals.

    Parameters
    ----------
    options : argparse.Namespace
        ``workspace`` and the flags of `add_options`.

    Raises
    ------
    InputError
        If the data or the model cannot be used.
    """
    from unet.devices import chosen_device
    from unet.repet_sim import repet_sim_vocals
    from unet.separation_scores import overall, overall_table, song_table, write_csv
    from unet.song_folders import find_songs
    from unet.vocal_separation import load_network, separate_sound

    device = chosen_device(options.device)
    network, metadata = load_network(options.model)
    network.to(device)
    songs, which = songs_to_judge(find_songs(options.data), metadata)
    print(f"{len(songs)} songs: {which}", flush=True)
    rows = _judge(
        songs,
        {
            MIXTURE: lambda stems: stems.mixture,
            "REPET-SIM": lambda stems: repet_sim_vocals(stems.mixture, stems.sample_rate_hz),
            "network": lambda stems: separate_sound(stems.mixture, stems.sample_rate_hz, network),
            "ideal mask": ideal_mask_vocals,
        },
    )
    summary = overall(rows)
    path = options.csv or options.workspace / "evaluation.csv"
    write_csv(path, rows + summary)
    print(song_table(rows), overall_table(summary), sep="\n\n")
    print(
        "\nSDR, SIR, SAR: BSSEval v4 by museval, vocals and music together, median of 1 s frames,"
        "\noverall the median over songs. SI-SDR: whole songs, overall the mean."
        f"\nWrote {path}."
    )


def _judge(songs: Sequence[Song], methods: Mapping[str, Method]) -> list[Row]:
    from tqdm import tqdm

    from unet.devices import explained_memory
    from unet.separation_scores import score
    from unet.song_folders import VOCALS

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
                bar.set_description(f"{song.name}, {name}"[:40])
                with explained_memory(LOWER):
                    found = method(stems)
                rest = stems.mixture if name == MIXTURE else stems.mixture - found
                rows += score(song.name, name, (vocals, music), (found, rest), stems.sample_rate_hz)
                bar.update()
    return rows


def songs_to_judge(songs: Sequence[Song], metadata: dict[str, Any]) -> tuple[list[Song], str]:
    """Leave out what the model was trained on.

    Parameters
    ----------
    songs : sequence of Song
    metadata : dict
        Of the model; its ``validation_songs`` are those that it did not learn from.

    Returns
    -------
    songs : list of Song
        Those set aside from the training where some are there, otherwise all.
    which : str
        Says so.
    """
    names = set(metadata.get("validation_songs") or ())
    aside = [song for song in songs if song.name in names]
    if aside:
        return aside, "those that the model's training set aside"
    return list(songs), "all that are there; the model's training set none of them aside"


def ideal_mask_vocals(stems: Stems) -> NDArray[np.float32]:
    """Apply the phase-sensitive mask of each channel: the most that a mask can do.

    Parameters
    ----------
    stems : Stems

    Returns
    -------
    float32, shape (n_samples, n_channels)
    """
    from unet.song_folders import VOCALS
    from vocal_separation_sanity_check.evaluation import ideal_extraction
    from vocal_separation_sanity_check.settings import Settings

    settings = Settings(stems.sample_rate_hz, N_FFT, HOP_LENGTH)
    pairs = zip(stems.sources[VOCALS].T, stems.mixture.T, strict=True)
    return np.stack([ideal_extraction(*pair, settings) for pair in pairs], axis=1)
