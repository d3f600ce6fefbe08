"""The labs: they execute, state what they compute, and their exercises know right from wrong."""

import ast
import io
import os
import re
import shutil
import subprocess
import sys
import tokenize
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from lab_answers import ANSWERS

from vocal_separation_sanity_check import InputError
from vocal_separation_sanity_check.demo import demo_song
from vocal_separation_sanity_check.scoring import si_sdr_db
from vocal_separation_sanity_check.sound import read_mono, write_wav

ROOT = Path(__file__).resolve().parents[1]
LABS = sorted((ROOT / "labs").glob("[1-9]_*.py"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HEADINGS = ("What you will learn", "Demo", "Expected output", "Key ideas", "Where it comes back")
sys.path.append(str(ROOT / "labs"))
checks, song = import_module("checks"), import_module("song")
each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)


def markdown_and_code(lab):
    cells = re.split(r"^# %%", lab.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    of_text = [cell for cell in cells if cell.startswith(" [markdown]")]
    text = "\n".join(re.sub(r"^# ?(> )?", "", cell, flags=re.MULTILINE) for cell in of_text)
    return text, "\n".join(cell for cell in cells if cell not in of_text)


def test_there_are_five():
    assert [lab.stem for lab in LABS] == ["1_audio", "2_numpy", "3_stft", "4_tensors", "5_unet"]
    guide = (ROOT / "labs" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+\.py)` ", guide, re.MULTILINE) == [lab.name for lab in LABS]


@each_lab
def test_a_lab_has_all_its_parts(lab):
    text, code = markdown_and_code(lab)
    titles = re.findall(r"^## (.+)", text, re.MULTILINE)
    for heading in HEADINGS:
        assert any(title.startswith(heading) for title in titles), heading
    number = lab.stem[0]
    exercises = [title for title in titles if title.startswith("Exercise")]
    assert exercises == [f"Exercise {number}.1", f"Exercise {number}.2"]
    assert len(re.findall(r"^print\(check_", code, re.MULTILINE)) == 2
    assert titles[-1] == "Presenting it"


@each_lab
def test_the_guide_goes_by_the_half_minute(lab):
    text, _ = markdown_and_code(lab)
    times = re.findall(r"^\| (\d):(\d\d) \| .+ \| .+ \|$", text, re.MULTILINE)
    seconds = [60 * int(minutes) + int(rest) for minutes, rest in times]
    assert seconds == list(range(0, 30 * len(seconds), 30))
    assert 180 <= seconds[-1] + 30 <= 300


@each_lab
def test_what_it_names_in_the_program_exists(lab):
    text, _ = markdown_and_code(lab)
    table = text.partition("Where it comes back in the program")[2].partition("## Exercise")[0]
    assert len(re.findall(r"`([^`]+\.py)`", table)) >= 5
    for name in re.findall(r"`([\w/.-]+\.(?:py|md)|LICENSE-MODEL)`", text):
        assert (ROOT / name).is_file(), name


@each_lab
def test_it_uses_what_the_program_offers(lab):
    for node in ast.walk(ast.parse(lab.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in (
            "unet",
            "vocal_separation_sanity_check",
        ):
            door = import_module(node.module)
            assert node.module.count(".") <= 1, node.module
            offered = getattr(door, "__all__", dir(door))
            assert {alias.name for alias in node.names} <= set(offered)


@each_lab
def test_every_number_that_it_states_is_in_its_code(lab):
    text, code = markdown_and_code(lab)
    text = re.sub(r"^## Exercise .+", "", text, flags=re.MULTILINE)
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    numbers = [ast.literal_eval(t.string) for t in tokens if t.type == tokenize.NUMBER]
    computed = {float(number) for number in numbers if not isinstance(number, complex)}
    plain = re.sub(r"(?<=\d) (?=\d{3}\b)", "", text)
    stated = re.findall(r"(?<![\w.:`/])(\d{3,}|\d+\.\d+|\d+e-\d+)(?![\w:]|\.\d)", plain)
    assert len(stated) > 5
    assert [number for number in stated if float(number) not in computed] == []


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """What `make labs` makes."""
    folder = tmp_path_factory.mktemp("labs")
    command = [sys.executable, ROOT / "labs" / "render.py", "--output", folder]
    environment = {key: value for key, value in os.environ.items() if key != "LAB_SONG"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.compiled
@each_lab
def test_it_executes_and_is_rendered(pages, lab):
    page = (pages / f"{lab.stem}.html").read_text(encoding="utf-8")
    assert page.count("<audio") >= 1
    assert page.count('src="data:image/png') >= 1
    assert 'data-mime-type="application/vnd.jupyter.stderr"' not in page, "a warning is in it"
    assert page.count("Not answered yet") == 2


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_pages_play_and_ask_nobody(pages):
    playwright = pytest.importorskip("playwright.sync_api")
    complaints = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for lab in LABS:
            page = browser.new_page(viewport={"width": 1000, "height": 800})
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", lambda request: complaints.append(request.url[:80]))
            page.goto((pages / f"{lab.stem}.html").as_uri())
            page.wait_for_function("[...document.querySelectorAll('audio')].every(a => a.duration)")
            assert page.evaluate("document.documentElement.scrollWidth") <= 1000
        browser.close()
    assert [one for one in complaints if not one.startswith(("file:", "data:"))] == []


@pytest.mark.slow
def test_a_song_of_ones_own_is_repeated_to_its_length_and_its_vocal_lined_up(tmp_path, monkeypatch):
    own = demo_song(7.0, 44100, seed=5)
    late = np.roll(0.5 * own.vocal, 4410, axis=0)
    write_wav(tmp_path / "mine-full.wav", own.mixture, 44100)
    write_wav(tmp_path / "mine-stem.wav", late, 44100)
    monkeypatch.setenv("LAB_SONG", str(tmp_path / "mine-full.wav"))
    mine = song.lab_song()
    assert not mine.is_demo
    assert mine.mixture.shape == mine.vocal.shape == (30 * 22_050,)
    write_wav(tmp_path / "true.wav", own.vocal, 44100)
    true = read_mono(tmp_path / "true.wav", 22_050)
    assert si_sdr_db(mine.vocal[: len(true)], true) > 20


def test_a_song_without_its_vocal_is_told_what_is_missing(tmp_path, monkeypatch):
    write_wav(tmp_path / "song.wav", np.sin(np.arange(22050, dtype=np.float32)), 22050)
    monkeypatch.setenv("LAB_SONG", str(tmp_path / "song.wav"))
    mine = song.lab_song()
    assert mine.mixture.shape == (661_500,)
    with pytest.raises(InputError, match=r"name the song NAME-full\.wav and its acapella NAME-ste"):
        _ = mine.vocal
    monkeypatch.setenv("LAB_SONG", "nowhere.wav")
    with pytest.raises(InputError, match="there is no such file"):
        song.lab_song()


def test_a_figure_that_is_not_as_stated_ends_the_lab(capsys):
    demo, own = (song.Song(Path("x.wav"), is_demo=is_demo) for is_demo in (True, False))
    demo.stated("level", 3.05, 3.0, "dB")
    with pytest.raises(AssertionError, match="the text says 3 dB"):
        demo.stated("level", 3.1, 3.0, "dB")
    own.stated("level", 9.0, 3.0, "dB")
    assert "level: 9 dB (of the demo song: 3 dB)" in capsys.readouterr().out


@pytest.mark.parametrize("name", ANSWERS)
def test_a_check_knows_right_from_wrong_and_says_what_is_missing(name):
    check = getattr(checks, name)
    right, wrong = ANSWERS[name]
    assert check(right) == "Right."
    for answer, hint in wrong.items():
        told = check(answer)
        assert told.startswith("Not yet: "), told
        assert hint in told


def test_every_exercise_has_a_check_and_is_unanswered_as_it_comes():
    asked = [
        name
        for lab in LABS
        for name in re.findall(r"^from checks import (\w+) as", markdown_and_code(lab)[1], re.M)
    ]
    assert sorted(asked) == sorted(ANSWERS)
    for name in asked:
        check = getattr(checks, name)
        assert check(None) == checks.UNANSWERED
        if callable(ANSWERS[name][0]):
            assert check(lambda *_arguments: None) == checks.UNANSWERED
