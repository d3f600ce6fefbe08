"""The naming rule."""

import unicodedata

import pytest

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.pair_files import find_pairs, given_pair


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "100-window"
    path.mkdir()
    return path


def touch(folder, *names):
    for name in names:
        (folder / name).touch()


def test_pairs_by_the_part_before_the_mark(folder):
    touch(folder, "b c_100-full.MP3", "b c_100-stem.wav", "Ä é 世_100-full.flac")
    touch(folder, "Ä é 世_100-inst.ogg", "a_100-b_100-full.wav", "a_100-b_100-stem.aiff")
    pairs = find_pairs(folder).pairs
    assert [pair.song for pair in pairs] == ["a_100-b", "b c", "Ä é 世"]
    assert [pair.source for pair in pairs] == ["vocal", "vocal", "music"]
    assert pairs[1].mixture.name == "b c_100-full.MP3"
    assert pairs[1].reference.name == "b c_100-stem.wav"


def test_other_spelling_of_the_same_letters(folder):
    touch(folder, unicodedata.normalize("NFD", "é_100-full.wav"), "é_100-stem.wav")
    (pair,) = find_pairs(folder).pairs
    assert pair.song == "é"


def test_passes_over_what_is_no_sound(folder):
    touch(folder, "README.md", ".a_100-full.wav", "a_100-full.wav.part", "a_100-full.crdownload")
    touch(folder, "notes.txt", "a_nl-full.wav")
    (folder / "old_100-full").mkdir()
    found = find_pairs(folder)
    assert found.pairs == ()
    assert found.ignored == ("a_nl-full.wav", "notes.txt")


def test_no_limit_has_its_own_mark(tmp_path):
    folder = tmp_path / "no-limit"
    assert find_pairs(folder).pairs == ()
    folder.mkdir()
    touch(folder, "a_nl-full.wav", "a_nl-stem.wav", "b_100-full.wav")
    found = find_pairs(folder)
    assert [pair.song for pair in found.pairs] == ["a"]
    assert found.ignored == ("b_100-full.wav",)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a_100-full.wav"], "a_100-full.wav has no partner: wanted a_100-stem.EXT"),
        (["a_100-stem.wav"], "a_100-stem.wav has no partner: wanted a_100-full.EXT"),
        (["a_100-inst.wav"], "a_100-inst.wav has no partner: wanted a_100-full.EXT"),
        (["a_100-full.wav", "b_100-stem.wav"], "if 'b' is the same song"),
        (
            ["a_100-full.wav", "a_100-full.flac", "a_100-stem.wav"],
            "a_100-full.flac and a_100-full.wav in 100-window want the same place",
        ),
        (
            ["a_100-full.wav", "a_100-stem.mp3", "a_100-stem.wav"],
            "a_100-stem.mp3 and a_100-stem.wav",
        ),
        (
            ["a_100-full.wav", "a_100-stem.wav", "a_100-inst.wav"],
            "a_100-stem.wav and a_100-inst.wav",
        ),
    ],
)
def test_names_the_files_that_do_not_pair(folder, names, message):
    touch(folder, *names, "z_100-full.wav", "z_100-stem.wav")
    found = find_pairs(folder)
    assert message in str(next(iter(found.problems.values())))
    assert [pair.song for pair in found.pairs] == ["z"]


def test_any_two_files(tmp_path):
    touch(tmp_path, "my song.mp3", "x_100-full.wav", "v.wav")
    pair = given_pair(tmp_path / "my song.mp3", tmp_path / "v.wav", "vocal")
    assert (pair.song, pair.source) == ("my song", "vocal")
    assert given_pair(tmp_path / "x_100-full.wav", tmp_path / "v.wav", "music").song == "x"
    with pytest.raises(InputError, match="does not exist"):
        given_pair(tmp_path / "v.wav", tmp_path / "nothing.wav", "vocal")
    with pytest.raises(InputError, match="is a folder"):
        given_pair(tmp_path, tmp_path / "v.wav", "vocal")
    with pytest.raises(InputError, match="wanted two files"):
        given_pair(tmp_path / "v.wav", tmp_path / "v.wav", "vocal")
