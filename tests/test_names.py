"""Any name of a song passes through everything, or is refused for that song alone."""

import os
import re
import shutil
import sys
import unicodedata

import pytest
import soundfile
from test_prepare import SHORT, add_pair, options
from test_whole_folder import prepared, rows

from unet.songs.separation_scores import Row, song_table, write_csv
from vocal_separation_sanity_check.check.outcome import failed
from vocal_separation_sanity_check.check.summary import write_summary
from vocal_separation_sanity_check.commands import (
    prepare_audio_files,
    sanity_check_complete,
    sanity_check_full_length,
)
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.prepare.preparing import prepare_pairs
from vocal_separation_sanity_check.separation import ablation
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import (
    FULL_QUALITY_NAMES,
    SUBTRACTION_NAMES,
    check_name,
)

needs_any_name = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="names of files are text on this system"
)
ODD = [
    os.fsdecode(b"caf\xe9"),
    "=HYPERLINK(1)",
    "-3",
    "+1",
    "@a",
    "red \x1b[31m\x1b]0;title\x07",
    "two\nlines",
    "turned \u202eround",
    "Año\u00a0\u3000<b>",
    "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Año 3/4 = ‘x’", "Año 3/4 = ‘x’"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb\r\t\x7f\x9b", r"a\nb\r\t\x7f\x9b"),
        ("\udce9\u202e\u2028", r"\udce9\u202e\u2028"),
        ("\u00a0\u3000a\u200cb\u200d", "\u00a0\u3000a\u200cb\u200d"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


@pytest.mark.parametrize("kind", ["summary", "evaluation"])
def test_no_cell_of_a_table_is_a_formula(tmp_path, kind):
    written = tmp_path / f"{kind}.csv"
    names = ["=1+1", "+1", "-1", "@a", "＝1", "a=1", "\t=1", "\udce9"]
    if kind == "summary":
        write_summary([failed(name, f"{name} is broken") for name in names], written)
    else:
        write_csv(written, [Row(name, "-", "-", None, None, None, None, None) for name in names])
    lines = written.read_text(encoding="utf-8").splitlines()[1:]
    cells = sorted(line.split(",")[0] for line in lines)
    assert cells == sorted(["'=1+1", "'+1", "'-1", "'@a", "'＝1", "a=1", r"\t=1", r"\udce9"])
    assert all(not re.match(r"[=+\-@＝]", cell) for line in lines for cell in line.split(","))


def test_the_table_of_an_evaluation_steers_no_terminal():
    row = Row("red \x1b[31m", "network", "vocals", 1.0, 1.0, 1.0, 1.0, 1.0)
    assert r"red \x1b[31m" in song_table([row])


@pytest.mark.slow
@pytest.mark.compiled
@needs_any_name
def test_odd_names_go_all_the_way(tmp_path, capsys):
    add_pair(tmp_path, "plain", 1.5)
    folder = tmp_path / SHORT
    for name in ODD:
        for role in ("full", "stem"):
            shutil.copy(folder / f"plain_100-{role}.wav", folder / f"{name}_100-{role}.wav")
    arguments = ["--workspace", str(tmp_path)]
    assert prepare_audio_files(arguments=[*arguments, "--no-align"]) == 0
    assert sanity_check_complete(arguments=[*arguments, "--quick", "--all", "--full-quality"]) == 0
    assert (
        sanity_check_complete(arguments=[*arguments, "--quick", "--full-quality", "--song", ODD[0]])
        == 0
    )
    assert sanity_check_complete(arguments=[*arguments, "--song", "nobody \x1b[31m"]) == 2
    told = "".join(capsys.readouterr())
    assert not [c for c in told if unicodedata.category(c) == "Cc" and c != "\n"]
    assert {row["status"] for row in rows(tmp_path).values()} == {"done"}
    assert len(rows(tmp_path)) == len(ODD) + 1
    page = (tmp_path / "output" / "index.html").read_text(encoding="utf-8")
    assert 'href="caf%E9/report.html">caf\\udce9</a>' in page
    assert r"red \x1b[31m\x1b]0;title\x07</a>" in page
    for name in ODD:
        soundfile.info(os.fsencode(tmp_path / "output" / name / "full_quality_vocal.wav"))


@pytest.mark.slow
@pytest.mark.compiled
def test_a_name_that_a_file_of_the_results_has_is_refused_for_that_song_alone(tmp_path, capsys):
    for name in ("index.html", "Summary.CSV", "a"):
        add_pair(tmp_path, name)
    with pytest.raises(InputError, match="2 of 3 songs were not prepared, the others were"):
        prepare_pairs(options(tmp_path))
    assert "Not a pair: a song cannot be called index.html" in capsys.readouterr().out
    for name in ("index.html", "b"):
        prepared(tmp_path, name)
    (tmp_path / "rtg" / "100-window" / "stereo_mixture.wav").unlink()
    arguments = ["--workspace", str(tmp_path), "--quick", "--all", "--full-quality"]
    assert sanity_check_complete(arguments=arguments[:-1]) == 2
    assert {name: row["status"] for name, row in rows(tmp_path).items()} == {
        "b": "done",
        "index.html": "failed",
    }
    assert "cannot be called index.html" in rows(tmp_path)["index.html"]["reason"]
    assert ">b</a>" in (tmp_path / "output" / "index.html").read_text(encoding="utf-8")


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.compiled
def test_all_that_is_written_beside_songs_is_known(tmp_path, monkeypatch):
    """So that no song's folder lies where a file belongs."""
    few = ablation.plan(Settings())[:2]
    monkeypatch.setattr(ablation, "plan", lambda _: few)
    add_pair(tmp_path, "a", 3.0)
    whole = tmp_path / "process" / "no-limit"
    whole.mkdir()
    for path in (tmp_path / SHORT).iterdir():
        shutil.copy(path, whole / path.name.replace("_100-", "_nl-"))
    prepare_pairs(options(tmp_path, no_align=False))
    flags = ["--workspace", str(tmp_path), "--quick", "--full-quality"]
    assert sanity_check_complete(arguments=[*flags, "--ablate", "--iterations", "2"]) == 0
    assert sanity_check_complete(arguments=[*flags, "--all"]) == 0
    assert sanity_check_full_length(arguments=[*flags, "--all"]) == 0
    folders = [tmp_path / "output", tmp_path / "output_full", *(tmp_path / "rtg").iterdir()]
    names = {path.name for folder in folders for path in folder.iterdir()}
    assert len(names) > 25
    # Some are written for some songs only.
    sounds = (*FULL_QUALITY_NAMES, *SUBTRACTION_NAMES)
    sounds += tuple(f"full_quality_{name}" for name in SUBTRACTION_NAMES)
    names |= {"path.png", "path_full.png"}
    names |= {f"{sound}{suffix}.wav" for sound in sounds for suffix in ("", "_full")}
    for name in names:
        with pytest.raises(InputError, match="cannot be called"):
            check_name(name)
