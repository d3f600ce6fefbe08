"""Songs that change while they are worked on, and two programs at one song: refused, and told."""

import json
import shutil

import pytest
import soundfile
from test_full_quality import prepare_all
from test_prepare import add_pair, options
from test_whole_folder import assert_whole, job_of, prepared

from vocal_separation_sanity_check.check import attempt, one_song, original_pair
from vocal_separation_sanity_check.commands import sanity_check_complete
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import clear_unfinished
from vocal_separation_sanity_check.locks import held
from vocal_separation_sanity_check.prepare import lining_up, preparing
from vocal_separation_sanity_check.prepare.preparing import prepare_pairs
from vocal_separation_sanity_check.songs import OriginalFile

pytestmark = [pytest.mark.compiled, pytest.mark.slow]


def during(monkeypatch, module, name, act):
    """Let something happen just before a function of a module is called for the first time."""
    original, is_first = getattr(module, name), [True]

    def called(*arguments, **options):
        if is_first.pop() if is_first else False:
            act()
        return original(*arguments, **options)

    monkeypatch.setattr(module, name, called)


def write_other_mixture(folder):
    song = demo_song(1.5, 22050)
    soundfile.write(folder / "stereo_mixture.wav", 0.5 * song.mixture.mean(1), 22050)


@pytest.mark.parametrize("moment", ["evaluate_separation", "write_pictures", "write_page"])
def test_a_song_that_changes_while_it_is_checked_is_not_finished(tmp_path, monkeypatch, moment):
    folder = prepared(tmp_path, "a")
    job = job_of(tmp_path, "a")
    during(monkeypatch, one_song, moment, lambda: write_other_mixture(folder))
    outcome = attempt.attempt_song(job)
    assert (outcome.status, job.facts_path.exists()) == ("failed", False)
    assert f"mixture in {folder} changed while the song was being checked" in outcome.reason
    assert attempt.attempt_song(job).status == "done"
    assert_whole(tmp_path, ["a"])


def test_results_of_before_stay_where_the_song_changes_during_the_fit(tmp_path, monkeypatch):
    folder = prepared(tmp_path, "a")
    job = job_of(tmp_path, "a")
    assert attempt.attempt_song(job).status == "done"
    write_other_mixture(folder)
    before = {path.name: path.read_bytes() for path in job.results.iterdir()}
    during(monkeypatch, one_song, "observed_of", (folder / "isolated_vocal.wav").unlink)
    outcome = attempt.attempt_song(job)
    assert "holds a mixture and nothing to look for" in outcome.reason
    assert {path.name: path.read_bytes() for path in job.results.iterdir()} == before


def test_full_quality_is_of_the_file_that_was_prepared(tmp_path, monkeypatch, capsys):
    """Another song and preparing while a check runs: neither mixes with what is under way."""
    add_pair(tmp_path, "a")
    prepare_all(tmp_path)
    full = tmp_path / "process" / "100-window" / "a_100-full.wav"
    refusals = []

    def replace():
        shutil.copy(full.with_name("a_100-stem.wav"), full)
        with pytest.raises(
            InputError, match=r"rtg/100-window is in use by .*, process \d+"
        ) as told:
            prepare_all(tmp_path)
        refusals.append(told)

    during(monkeypatch, one_song, "write_sounds", replace)
    arguments = ["--workspace", str(tmp_path), "--quick", "--full-quality"]
    assert sanity_check_complete(arguments=arguments) == 2
    assert "a_100-full.wav has changed since preparing read it" in capsys.readouterr().err
    assert refusals
    assert not list((tmp_path / "output").glob("full_quality*"))
    assert not (tmp_path / "output" / "results.json").exists()


def test_full_quality_takes_off_the_reference_that_was_prepared(tmp_path, monkeypatch, capsys):
    add_pair(tmp_path, "a")
    prepare_all(tmp_path)
    stem = tmp_path / "process" / "100-window" / "a_100-stem.wav"
    during(
        monkeypatch,
        original_pair,
        "original_pair",
        lambda: shutil.copy(stem.with_name("a_100-full.wav"), stem),
    )
    arguments = ["--workspace", str(tmp_path), "--quick", "--full-quality"]
    assert sanity_check_complete(arguments=arguments) == 2
    assert "a_100-stem.wav has changed since preparing read it" in capsys.readouterr().err
    assert not list((tmp_path / "output").glob("full_quality_[rs]*"))
    assert not (tmp_path / "output" / "results.json").exists()


