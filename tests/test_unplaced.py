"""A pair that was not lined up: the check separates it and claims nothing that supposes a place."""

import csv
import json

import numpy as np
import pytest
import soundfile
from alignments import alignment_of, straight

from vocal_separation_sanity_check.alignment import Timeline
from vocal_separation_sanity_check.commands import sanity_check_complete
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.alignment_file import alignment_text
from vocal_separation_sanity_check.songs import is_placed, read_alignment

pytestmark = [pytest.mark.compiled, pytest.mark.slow]
RATE_HZ = 22050
PLACED_BY = {"found one": "found", "left one": "none", "own one": "user", "unasked": None}


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """An exact stem, four times over, and what was written of its place."""
    workspace = tmp_path_factory.mktemp("unplaced")
    song = demo_song(3.0, RATE_HZ)
    for name, placed_by in PLACED_BY.items():
        folder = workspace / "rtg" / "100-window" / name
        folder.mkdir(parents=True)
        soundfile.write(folder / "stereo_mixture.wav", song.mixture.mean(1), RATE_HZ)
        soundfile.write(folder / "isolated_vocal.wav", song.vocal.mean(1), RATE_HZ)
        if placed_by is not None:
            found = alignment_of(
                Timeline((straight(0, 3),)),
                is_confident=placed_by == "found",
                confidence=0.98 if placed_by == "found" else 0.12,
                reason="" if placed_by == "found" else "It stands out of chance by 3.",
            )
            text = alignment_text(found, RATE_HZ, placed_by)
            (folder / "alignment.json").write_text(text, encoding="utf-8")
    arguments = ["--workspace", str(workspace), "--quick"]
    assert sanity_check_complete(arguments=[*arguments, "--all"]) == 0
    return workspace, arguments


def facts_of(workspace, name):
    path = workspace / "output" / name / "results.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_its_results_hold_no_score_and_no_offer(checked):
    facts = facts_of(checked[0], "left one")
    assert facts["is_placed"] is False
    assert (facts["si_sdr_db"], facts["report_card"]) == ({}, [])
    assert facts["subtraction"] is None
    assert facts["path"] is None
    assert any(
        "figures that suppose its place are left out. If both" in w for w in facts["warnings"]
    )
    names = {path.name for path in (checked[0] / "output" / "left one").iterdir()}
    assert not names & {"subtracted_music.wav", "rebuilt_vocal.wav"}
    assert {"extracted_vocal.wav", "extracted_music.wav"} <= names


@pytest.mark.parametrize("name", ["found one", "own one", "unasked"])
def test_the_others_go_on_as_before(checked, name):
    facts = facts_of(checked[0], name)
    assert facts["is_placed"] is True
    assert facts["si_sdr_db"]["psm"] > 5
    assert facts["report_card"]
    assert facts["subtraction"]["left_db"] < -10
    assert facts["subtraction"]["is_better"]
    assert facts["path"]["is_used"] is False
    folder = checked[0] / "output" / name
    mixture, music = (
        soundfile.read(folder / f"{sound}.wav")[0]
        for sound in ("1_original_mixture", "subtracted_music")
    )
    vocal, _ = soundfile.read(folder / "rebuilt_vocal.wav")
    np.testing.assert_allclose(vocal + music, mixture, atol=2**-22)
    page = (checked[0] / "output" / name / "report.html").read_text(encoding="utf-8")
    assert "The fingerprint is enough to find the vocal" in page
    assert "the song minus the rebuilt vocal" in page
    assert page.index("Subtracted music") < page.index("Extracted music")
    assert ("placed by hand" in page) == (name == "own one")
    assert "stands out of chance" not in page


def test_its_page_says_what_to_try_and_nothing_else(checked):
    page = (checked[0] / "output" / "left one" / "report.html").read_text(encoding="utf-8")
    for told in ("was not lined up with the song", "--offset-ms", "--start", "the same song"):
        assert told in page
    assert "It stands out of chance by 3." in page
    assert "minus the reference as it came" in page
    for claim in ("SI-SDR", "Report card", "enough to find", "match before", "removes", " dB ("):
        assert claim not in page


