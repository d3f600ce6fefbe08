"""The page and the verdict come first: they can be used while a song is still judged."""

import pytest
from test_whole_folder import job_of, prepared

from vocal_separation_sanity_check.check import check_song, one_song
from vocal_separation_sanity_check.commands import sanity_check_complete

pytestmark = pytest.mark.compiled
PENDING, CARD, PICTURES = 'id="pending"', 'id="card"', 'id="pictures"'


def test_there_is_a_page_with_sounds_and_verdict_before_the_song_is_judged(tmp_path, monkeypatch):
    prepared(tmp_path, "a")
    job = job_of(tmp_path, "a")
    steps, first = [], []
    judge = one_song.evaluate_separation

    def judged(*given, **flags):
        steps.append("judged")
        return judge(*given, **flags)

    def listen(song):
        steps.append("page")
        page = song.path("report", ".html").read_text(encoding="utf-8")
        assert song.told.headline in page
        assert PENDING in page
        assert CARD not in page
        assert PICTURES not in page
        assert all(song.path(name, ".wav").is_file() for name in song.sounds)
        assert not job.facts_path.exists()
        first.append(page.count('id="sound-'))

    monkeypatch.setattr(one_song, "evaluate_separation", judged)
    song, scores = check_song(job, on_page=listen)
    page = song.path("report", ".html").read_text(encoding="utf-8")
    assert steps == ["page", "judged"]
    assert PENDING not in page
    assert CARD in page
    assert PICTURES in page
    assert first == [page.count('id="sound-')] == [len(song.lanes)]
    assert scores
    assert job.facts_path.exists()


def test_a_page_that_was_never_finished_says_so(tmp_path, monkeypatch):
    prepared(tmp_path, "a")

    def stop(*_given, **_flags):
        raise KeyboardInterrupt

    monkeypatch.setattr(one_song, "evaluate_separation", stop)
    with pytest.raises(KeyboardInterrupt):
        check_song(job_of(tmp_path, "a"))
    page = job_of(tmp_path, "a").path("report", ".html").read_text(encoding="utf-8")
    assert "the check was stopped: run it again" in page


def test_the_terminal_tells_the_verdict_before_the_scores(tmp_path, capsys):
    prepared(tmp_path, "a")
    assert sanity_check_complete(arguments=["--workspace", str(tmp_path), "--quick"]) == 0
    told = capsys.readouterr().out
    assert (
        told.index("Listen: ") < told.index("SI-SDR improvement") < told.index("of which the fit")
    )