def test_a_second_check_of_the_same_song_is_refused_at_once(tmp_path, monkeypatch):
    prepared(tmp_path, "a")
    job = job_of(tmp_path, "a")
    outcomes = []
    during(
        monkeypatch, one_song, "write_sounds", lambda: outcomes.append(attempt.attempt_song(job))
    )
    assert attempt.attempt_song(job).status == "done"
    assert outcomes[0].status == "failed"
    assert "output/a is in use by" in outcomes[0].reason
    assert_whole(tmp_path, ["a"])


def test_two_runs_of_a_folder_share_the_songs_and_leave_each_others_files(tmp_path, monkeypatch):
    prepared(tmp_path, "a")
    job = job_of(tmp_path, "a")
    job.results.mkdir(parents=True)
    (job.results / ".mask.1.part.npz").touch()
    cleared = []
    monkeypatch.setattr(
        one_song, "clear_unfinished", lambda folder: cleared.append(clear_unfinished(folder))
    )
    with job.held():
        assert attempt.attempt_song(job).status == "failed"
    assert not cleared
    assert (job.results / ".mask.1.part.npz").exists()
    assert attempt.attempt_song(job).status == "done"
    assert cleared
    # What another run has finished since is not done again.
    assert attempt.attempt_song(job).status == "finished before"


def test_preparing_leaves_what_somebody_is_at(tmp_path):
    add_pair(tmp_path, "a")
    prepare_pairs(options(tmp_path))
    rtg = tmp_path / "rtg" / "100-window"
    before = {path.name: path.read_bytes() for path in rtg.iterdir()}
    with held(rtg), pytest.raises(InputError, match="rtg/100-window is in use by"):
        prepare_pairs(options(tmp_path))
    add_pair(tmp_path, "b")  # two songs belong into folders of their own, and what was there goes
    with held(rtg), pytest.raises(InputError, match="rtg/100-window is in use by"):
        prepare_pairs(options(tmp_path))
    assert {path.name: path.read_bytes() for path in rtg.iterdir()} == before
    prepare_pairs(options(tmp_path))
    assert sorted(path.name for path in rtg.iterdir()) == ["a", "b"]
    with held(rtg / "a"), pytest.raises(InputError, match="100-window/a is in use by"):
        prepare_pairs(options(tmp_path))
    assert (rtg / "a" / "stereo_mixture.wav").exists()


@pytest.mark.parametrize("role", ["full", "stem"])
def test_what_changes_while_it_is_prepared_is_not_prepared(tmp_path, monkeypatch, role):
    add_pair(tmp_path, "a")
    path = tmp_path / "process" / "100-window" / f"a_100-{role}.wav"
    ready = lining_up.line_up_pair

    def change(*arguments, **options):
        path.write_bytes(path.read_bytes()[:-4] + bytes(4))
        return ready(*arguments, **options)

    monkeypatch.setattr(lining_up, "line_up_pair", change)
    with pytest.raises(InputError, match=f"a_100-{role}.wav has changed since preparing"):
        prepare_pairs(options(tmp_path))
    assert not list((tmp_path / "rtg").rglob("*.wav"))


def test_preparing_that_is_killed_midway_leaves_nothing_that_counts(tmp_path, monkeypatch):
    """Without its alignment a pair would pass for one that needed none."""
    add_pair(tmp_path, "a")
    folder = tmp_path / "rtg" / "100-window"
    seen = []

    def look(path, *_):
        seen.append((path.name, sorted(other.name for other in folder.iterdir())))

    monkeypatch.setattr(preparing, "write_wav", look)
    prepare_pairs(options(tmp_path, no_align=False))
    name, there = seen[-1]
    assert name == "stereo_mixture.wav"
    assert {"alignment.json", "alignment.png", "original.json"} <= set(there)
    assert json.loads((folder / "original.json").read_text())["clip_start_s"] is not None


def test_a_file_that_goes_while_it_is_read_is_told(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"a")
    file = OriginalFile.of(path)
    with pytest.raises(InputError, match="a has gone since preparing read it"), file.unchanged():
        path.unlink()
    with pytest.raises(InputError, match="a has gone since"), file.unchanged():
        path.read_bytes()  # what comes of it is not what the user has to know
    with pytest.raises(InputError, match="cannot read"):
        OriginalFile.of(path)
