"""The listening page in a real browser: it plays, switches, loops, fits, and asks nobody."""

import json
import re
import shutil

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.commands import sanity_check_complete
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.report.listening_page import MOST_LABELS, _times
from vocal_separation_sanity_check.report.page_media import (
    embedded_sound,
    matched_gains,
)
from vocal_separation_sanity_check.report.page_templates import PAGES

pytestmark = pytest.mark.compiled
RATE = 22050
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EVIL = "<script>alert(1)<"
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def check(workspace, *flags):
    arguments = ["--workspace", str(workspace), "--quick", *flags]
    return sanity_check_complete(arguments=arguments)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Results of two songs, one of which is called like an attack."""
    workspace = tmp_path_factory.mktemp("pages")
    song = demo_song(3.0, RATE)
    # A slash cannot be in a file's name, so the closing tag has none.
    for name in ("Año & co", EVIL + "script>"):
        folder = workspace / "rtg" / "100-window" / name
        folder.mkdir(parents=True)
        soundfile.write(folder / "stereo_mixture.wav", song.mixture.mean(1), RATE)
        soundfile.write(folder / "isolated_vocal.wav", song.vocal.mean(1), RATE)
    assert check(workspace) == 0
    return workspace / "output"


@pytest.fixture(scope="module")
def chromium():
    """A headless browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Open a page and fail at the end if it complained or asked for anything."""
    contexts, complaints = [], []

    def opened(path, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:", "blob:"))
                else complaints.append(request.url)
            ),
        )
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def state(page, what):
    return page.evaluate(f"window.listening.{what}")


def clocks(page):
    """Place in the song, and the clock of the sound, s."""
    both = "(({ sound }) => [sound.place(), sound.context.currentTime])"
    return page.evaluate(f"{both}(window.listening)")


def wait_until(page, condition):
    """Poll from outside: the page's policy forbids the driver to compile a condition in it."""
    for _ in range(100):
        if state(page, condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{condition} did not come true within 5 s")


@pytest.mark.slow
@in_browser
def test_it_plays_and_switches_without_losing_the_position(results, open_page):
    page = open_page(results / "Año & co" / "report.html")
    page.keyboard.press("Space")
    wait_until(page, "state.place > 0.3")
    page.keyboard.press("5")
    before = clocks(page)
    page.wait_for_timeout(150)
    gains = state(page, "sound.gains.map((gain) => gain.gain.value)")
    assert gains[4] > 0.1
    assert max(gains[:4] + gains[5:]) < 1e-3
    place_s, clock_s = np.subtract(clocks(page), before)
    assert place_s > 0.1
    assert place_s == pytest.approx(clock_s, abs=0.01)
    assert (
        page.get_by_role("button", name="5 Extracted vocal").get_attribute("aria-pressed") == "true"
    )
    page.keyboard.press("Space")
    assert state(page, "state.playing") is False
    held = state(page, "state.place")
    page.wait_for_timeout(100)
    assert state(page, "state.place") == held
    # All sounds are decoded to the sample, so that switching stays in step.
    lengths = state(page, "sound.buffers.map((buffer) => buffer.length)")
    assert lengths == [3 * RATE] * 6


@pytest.mark.slow
@in_browser
def test_the_clock_says_hours_only_where_there_are_some(results, open_page):
    page = open_page(results / "Año & co" / "report.html")
    told = [page.evaluate(f"clock({seconds})") for seconds in (0, 75.5, 3599.9, 3600, 19_801.25)]
    assert told == ["0:00.0", "1:15.5", "59:59.9", "1:00:00.0", "5:30:01.2"]


@pytest.mark.slow
@in_browser
def test_what_it_plays_is_what_was_written(results, open_page):
    page = open_page(results / "Año & co" / "report.html")
    page.keyboard.press("Space")
    wait_until(page, "state.playing")
    heard = np.array(state(page, "sound.buffers.map((b) => Array.from(b.getChannelData(0)))"))
    # The better way first: the stem is exact.
    names = ("1_original_mixture", "2_target_vocal", "rebuilt_vocal", "subtracted_music")
    for samples, name in zip(heard, (*names, "extracted_vocal", "extracted_music"), strict=True):
        written, _ = soundfile.read(results / "Año & co" / f"{name}.wav")
        np.testing.assert_allclose(samples, written, atol=1.5 * 2**-15)
    np.testing.assert_allclose(heard[3], heard[0] - heard[2], atol=2**-13)


@pytest.mark.slow
@in_browser
def test_a_region_loops_by_mouse_and_by_keys(results, open_page):
    page = open_page(results / "Año & co" / "report.html")
    box = page.locator(".view").first.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 20)
    page.mouse.up()
    loop = state(page, "state.loop")
    assert loop == pytest.approx([0.6, 0.9], abs=0.01)
    page.keyboard.press("Space")
    wait_until(page, "state.playing")
    page.wait_for_timeout(600)
    assert loop[0] <= state(page, "sound.place()") <= loop[1]
    page.keyboard.press("l")
    assert state(page, "state.looping") is False
    page.keyboard.press("Escape")
    assert state(page, "state.loop") is None
    page.keyboard.press("Space")
    page.get_by_label("Position in the song").fill("1")
    page.keyboard.press("Tab")
    page.locator("body").press("[")
    assert state(page, "state.loop") == pytest.approx([1, 3], abs=0.05)


