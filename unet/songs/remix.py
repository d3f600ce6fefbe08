"""Training examples: stems of different songs, changed a little and mixed anew for every batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from unet.songs.stem_cache import CachedSong
from unet.songs.stems import ACCOMPANIMENT, VOCALS

ROLES = ("drums", "bass", "other")


class Batch(NamedTuple):
    """What a network learns from.

    Attributes
    ----------
    mixture : complex64, shape (n_examples, n_channels, n_bins, n_windows)
    sources : complex64, shape (n_examples, n_sources, n_channels, n_bins, n_windows)
        What the masks should take out of the mixture.
    known : bool, shape (n_examples, 1, 1, n_bins, 1)
        False in bins above what the recordings' sampling rate can hold; there is nothing to learn.
    """

    mixture: Tensor
    sources: Tensor
    known: Tensor


class Augmentation(NamedTuple):
    """How examples are made: probabilities, each drawn independently, and largest changes.

    Attributes
    ----------
    same_song : float
        Probability that vocals and accompaniment are of one song, at the same moment.
    same_accompaniment : float
        Probability that drums, bass and the rest are of one song, at the same moment.
    no_vocals, second_vocals : float
        Probabilities that nobody sings, or that a second voice joins in.
    mono : float
        Probability that the side channel is silent.
    narrow : float
        Probability that a stem's side channel is scaled, by up to 1.3.
    coloured : float
        Probability that a stem goes through a gentle random equaliser.
    gain_db, colour_db : float
        Largest changes of level, and of the equaliser, up and down.
    """

    same_song: float = 0.2
    same_accompaniment: float = 0.5
    no_vocals: float = 0.04
    second_vocals: float = 0.1
    mono: float = 0.08
    narrow: float = 0.3
    coloured: float = 0.6
    gain_db: float = 7.0
    colour_db: float = 7.0


class RemixedBatches(Dataset[Batch]):
    """Batches without end, by number; a number always gives the same batch.

    Parameters
    ----------
    songs : sequence of CachedSong
    sources : sequence of str
        What to learn, among vocals, drums, bass and other.
    n_examples, n_windows : int
        Of a batch.
    n_batches : int
        Of an epoch.
    seed : int
    augmentation : Augmentation
    """

    def __init__(
        self,
        songs: Sequence[CachedSong],
        sources: Sequence[str],
        n_examples: int,
        n_windows: int,
        n_batches: int,
        seed: int,
        augmentation: Augmentation,
    ) -> None:
        self._sources = tuple(sources)
        self._n_examples = n_examples
        self._n_windows = n_windows
        self._n_batches = n_batches
        self._seed = seed
        self._chances = augmentation
        self._by_artist: dict[str, list[list[CachedSong]]] = {}
        by_song: dict[str, list[CachedSong]] = {}
        for cached in songs:
            by_song.setdefault(str(cached.song.files[0][1]), []).append(cached)
        for speeds in by_song.values():
            self._by_artist.setdefault(speeds[0].song.artist, []).append(speeds)
        self._artists = sorted(self._by_artist)
        # Artists with a song that has every source to be learnt as a stem of its own.
        stems_needed = set(self._sources) - {VOCALS}
        self._complete = [
            artist
            for artist in self._artists
            if any(stems_needed <= set(s[0].song.sources) for s in self._by_artist[artist])
        ]
        self._needed = stems_needed

    def __len__(self) -> int:
        return self._n_batches

    def __getitem__(self, index: int) -> Batch:
        draw = np.random.default_rng([self._seed, index])
        examples = [self._example(draw) for _ in range(self._n_examples)]
        mixture, sources, known = (torch.stack(part) for part in zip(*examples, strict=True))
        return Batch(mixture.mT, sources.mT, known)

    def of_epoch(self, epoch: int) -> range:
        """Give the numbers of an epoch's batches, other ones in every epoch.

        Parameters
        ----------
        epoch : int
            From 0.

        Returns
        -------
        range
        """
        return range(epoch * self._n_batches, (epoch + 1) * self._n_batches)

    def _example(self, draw: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Mix an example: mixture, sources, and which bins are known; windows before bins."""
        chances = self._chances
        used: list[CachedSong] = []
        stems: dict[str, Tensor] = {}
        if draw.random() < chances.same_song:
            self._add_song(stems, used, draw, vocals=True)
        else:
            if draw.random() >= chances.no_vocals:
                self._add_stem(stems, used, VOCALS, draw)
                if draw.random() < chances.second_vocals:
                    self._add_stem(stems, used, VOCALS, draw)
            if draw.random() < chances.same_accompaniment:
                self._add_song(stems, used, draw, vocals=False)
            else:
                for role in ROLES:
                    self._add_stem(stems, used, role, draw)
        mono = draw.random() < chances.mono
        # Stems are scaled by the level of the whole song, from which a moment's may be far.
        gain = _gain(draw, 6)
        for stem in stems.values():
            torch.view_as_real(stem).mul_(gain)
            if mono:
                stem[1:] = 0
        mixture = torch.zeros_like(next(iter(stems.values())))
        for stem in stems.values():
            mixture += stem
        nothing = torch.zeros(1).expand_as(mixture)
        sources = torch.stack([stems.get(name, nothing) for name in self._sources])
        known = torch.arange(mixture.shape[-1]) < min(song.n_bins_known for song in used)
        return mixture, sources, known[None, None, :, None]

    def _draw_song(self, draw: np.random.Generator, needed: set[str]) -> CachedSong:
        artists = self._complete if needed - {VOCALS} else self._artists
        while True:
            songs = self._by_artist[artists[draw.integers(len(artists))]]
            speeds = songs[draw.integers(len(songs))]
            if needed <= set(speeds[0].song.sources):
                return speeds[draw.integers(len(speeds))]

    def _add_song(
        self,
        stems: dict[str, Tensor],
        used: list[CachedSong],
        draw: np.random.Generator,
        vocals: bool,
    ) -> None:
        """Add the stems of one song, all of the same moment."""
        cached = self._draw_song(draw, self._needed)
        first = self._moment(cached, draw)
        used.append(cached)
        for name in cached.song.sources:
            if name != VOCALS or vocals:
                stem = cached.read(first, self._n_windows, name).mT
                stems[name] = self._changed(stem, draw, self._chances.gain_db / 2)

    def _add_stem(
        self,
        stems: dict[str, Tensor],
        used: list[CachedSong],
        role: str,
        draw: np.random.Generator,
    ) -> None:
        """Add one stem; a song without that stem of its own gives its whole accompaniment."""
        cached = self._draw_song(draw, {role} if role in self._needed else set())
        name = role if role in cached.song.sources else ACCOMPANIMENT
        if name in stems and name != VOCALS:
            return
        used.append(cached)
        stem = cached.read(self._moment(cached, draw), self._n_windows, name).mT
        stem = self._changed(stem, draw, self._chances.gain_db)
        stems[name] = stem.add_(stems[name]) if name in stems else stem

    def _moment(self, cached: CachedSong, draw: np.random.Generator) -> int:
        return int(draw.integers(max(1, cached.n_windows - self._n_windows + 1)))

    def _changed(self, stem: Tensor, draw: np.random.Generator, gain_db: float) -> Tensor:
        """Change gain, polarity, channels, width and colour, (n_channels, n_windows, n_bins)."""
        chances = self._chances
        gain = torch.full(stem.shape[::2], _gain(draw, gain_db) * draw.choice((-1, 1)))
        width = draw.uniform(0, 1.3) if draw.random() < chances.narrow else 1.0
        gain[1:] *= width * draw.choice((-1, 1))
        if draw.random() < chances.coloured:
            gain *= _colour(stem.shape[2], chances.colour_db, draw)
        torch.view_as_real(stem).mul_(gain[:, None, :, None])
        return stem


def _gain(draw: np.random.Generator, largest_db: float) -> float:
    return float(10 ** (draw.uniform(-largest_db, largest_db) / 20))


def _colour(n_bins: int, largest_db: float, draw: np.random.Generator) -> Tensor:
    """A smooth gain over log frequency, shape (n_bins,)."""
    knots_db = draw.uniform(-largest_db, largest_db, 6)
    place = np.log2(1 + np.arange(n_bins) / n_bins * 63) / 6 * 5
    return torch.from_numpy(10 ** (np.interp(place, np.arange(6), knots_db) / 20)).float()
