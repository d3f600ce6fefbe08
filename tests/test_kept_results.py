"""No check takes away what another one left: where songs' results lie, and which are older."""

import json
import shutil

import numpy as np
import pytest
import soundfile
from test_prepare import add_pair, options
from test_whole_folder import assert_whole, job_of, prepared, rows

from vocal_separation_sanity_check.check import attempt, one_song
from vocal_separation_sanity_check.commands import sanity_check_complete
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.prepare.preparing import prepare_pairs
from vocal_separation_sanity_check.separation import ablation
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import place_of_results, prepared_songs

pytestmark = [pytest.mark.compiled, pytest.mark.slow]


def check(workspace, *flags):
    return sanity_check_complete(arguments=["--workspace", str(workspace), "--quick", *flags])


def write_song(folder, level=1.0, name="mixture"):
    """A song and its vocal under names that other songs' files have, too."""
    folder.mkdir(parents=True, exist_ok=True)
    song = demo_song(1.5, 22050)
    soundfile.write(folder / f"{name}.wav", level * song.mixture, 22050)
    soundfile.write(folder / "vocals.wav", level * song.vocal, 22050)
    return folder


def prepare(workspace, song, name="mixture"):
    given = {"mixture": song / f"{name}.wav", "vocal": song / "vocals.wav"}
    prepare_pairs(options(workspace, **given))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def index_of(workspace):
    return (workspace / "output" / "index.html").read_text(encoding="utf-8")


def test_a_single_song_keeps_its_name_everywhere(tmp_path, capsys):
    add_pair(tmp_path, "Año <b>", 1.5)
    prepare_pairs(options(tmp_path))
    assert check(tmp_path, "--song", "nobody") == 2
    assert "there is: Año <b>" in capsys.readouterr().err
    assert check(tmp_path, "--song", "Año <b>") == 0
    assert "Año <b>, 4.7 s" in capsys.readouterr().out
    output = tmp_path / "output"
    assert (output / "extracted_vocal.wav").is_file()
    page = (output / "report.html").read_text(encoding="utf-8")
    assert "<title>Año &lt;b&gt;</title>" in page
    assert '<a href="report.html">Año &lt;b&gt;</a>' in index_of(tmp_path)
    assert json.loads((output / "results.json").read_text())["song"] == "Año <b>"
    assert check(tmp_path, "--all") == 0
    assert rows(tmp_path)["Año <b>"]["status"] == "finished before"


def test_a_second_song_leaves_the_first_ones_results_where_they_are(tmp_path, capsys):
    first, second, third = (
        write_song(tmp_path / name, level)
        for name, level in (("first", 1.0), ("second", 0.9), ("third", 0.8))
    )
    shutil.move(first / "mixture.wav", first / "first song.wav")
    prepare(tmp_path, first, "first song")
    assert check(tmp_path) == 0
    before = contents(tmp_path / "output")
    capsys.readouterr()
    prepare(tmp_path, second)
    assert check(tmp_path) == 0
    output = tmp_path / "output"
    told = capsys.readouterr().out
    assert f"Listen: {output / 'mixture' / 'report.html'}" in told
    assert f"All songs: {output / 'index.html'}" in told
    # Another song whose file has the same name.
    second_before = contents(output / "mixture")
    prepare(tmp_path, third)
    assert check(tmp_path, "--all") == 0
    after = contents(output)
    assert {name: after[name] for name in before if name != "index.html"} == {
        name: before[name] for name in before if name != "index.html"
    }
    assert contents(output / "mixture") == second_before
    index = index_of(tmp_path)
    for link, name in (
        ("", "first song"),
        ("mixture/", "mixture"),
        ("mixture%20%282%29/", "mixture (2)"),
    ):
        assert f'<a href="{link}report.html">{name}</a>' in index
    assert {name: row["status"] for name, row in rows(tmp_path).items()} == {
        "first song": "not in this run",
        "mixture": "not in this run",
        "mixture (2)": "done",
    }
    # Each finds its own place again, from wherever its file is now.
    shutil.move(first, tmp_path / "moved")
    prepare(tmp_path, tmp_path / "moved", "first song")
    assert check(tmp_path) == 0
    assert {path.name for path in output.iterdir() if path.is_dir()} == {"mixture", "mixture (2)"}
    assert soundfile.info(output / "extracted_vocal.wav").frames == 103_635