@pytest.mark.slow
@in_browser
def test_levels_are_matched_and_the_switch_undoes_it(results, open_page):
    page = open_page(results / "Año & co" / "report.html")
    page.keyboard.press("2")
    page.keyboard.press("Space")
    wait_until(page, "state.playing")
    page.wait_for_timeout(150)
    matched = state(page, "sound.gains[1].gain.value")
    page.get_by_label("Match levels").uncheck()
    page.wait_for_timeout(150)
    assert state(page, "sound.gains[1].gain.value") == pytest.approx(1, abs=0.01)
    assert abs(matched - 1) > 0.05
    page.locator(".lane input").nth(3).check()
    page.wait_for_timeout(150)
    assert state(page, "sound.gains[3].gain.value") == pytest.approx(1, abs=0.01)


@pytest.mark.slow
@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(results, open_page, scheme):
    for path in (results / "Año & co" / "report.html", results / "index.html"):
        page = open_page(path, viewport={"width": 375, "height": 800}, color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        paper, ink = (
            page.evaluate(f"getComputedStyle(document.body).{name}")
            for name in ("backgroundColor", "color")
        )
        brightness = [sum(map(int, re.findall(r"\d+", colour))) for colour in (paper, ink)]
        assert (brightness[0] < brightness[1]) == (scheme == "dark")


@pytest.mark.slow
@in_browser
def test_every_control_and_picture_has_a_name(results, open_page):
    page = open_page(results / "Año & co" / "report.html")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("img, button, input, section")].filter(
            (e) => !(e.alt || e.ariaLabel || e.textContent.trim() || e.labels?.length)
        ).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").count() == 1


@pytest.mark.slow
@in_browser
def test_a_song_called_like_a_script_is_a_title(results, open_page):
    name = EVIL + "script>"
    page = open_page(results / name / "report.html")
    assert page.title() == name
    assert page.locator("h1").inner_text() == name


@pytest.mark.slow
@in_browser
def test_the_table_of_songs_sorts_and_links(results, open_page):
    page = open_page(results / "index.html")
    names = page.locator("tbody a")
    assert sorted(names.all_inner_texts()) == sorted(["Año & co", EVIL + "script>"])
    page.get_by_role("button", name="song").click()
    first = names.first.inner_text()
    page.get_by_role("button", name="song").click()
    assert names.first.inner_text() != first
    assert page.locator("th").first.get_attribute("aria-sort") == "descending"
    names.first.click()
    page.wait_for_url("**/report.html")
    assert page.locator("h1").inner_text() in ("Año & co", EVIL + "script>")


def test_no_address_is_in_the_pages(results):
    for path in results.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "http:" not in text
        assert "https:" not in text
        assert "Content-Security-Policy" in text


def test_the_report_card_is_in_results_json_too(results):
    facts = json.loads((results / "Año & co" / "results.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in facts["report_card"]}
    assert rows["SI-SDR"]["extraction"] == pytest.approx(facts["si_sdr_db"]["extraction"])
    assert rows["SDR"]["reading"] == "left out by --quick"


def test_long_sounds_are_small():
    song = demo_song(60.0, RATE).mixture.mean(1)
    name, data = embedded_sound(0.9 * song / np.abs(song).max(), RATE)
    assert name == "MP3"
    # Five of them, base64, 3:30 long, stay under 20 MB.
    assert 5 * len(data) * 210 / 60 < 17e6


def test_matched_sounds_are_equally_loud_and_do_not_clip():
    rng = np.random.default_rng(3)
    loud, quiet = 0.3 * rng.standard_normal((2, RATE)).clip(-3, 3)
    sounds = [loud, 0.2 * quiet, 1e-5 * loud]
    gains = matched_gains(sounds)
    levels = [gain * np.std(sound) for gain, sound in zip(gains, sounds, strict=True)]
    assert levels[0] == pytest.approx(levels[1], rel=0.01)
    assert max(gain * np.abs(s).max() for gain, s in zip(gains, sounds, strict=True)) <= 1 + 1e-9
    # What is left of a null test that worked stays quiet.
    assert levels[2] < 0.01 * levels[0]


@pytest.mark.parametrize(
    "duration_s", [0.3, 4.7, 59.9, 60, 95, 400, 3599, 3600, 6000, 19_799, 19_800, 36_000, 400_000]
)
def test_the_time_axis_of_any_length_is_labelled_with_the_time(duration_s):
    times = _times(duration_s)
    assert 1 <= len(times) <= MOST_LABELS
    assert len(times) >= 4 or duration_s < 1
    for label, place in times.items():
        if label.endswith(" s"):
            seconds = float(label.removesuffix(" s"))
        else:
            parts = [int(part) for part in label.split(":")]
            assert all(0 <= part < 60 for part in parts[1:])
            seconds = sum(60**power * part for power, part in enumerate(reversed(parts)))
        assert seconds == pytest.approx(place * duration_s)
        assert 0 <= place < 1


def test_the_time_axis_says_hours_as_people_do():
    assert list(_times(4))[1] == "0.5 s"
    assert list(_times(150))[:4] == ["0:00", "0:20", "0:40", "1:00"]
    assert list(_times(7200))[:3] == ["0:00:00", "0:30:00", "1:00:00"]
    assert list(_times(100_000))[:3] == ["0:00:00", "3:00:00", "6:00:00"]


def test_whatever_is_put_into_a_page_is_escaped():
    assert PAGES.from_string("{{ name }}").render(name="<b>&") == "&lt;b&gt;&amp;"