def test_the_tables_leave_its_figures_out(checked):
    workspace, _ = checked
    index = (workspace / "output" / "index.html").read_text(encoding="utf-8")
    assert index.count(">–</td>") == 4
    assert "The acapella was not lined up with the song" in index
    with (workspace / "output" / "summary.csv").open(encoding="utf-8") as file:
        rows = {row["song"]: row for row in csv.DictReader(file)}
    assert rows["left one"]["si_sdr_extraction_db"] == ""
    assert rows["left one"]["fingerprint_match_percent"] == ""
    assert "not lined up" in rows["left one"]["warnings"]
    assert float(rows["found one"]["si_sdr_extraction_db"]) > 5


def test_the_terminal_says_so(checked, capsys):
    _, arguments = checked
    assert sanity_check_complete(arguments=[*arguments, "--song", "left one", "--ablate"]) == 0
    card = " ".join(capsys.readouterr().out.split())
    assert "The acapella was not lined up with the song" in card
    assert "--offset-ms" in card
    for claim in ("SI-SDR", "enough", "subtraction", "%", "Parts of the fingerprint"):
        assert claim not in card
    assert sanity_check_complete(arguments=[*arguments, "--all"]) == 0
    lines = " ".join(capsys.readouterr().out.split())
    assert "left one without scores finished before The acapella was not lined up" in lines


def test_another_place_makes_it_unfinished(checked, capsys):
    """The sounds may be the same: who placed them decides what is told."""
    workspace, arguments = checked
    path = workspace / "rtg" / "100-window" / "left one" / "alignment.json"
    before = path.read_text(encoding="utf-8")
    assert sanity_check_complete(arguments=[*arguments, "--all"]) == 0
    assert capsys.readouterr().out.count("finished before") == 4
    path.write_text(before.replace('"none"', '"user"'), encoding="utf-8")
    try:
        assert sanity_check_complete(arguments=[*arguments, "--all"]) == 0
        assert capsys.readouterr().out.count("finished before") == 3
        assert facts_of(workspace, "left one")["is_placed"] is True
    finally:
        path.write_text(before, encoding="utf-8")


def test_a_swapped_pair_that_was_lined_up_gets_no_figures(tmp_path, capsys):
    song = demo_song(2.5, RATE_HZ)
    folder = tmp_path / "rtg" / "100-window"
    folder.mkdir(parents=True)
    soundfile.write(folder / "stereo_mixture.wav", song.vocal.mean(1), RATE_HZ)
    soundfile.write(folder / "isolated_vocal.wav", song.mixture.mean(1), RATE_HZ)
    assert sanity_check_complete(arguments=["--workspace", str(tmp_path), "--quick"]) == 0
    assert "The song and the acapella look swapped" in capsys.readouterr().out
    facts = json.loads((tmp_path / "output" / "results.json").read_text(encoding="utf-8"))
    assert facts["is_placed"]
    assert not facts["is_judged"]
    assert (facts["si_sdr_db"], facts["report_card"], facts["sentences"]) == ({}, [], [])
    assert facts["warnings"] == [facts["headline"]]
    page = (tmp_path / "output" / "report.html").read_text(encoding="utf-8")
    for claim in ("SI-SDR", "Report card", "enough to find", "match before", " take "):
        assert claim not in page


def test_a_damaged_file_is_told_in_a_line(tmp_path, capsys):
    song = demo_song(3.0, RATE_HZ)
    folder = tmp_path / "rtg" / "100-window"
    folder.mkdir(parents=True)
    soundfile.write(folder / "stereo_mixture.wav", song.mixture.mean(1), RATE_HZ)
    soundfile.write(folder / "isolated_vocal.wav", song.vocal.mean(1), RATE_HZ)
    for content in ("{", "[]", '{"placed_by": "found"}'):
        (folder / "alignment.json").write_text(content, encoding="utf-8")
        assert sanity_check_complete(arguments=["--workspace", str(tmp_path)]) == 2
        assert "prepare it again" in capsys.readouterr().err


def test_what_earlier_versions_wrote_counts_as_placed(tmp_path):
    assert is_placed(None)
    assert is_placed({"is_confident": False})
    assert read_alignment(tmp_path) is None
    (tmp_path / "alignment.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not JSON"):
        read_alignment(tmp_path)