def place(workspace, song, prepared_in, is_alone):
    results = workspace / "output"
    name, folder = place_of_results(results, "", song, prepared_in, is_alone=is_alone)
    return name, folder.relative_to(results).as_posix()


def test_where_results_lie(tmp_path):
    rtg = tmp_path / "rtg" / "100-window"
    for song in ("a", "b"):
        add_pair(tmp_path, song, 1.5)
        prepare_pairs(options(tmp_path))
        if song == "a":
            assert place(tmp_path, "a", rtg, True) == ("a", ".")
            assert check(tmp_path) == 0
            assert place(tmp_path, "a", rtg, True) == ("a", ".")
    # Of several, each has a folder, whatever lies in the folder of all.
    assert place(tmp_path, "a", rtg / "a", False) == ("a", "a")
    assert place(tmp_path, "b", rtg / "b", False) == ("b", "b")
    # A song alone that was one of several is found where it was then.
    shutil.copytree(tmp_path / "output", tmp_path / "aside")
    shutil.rmtree(tmp_path / "output")
    (tmp_path / "output").mkdir()
    shutil.copytree(tmp_path / "aside", tmp_path / "output" / "a")
    assert place(tmp_path, "a", rtg / "a", True) == ("a", "a")
    assert place(tmp_path, "b", rtg / "b", True) == ("b", ".")


@pytest.mark.parametrize("song", ["../../elsewhere", "a/b", "..", "", "\ud800", "x\0", 5, None])
def test_a_name_in_a_file_leads_nowhere(tmp_path, song):
    add_pair(tmp_path, "a", 1.5)
    prepare_pairs(options(tmp_path))
    path = tmp_path / "rtg" / "100-window" / "original.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"song": song}))
    assert list(prepared_songs(path.parent)) == ["song"]


def test_results_of_an_earlier_version_are_their_songs_or_nobodys(tmp_path):
    """They told no name: the prepared sound says whose they are."""
    add_pair(tmp_path, "a", 1.5)
    prepare_pairs(options(tmp_path))
    assert check(tmp_path) == 0
    path = tmp_path / "output" / "results.json"
    facts = json.loads(path.read_text())
    for name in ("song", "original", "digest"):
        del facts[name]
    path.write_text(json.dumps(facts))
    rtg = tmp_path / "rtg" / "100-window"
    assert place(tmp_path, "a", rtg, True) == ("a", ".")
    mixture = rtg / "stereo_mixture.wav"
    soundfile.write(mixture, 0.5 * soundfile.read(mixture)[0], 22050)
    assert place(tmp_path, "a", rtg, True) == ("a", "a")
    prepare_pairs(options(tmp_path))
    assert check(tmp_path, "--all") == 0
    assert rows(tmp_path)["a"]["status"] == "finished before"


