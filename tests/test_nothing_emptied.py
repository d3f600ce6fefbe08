"""Preparing that fails takes nothing away: what was prepared before is still there."""

import pytest
from test_prepare import SHORT, add_pair, options, prepared

from vocal_separation_sanity_check.commands import prepare_audio_files
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.pair_files import given_pair
from vocal_separation_sanity_check.prepare.preparing import prepare_pairs

pytestmark = pytest.mark.slow


def files_of(workspace):
    rtg = workspace / "rtg"
    return {path: path.read_bytes() for path in rtg.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Two songs that are prepared; each test leaves them as they are."""
    folder = tmp_path_factory.mktemp("two songs")
    for song in ("a", "b"):
        add_pair(folder, song, 2.0)
    prepare_pairs(options(folder))
    return folder


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--offset-ms", "nan", "--offset-ms is nan, wanted a number of milliseconds"),
        ("--offset-ms", "inf", "--offset-ms is inf"),
        ("--drift-ppm", "nan", "--drift-ppm is nan, wanted -100000 to 100000"),
        ("--drift-ppm", "2e5", "--drift-ppm is 200000"),
        ("--start", "nan", "--start is nan s, wanted 0 or more"),
        ("--start", "inf", "--start is inf s"),
        ("--start", "-1", "--start is -1 s"),
        ("--timeline", "nothing.json", "--timeline is of one song, and process/ holds 2 pairs"),
    ],
)
def test_a_bad_value_is_refused_before_anything_is_emptied(workspace, capsys, flag, value, message):
    before = files_of(workspace)
    assert prepare_audio_files(arguments=["--workspace", str(workspace), flag, value]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert files_of(workspace) == before


def test_a_bad_value_writes_no_demo(tmp_path, capsys):
    arguments = ["--workspace", str(tmp_path), "--demo", "--offset-ms", "nan"]
    assert prepare_audio_files(arguments=arguments) == 2
    assert "--offset-ms is nan" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_value_that_is_bad_for_every_song_takes_nothing_away(workspace, capsys):
    """How long a song is shows only when it is read."""
    before = files_of(workspace)
    with pytest.raises(InputError, match=r"^2 of 2 songs were not prepared; the first: --start is"):
        prepare_pairs(options(workspace, start=500.0))
    assert "Still there, as it was prepared before: a" in capsys.readouterr().out
    assert files_of(workspace) == before


def test_a_song_that_fails_leaves_the_one_before_it(workspace, tmp_path):
    """One song alone has another place than several: theirs goes only when it is prepared."""
    before = files_of(workspace)
    add_pair(tmp_path, "c", 2.0)
    given = {
        role: tmp_path / SHORT / f"c_100-{name}.wav"
        for role, name in (("mixture", "full"), ("vocal", "stem"))
    }
    with pytest.raises(InputError, match=r"^offset is 1000000000\.0 ms"):
        prepare_pairs(options(workspace, offset_ms=1e9, no_align=False, **given))
    assert files_of(workspace) == before


def test_a_song_whose_original_has_gone_stays_prepared(tmp_path, capsys):
    for song in ("a", "b"):
        add_pair(tmp_path, song, 2.0)
    prepare_pairs(options(tmp_path))
    before = prepared(tmp_path)
    (tmp_path / SHORT / "b_100-full.wav").unlink()
    with pytest.raises(InputError, match=r"b_100-stem\.wav has no partner"):
        prepare_pairs(options(tmp_path))
    assert prepared(tmp_path) == before
    assert "Not a pair: 100-window/b_100-stem.wav" in capsys.readouterr().out
    # One that was never prepared has no place to keep: the other is a single song.
    other = tmp_path / "other"
    for song in ("a", "b"):
        add_pair(other, song, 2.0)
    (other / SHORT / "b_100-full.wav").unlink()
    with pytest.raises(InputError, match="has no partner"):
        prepare_pairs(options(other))
    assert (other / "rtg" / "100-window" / "stereo_mixture.wav").is_file()


@pytest.mark.parametrize("name", ["...wav", "..wav", "index.html.wav", "mask.npz.flac"])
def test_two_files_of_any_name_but_a_folders_own(tmp_path, name):
    for path in (tmp_path / name, tmp_path / "v.wav"):
        path.touch()
    with pytest.raises(InputError, match="a song cannot be called"):
        given_pair(tmp_path / name, tmp_path / "v.wav", "vocal")
