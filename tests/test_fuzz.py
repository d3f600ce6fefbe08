"""What comes from outside is hostile: damaged sound files, and any file names."""

import io
import tempfile
import unicodedata
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vocal_separation_sanity_check import InputError
from vocal_separation_sanity_check.prepare.pair_files import find_pairs
from vocal_separation_sanity_check.sound.mono_files import open_mono
from vocal_separation_sanity_check.sound.reading import read_sound
from vocal_separation_sanity_check.sound.signals import pieces

pytestmark = pytest.mark.slow

RATE = 8000
KINDS = {
    "wav": ("WAV", "PCM_16"),
    "rf64": ("RF64", "PCM_24"),
    "aiff": ("AIFF", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
thorough = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def encoded(kind):
    container, subtype = KINDS[kind]
    memory = io.BytesIO()
    noise = 0.3 * np.random.default_rng(23).standard_normal(2500)
    soundfile.write(memory, noise, RATE, format=container, subtype=subtype)
    return memory.getvalue()


DATA = {kind: encoded(kind) for kind in KINDS}
damage = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 120), st.integers(0, 6000)),
        st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, b"\0" * 4])),
    ),
    min_size=1,
    max_size=4,
)


def damaged(kind, changes, cut):
    data = bytearray(DATA[kind])
    for place, patch in changes:
        place %= len(data)
        data[place : place + len(patch)] = patch
    return bytes(data[: len(data) - cut % len(data)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused_and_never_more(kind):
    @thorough
    @given(damage, st.one_of(st.just(0), st.integers(0, 6000)))
    def read(changes, cut):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"a.{kind}"
            path.write_bytes(damaged(kind, changes, cut))
            try:
                sound = read_sound(path)
            except InputError:
                return
            assert sound.samples.ndim == 2
            assert sound.samples.size
            assert np.isfinite(sound.samples).all()
            assert 1000 <= sound.sample_rate_hz <= 1_000_000

    read()


@thorough
@given(damage, st.one_of(st.just(0), st.integers(0, 6000)))
def test_reading_in_pieces_agrees_with_reading_whole(changes, cut):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.wav"
        path.write_bytes(damaged("wav", changes, cut))
        try:
            signal = open_mono(path, RATE)
        except InputError:
            return
        samples = np.concatenate(list(pieces(signal)))
        assert len(samples) == len(signal)
        assert np.isfinite(samples).all()


some_text = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), max_size=12
)
# Few enough that songs meet their references, and files that want one place meet as well.
names = st.one_of(st.sampled_from(["a", "b", "\u00e9", "e\u0301", "index.html"]), some_text)
endings = st.sampled_from(["_100-full", "_100-stem", "_100-inst", "_nl-full", "_100-FULL", ""])
extensions = st.sampled_from([".wav", ".MP3", ".flac", "", ".part", ".txt"])


@thorough
@given(st.lists(st.tuples(names, endings, extensions), max_size=12))
def test_any_names_pair_or_are_named(parts):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "100-window"
        folder.mkdir()
        for name in {"".join(part) for part in parts}:
            if name not in ("", ".", ".."):
                (folder / name).touch()
        found = find_pairs(folder)
        used = [path.name for pair in found.pairs for path in (pair.mixture, pair.reference)]
        assert len(set(used)) == len(used)
        assert len({pair.song for pair in found.pairs}) == len(found.pairs)
        assert not set(used) & set(found.ignored)
        for pair in found.pairs:
            assert pair.song == unicodedata.normalize("NFC", pair.song)
            assert pair.mixture.is_file()
            assert pair.reference.is_file()
        files = [path for path in folder.iterdir() if not is_passed_over(path)]
        left = [path for path in files if path.name not in (*used, *found.ignored)]
        assert len(files) == len(used) + len(found.ignored) + len(left)
        for path in left:
            assert is_told(path, left, [str(error) for error in found.problems.values()]), path.name
        assert bool(left) == bool(found.problems)


def is_passed_over(path):
    is_unfinished = path.suffix.lower() in (".part", ".crdownload", ".download", ".tmp")
    return path.name.startswith(".") or path.stem.lower() == "readme" or is_unfinished


def is_told(path, left, problems):
    """Whether a file is named as one without a partner, or one of several that want its place.

    Where several files want the place of its partner, they are named and it is not. Where two that
    are left pair up, their song has a name that no song may have.
    """
    song, _ = song_and_role(path)
    by_role = {"full": [], "reference": []}
    for other in left:
        if song_and_role(other)[0] == song:
            by_role[song_and_role(other)[1]].append(other.name)
    too_many = [names for names in by_role.values() if len(names) > 1]
    if all(len(names) == 1 for names in by_role.values()):
        told = f"a song cannot be called {song}, as a file of the results is"
        return any(problem.startswith(told) for problem in problems)
    if not too_many:
        return any(problem.startswith(f"100-window/{path.name} has no") for problem in problems)
    place = " in 100-window want the same place; keep one of them"
    orders = [order for names in too_many for order in permutations(names)]
    return any(" and ".join(order) + place in problems for order in orders)


def song_and_role(path):
    song, _, role = unicodedata.normalize("NFC", path.stem).rpartition("_")
    return song, "full" if role.lower() == "100-full" else "reference"