def test_what_a_check_does_not_renew_is_kept_aside_and_told(tmp_path, monkeypatch, capsys):
    few = ablation.plan(Settings())[:2]
    monkeypatch.setattr(ablation, "plan", lambda _: few)
    add_pair(tmp_path, "a", 1.5)
    prepare_pairs(options(tmp_path))
    assert check(tmp_path, "--full-quality", "--ablate") == 0
    output = tmp_path / "output"
    before = contents(output)
    aside = {name for name in before if name.startswith(("full_quality", "ablation"))}
    assert len(aside) == 4 + 2
    (output / "notes.txt").write_text("the user's own")
    capsys.readouterr()
    assert check(tmp_path, "--hop-length", "512") == 0
    kept = contents(output / "earlier")
    assert kept == {name: before[name] for name in aside}
    told = f"Kept from an earlier check, in {output / 'earlier'}: ablation.csv, ablation.png, full"
    assert told in capsys.readouterr().out
    # What lies in the folder itself is all of one check.
    facts = json.loads((output / "results.json").read_text())
    assert set(contents(output)) == {*facts["files"], "results.json", "index.html", "notes.txt"}
    assert "no part of this one: ablation.csv" in (output / "report.html").read_text()
    assert "earlier/ has files of an earlier check" in index_of(tmp_path)
    # A newer one of the same name takes an older one's place.
    assert check(tmp_path, "--full-quality") == 0
    newer = contents(output)
    assert check(tmp_path, "--all", "--seed", "1") == 0
    assert "Kept from an earlier check" in capsys.readouterr().out
    kept = contents(output / "earlier")
    assert kept.keys() == aside
    for name in aside:
        assert kept[name] == (before if name.startswith("ablation") else newer)[name]


@pytest.mark.thorough
def test_results_that_hold_more_are_finished(tmp_path):
    add_pair(tmp_path, "a", 1.5)
    prepare_pairs(options(tmp_path))
    assert check(tmp_path, "--full-quality") == 0
    before = contents(tmp_path / "output")
    assert check(tmp_path, "--all") == 0
    assert rows(tmp_path)["a"]["status"] == "finished before"
    assert contents(tmp_path / "output").keys() - before.keys() == {"summary.csv"}
    for flags in (["--seed", "1"], ["--seed", "1", "--full-quality"]):
        assert check(tmp_path, "--all", *flags) == 0
        assert rows(tmp_path)["a"]["status"] == "done"


def test_an_original_that_goes_during_the_check_leaves_all_results(tmp_path, monkeypatch, capsys):
    add_pair(tmp_path, "a", 1.5)
    prepare_pairs(options(tmp_path))
    assert check(tmp_path, "--full-quality") == 0
    before = contents(tmp_path / "output")
    take_apart = one_song.take_apart

    def take_apart_and_lose(*arguments):
        (tmp_path / "process" / "100-window" / "a_100-full.wav").unlink()
        return take_apart(*arguments)

    monkeypatch.setattr(one_song, "take_apart", take_apart_and_lose)
    assert check(tmp_path, "--full-quality", "--seed", "1") == 2
    assert "a_100-full.wav has gone since preparing read it" in capsys.readouterr().err
    after = contents(tmp_path / "output")
    assert "has gone since" in after.pop("index.html").decode()
    del before["index.html"]
    assert after == before


@pytest.mark.parametrize("flags", [[], pytest.param(["--all"], marks=pytest.mark.thorough)])
def test_a_bad_song_stops_no_other_and_stands_in_the_index(tmp_path, capsys, flags):
    for name in ("a bad one", "b", "c <i>"):
        prepared(tmp_path, name)
    rtg = tmp_path / "rtg" / "100-window"
    soundfile.write(rtg / "a bad one" / "isolated_vocal.wav", np.zeros(33075), 22050)
    assert attempt.attempt_song(job_of(tmp_path, "c <i>")).status == "done"
    (rtg / "c <i>" / "isolated_vocal.wav").unlink()
    assert check(tmp_path, *flags) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: 2 of 3 songs failed; see above")
    lines = told.out[told.out.index("Failed:") :].splitlines()
    assert lines[1].startswith("  a bad one  ")
    assert "only silence" in lines[1]
    assert lines[2].startswith("  c <i>      ")
    assert_whole(tmp_path, ["b"])
    index = index_of(tmp_path)
    assert "<td>a bad one</td>" in index
    assert "only silence" in index
    assert '<a href="c%20%3Ci%3E/report.html">c &lt;i&gt;</a>' in index
    assert "nothing to look for" in index
    assert "(what is shown is of an earlier check)" in index
    assert "<h1>3 songs</h1>" in index
