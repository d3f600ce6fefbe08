"""The listening page in a real browser: it plays, switches, loops, fits, and asks nobody."""

import base64
import json
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from browsing import (
    clocks,
    gains_after_fading,
    heard,
    in_browser,
    lane_of,
    play_round,
    state,
    wait_until,
)

from vocal_separation_sanity_check.commands import prepare_audio_files, sanity_check_complete
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.report.lanes import Lane, common_gain, player
from vocal_separation_sanity_check.report.page_media import decoded, embedded_sound, in_base64
from vocal_separation_sanity_check.report.page_templates import PAGES
from vocal_separation_sanity_check.report.waveforms import (
    MOST_COLUMNS,
    peak_columns,
    waveform_path,
)

pytestmark = pytest.mark.compiled
RATE = 22050
DURATION_S = 4.7
N_SAMPLES = 103_635
EVIL = "<script>alert(1)<"


def check(workspace, *flags):
    arguments = ["--workspace", str(workspace), "--quick", *flags]
    return sanity_check_complete(arguments=arguments)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Results of two songs, one of which is called like an attack."""
    workspace = tmp_path_factory.mktemp("pages")
    song = demo_song(5.0, 44_100)
    folder = workspace / "process" / "100-window"
    folder.mkdir(parents=True)
    # A slash cannot be in a file's name, so the closing tag has none.
    for name in ("Año & co", EVIL + "script>"):
        soundfile.write(folder / f"{name}_100-full.wav", song.mixture, 44_100, "PCM_24")
        soundfile.write(folder / f"{name}_100-stem.wav", song.vocal, 44_100, "PCM_24")
    assert prepare_audio_files(arguments=["--workspace", str(workspace)]) == 0
    assert check(workspace, "--full-quality") == 0
    return workspace / "output"


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
    assert lengths == [N_SAMPLES] * 6


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
    assert loop == pytest.approx([0.2 * DURATION_S, 0.3 * DURATION_S], abs=0.01)
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
    assert state(page, "state.loop") == pytest.approx([1, DURATION_S], abs=0.05)


@pytest.fixture
def song_page(results, open_page):
    return open_page(results / "Año & co" / "report.html", accept_downloads=True)


@pytest.mark.slow
@in_browser
def test_vocal_and_music_added_are_the_mixture(song_page):
    page = song_page
    play_round(page)
    mixture = heard(page)
    assert mixture.std() > 0.01
    for vocal, music in (
        ("Rebuilt vocal", "Subtracted music"),
        ("Extracted vocal", "Extracted music"),
    ):
        lane_of(page, vocal).locator(".choose").click()
        lane_of(page, music).get_by_label("Add").check()
        both = heard(page)
        assert np.count_nonzero(gains_after_fading(page) > 0.01) == 2
        np.testing.assert_allclose(both, mixture, atol=2**-12)


@pytest.mark.slow
@in_browser
def test_no_sum_clips_and_all_lanes_have_one_gain(song_page):
    page = song_page
    play_round(page)
    for box in page.locator(".lane .add:enabled").all():
        box.check()
    gains = gains_after_fading(page)
    assert gains.min() == pytest.approx(gains.max())
    assert 0.5 < np.abs(heard(page)).max() <= 1


@pytest.mark.slow
@in_browser
def test_lanes_have_mute_and_volume(song_page):
    page = song_page
    play_round(page)
    alone = gains_after_fading(page)[0]
    lane_of(page, "Mixture").get_by_label("Volume of Mixture").fill("0.25")
    assert gains_after_fading(page)[0] == pytest.approx(0.25 * alone, rel=0.01)
    lane_of(page, "Target vocal").get_by_label("Add").check()
    page.get_by_role("button", name="Mute Mixture").click()
    gains = gains_after_fading(page)
    assert gains[0] == pytest.approx(0, abs=1e-3)
    assert gains[1] == pytest.approx(alone, rel=0.01)
    page.keyboard.press("m")
    assert gains_after_fading(page)[0] == pytest.approx(0.25 * alone, rel=0.01)


@pytest.mark.slow
@in_browser
def test_what_is_downloaded_is_the_lane(results, song_page, tmp_path):
    with song_page.expect_download() as download:
        song_page.get_by_role("link", name="Download Rebuilt vocal").click()
    assert download.value.suggested_filename == "rebuilt_vocal.flac"
    download.value.save_as(tmp_path / "downloaded.flac")
    samples, rate = soundfile.read(tmp_path / "downloaded.flac")
    written, _ = soundfile.read(results / "Año & co" / "rebuilt_vocal.wav")
    assert rate == RATE
    np.testing.assert_allclose(samples, written, atol=1.5 * 2**-15)


@pytest.mark.slow
@in_browser
def test_full_quality_is_told_played_and_downloaded(results, song_page):
    page = song_page
    assert page.get_by_text("stereo, 44100 Hz").is_visible()
    page.get_by_label("Full quality").check()
    assert lane_of(page, "Mixture").locator(".choose").is_disabled()
    page.keyboard.press("Space")
    wait_until(page, "state.place > 0.3")
    files = state(page, "sound.all.map((player) => decodeURIComponent(player.src))")
    names = [path.rsplit("/", 1)[-1] for path in files]
    kinds = ("rebuilt_vocal", "subtracted_music", "vocal", "music")
    assert names == [f"full_quality_{kind}.wav" for kind in kinds]
    lane_of(page, "Subtracted music").get_by_label("Add").check()
    volumes = state(page, "sound.players.map((player) => player && player.volume)")
    assert volumes[:2] == [None, None]
    assert volumes[2] == volumes[3] > 0.2
    assert volumes[4:] == [0, 0]
    link = page.get_by_role("link", name="Download Rebuilt vocal")
    assert link.get_attribute("href") == "full_quality_rebuilt_vocal.wav"
    assert soundfile.info(results / "Año & co" / "full_quality_rebuilt_vocal.wav").channels == 2
    with page.expect_popup() as opened:
        link.click()
    assert opened.value.url.endswith("/full_quality_rebuilt_vocal.wav")
    place = state(page, "state.place")
    page.get_by_label("Full quality").uncheck()
    wait_until(page, f"state.place > {place} + 0.1")
    wait_until(page, "sound.buffers && sound.buffers.length === 6")


@pytest.mark.slow
@in_browser
def test_files_beside_the_page_play_together(song_page):
    page = song_page
    page.keyboard.press("[")
    page.get_by_label("Full quality").check()
    page.keyboard.press("Space")
    wait_until(page, "state.place > 0.5")
    # Chromium starts them 20 ms apart.
    first = "window.listening.sound.all[0].currentTime"
    apart = f"sound.all.every((player) => Math.abs(player.currentTime - {first}) < 0.005)"
    wait_until(page, apart)


@pytest.mark.slow
@in_browser
def test_pictures_zoom_in_time_and_stay_with_the_place(song_page):
    page = song_page
    view, strip = (page.locator(part).first for part in (".view", ".strip"))
    wide, shown = view.bounding_box(), page.locator(".times span")
    page.get_by_label("Position in the song").fill("2.35")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Zoom in").click()
    page.keyboard.press("+")
    assert strip.bounding_box()["width"] == pytest.approx(4 * wide["width"], rel=0.01)
    labels = [float(text.removesuffix(" s")) for text in shown.all_inner_texts()]
    assert labels[0] == pytest.approx(2.35 - DURATION_S / 8, abs=0.2)
    assert labels[-1] == pytest.approx(2.35 + DURATION_S / 8, abs=0.2)
    # A click in the middle of the picture is the middle of what it shows.
    page.mouse.click(wide["x"] + wide["width"] / 2, wide["y"] + 20)
    assert state(page, "state.place") == pytest.approx(2.35, abs=0.02)
    page.locator("body").press("Home")
    assert page.locator(".cursor").first.bounding_box()["x"] == pytest.approx(wide["x"], abs=2)
    page.keyboard.press("-")
    page.get_by_role("button", name="Zoom out").click()
    assert strip.bounding_box()["width"] == pytest.approx(wide["width"])
    assert page.get_by_role("button", name="Zoom out").is_disabled()


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
    chunks = [(0.9 * song / np.abs(song).max())[:, None]]
    name, data = embedded_sound(chunks, len(song), 1, RATE)
    assert name == "MP3"
    # Five of them, in base64, 3:30 long, stay under 20 MB.
    assert 5 * len(in_base64(data)) * 210 / 60 < 17e6


def test_a_loud_master_does_not_clip_as_mp3_either(capfd):
    noise = np.tanh(np.random.default_rng(0).normal(0, 2, (46 * RATE, 1)))
    lane = Lane("a", "a", RATE, len(noise), 1, lambda: iter([noise]), np.ones((320, 9), "f4"))
    made = player([lane, replace(lane, title="b")], RATE / 2)
    assert made["encoding"] == "MP3"
    contents = [base64.b64decode(each["data"]) for each in made["lanes"]]
    heard = sum(np.concatenate(list(decoded(content))) for content in contents)
    gain = made["data"]["sets"][0]["gain"]
    assert np.abs(heard).max() > 2 * np.abs(noise).max()  # MP3 goes beyond what it was made of
    assert 0.9 < gain * np.abs(heard).max() <= 1
    assert capfd.readouterr().err == ""  # the decoder is talkative


def test_a_waveform_is_the_extremes_of_each_column():
    sound = np.random.default_rng(1).uniform(-1, 1, (10_007, 2))
    found = peak_columns(iter(np.split(sound, [1, 4097, 4098])), len(sound))
    edges = -(-np.arange(MOST_COLUMNS + 1) * len(sound) // MOST_COLUMNS)
    parts = [sound[a:b] for a, b in pairwise(edges)]
    expected = [[part.min() for part in parts], [part.max() for part in parts]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert peak_columns(iter([sound[:5]]), 5).shape == (2, 5)


def test_the_path_of_a_waveform_goes_there_and_back():
    path = waveform_path(np.array([[-0.5, 0, -1], [0.5, 0, 0.25]], "f4"), 1.0)
    assert path == "M0 -50l1 49l1 -24L2 100l-1 -100l-1 50z"


def test_no_sum_of_sounds_clips_with_the_common_gain():
    rng = np.random.default_rng(3)
    sounds = [rng.uniform(-1, 1, (n, 1)) for n in (3000, 3000, 2500)]
    gain = common_gain([iter(np.split(sound, [700, 1100])) for sound in sounds])
    padded = [np.pad(sound[:, 0], (0, 3000 - len(sound))) for sound in sounds]
    sums = [np.dot(chosen, padded) for chosen in np.ndindex(2, 2, 2)]
    assert gain * max(np.abs(total).max() for total in sums) == pytest.approx(0.999)
    assert common_gain([iter([0.4 * sounds[0]])]) == 1


def label_seconds(label):
    if label.endswith(" s"):
        return float(label.removesuffix(" s"))
    parts = [float(part) for part in label.split(":")]
    assert all(0 <= part < 60 for part in parts[1:])
    return sum(60**power * part for power, part in enumerate(reversed(parts)))


@pytest.mark.slow
@in_browser
def test_the_time_axis_of_any_stretch_of_any_song_is_labelled_with_the_time(song_page):
    lengths = (0.3, 4.7, 59.9, 60, 95, 400, 3599, 3600, 6000, 19_799, 19_800, 36_000, 400_000)
    for duration_s in lengths:
        for begin_s, shown_s in ((0, duration_s), (duration_s / 3, duration_s / 8)):
            ticks = song_page.evaluate(
                f"(page.duration = {duration_s}, ticks({begin_s}, {begin_s + shown_s}))"
            )
            assert 2 <= len(ticks) <= 11
            for second, label in ticks:
                assert label_seconds(label) == pytest.approx(second, abs=1e-6 + 0.5 * (second % 1))
                assert begin_s - 1e-6 <= second < begin_s + shown_s
                assert (":" in label) == (duration_s >= 60)


@pytest.mark.slow
@in_browser
def test_the_time_axis_says_hours_as_people_do(song_page):
    def labels(duration_s, begin_s=0, end_s=None):
        command = f"(page.duration = {duration_s}, ticks({begin_s}, {end_s or duration_s}))"
        return [label for _, label in song_page.evaluate(command)]

    assert labels(4)[1] == "0.5 s"
    assert labels(150)[:4] == ["0:00", "0:20", "0:40", "1:00"]
    assert labels(150, 75, 79)[:3] == ["1:15.0", "1:15.5", "1:16.0"]
    assert labels(7200)[:3] == ["0:00:00", "0:30:00", "1:00:00"]
    assert labels(100_000)[:3] == ["0:00:00", "3:00:00", "6:00:00"]


def test_whatever_is_put_into_a_page_is_escaped():
    assert PAGES.from_string("{{ name }}").render(name="<b>&") == "&lt;b&gt;&amp;"
