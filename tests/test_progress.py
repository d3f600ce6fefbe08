"""One bar for a song: its phases come in order and never go back."""

import re

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.check.one_song import check_song
from vocal_separation_sanity_check.commands.progress import phase_bar
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs.job import SongJob


@pytest.mark.compiled
@pytest.mark.parametrize("is_quick", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_phases_come_in_order_and_the_share_only_grows(tmp_path, is_quick):
    song = demo_song(1.5, 22050)
    for name, sound in (("stereo_mixture", song.mixture), ("isolated_vocal", song.vocal)):
        soundfile.write(tmp_path / f"{name}.wav", sound.mean(1), 22050)
    told = []
    job = SongJob("", tmp_path, tmp_path / "out", "", Settings(), is_quick=is_quick)
    check_song(job, lambda phase, share: told.append((phase, share)))
    shares = [share for _, share in told]
    assert (np.diff(shares) >= 0).all()
    assert shares[0] >= 0
    assert 0.9 < shares[-1] <= 1
    phases = list(dict.fromkeys(phase for phase, _ in told))
    assert phases[:3] == ["level", "path", "fit"]
    assert phases[3:5] == ["save", "page"]
    assert phases[-1] == "draw"


def test_the_bar_names_song_and_phase_and_says_what_is_left(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with phase_bar("Año") as show:
        show("fit", 0.0)
        show("fit", 0.5)
        show("save", 0.4)
    shown = capsys.readouterr().err
    assert "Año: fit" in shown
    assert re.search(r" 50 %\|.*gone, .* left", shown)


def test_nothing_is_shown_where_nobody_looks(capsys):
    with phase_bar("") as show:
        show("fit", 0.5)
    assert capsys.readouterr().err == ""
