"""The page of a song that `separate.py` took apart, in a real browser."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from browsing import gains_after_fading, heard, in_browser, lane_of, play_round, state, wait_until
from song_sets import RATE_HZ, random_network, save_network, stems_of

from unet.commands import separate_vocals
from vocal_separation_sanity_check.report import lanes

pytestmark = pytest.mark.slow
RATE = 44_100


def separated(workspace, song, *flags):
    model = save_network(workspace / "m.safetensors", random_network("tdf"), "tdf")
    arguments = ["--workspace", str(workspace), "--device", "cpu", "--model", str(model)]
    assert separate_vocals(None, [*arguments, str(song), *flags]) == 0
    return workspace / "separated" / song.stem


@pytest.fixture(scope="module")
def stems(tmp_path_factory):
    """Stems and page of a song beyond full scale, whose name is markup."""
    workspace = tmp_path_factory.mktemp("stems")
    song = workspace / "<b>Tom & 'Ed'.wav"
    sound = sum(stems_of(3, 3 * RATE / RATE_HZ).values())
    soundfile.write(song, 1.5 * sound / np.abs(sound).max(), RATE, "FLOAT")
    return separated(workspace, song, "--page")


@in_browser
def test_song_vocals_and_music_play_in_stereo_and_add_up(stems, open_page):
    page = open_page(stems / "listen.html")
    assert page.title() == page.locator("h1").inner_text() == "<b>Tom & 'Ed'"
    assert page.get_by_text("3.0 s, stereo, 44100 Hz").is_visible()
    assert page.locator(".choose").all_inner_texts() == ["1 Mixture", "2 Vocals", "3 Music"]
    play_round(page)
    assert state(page, "sound.buffers.map((buffer) => buffer.numberOfChannels)") == [2, 2, 2]
    mixture = heard(page)
    page.keyboard.press("2")
    lane_of(page, "Music").get_by_label("Add").check()
    np.testing.assert_allclose(heard(page), mixture, atol=2**-13)
    lane_of(page, "Mixture").get_by_label("Add").check()
    gains = gains_after_fading(page)
    assert gains.min() == pytest.approx(gains.max())
    assert 0.5 < np.abs(heard(page)).max() <= 1


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_every_control_has_a_name(stems, open_page, scheme):
    page = open_page(
        stems / "listen.html", viewport={"width": 375, "height": 800}, color_scheme=scheme
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("img, svg, button, input, section, a")].filter(
            (e) => !(e.alt || e.ariaLabel || e.textContent.trim() || e.labels?.length)
        ).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []


@in_browser
@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_long_songs_play_the_files_beside_at_one_gain(tmp_path, open_page, monkeypatch, kind):
    monkeypatch.setattr(lanes, "EMBEDDED_S", 2.0)
    sound = sum(stems_of(3, 3 * RATE / RATE_HZ).values())
    soundfile.write(tmp_path / "a.wav", 0.9 * sound / np.abs(sound).max(), RATE)
    folder = separated(tmp_path, tmp_path / "a.wav", "--page", "--format", kind)
    page = open_page(folder / "listen.html")
    assert page.locator(".choose").all_inner_texts() == ["1 Vocals", "2 Music"]
    page.keyboard.press("Space")
    wait_until(page, "state.place > 0.2")
    lane_of(page, "Music").get_by_label("Add").check()
    volumes = state(page, "sound.players.map((player) => player.volume)")
    assert volumes[0] == volumes[1] > 0.3
    lane_of(page, "Music").get_by_label("Volume of Music").fill("0.5")
    assert state(page, "sound.players[1].volume") == pytest.approx(volumes[0] / 2)
    assert page.get_by_role("link", name="Download Music").get_attribute("href") == f"music.{kind}"
    peaks = sum(
        np.abs(soundfile.read(folder / f"{stem}.{kind}")[0]) for stem in ("vocals", "music")
    )
    assert volumes[0] * peaks.max() <= 1


@pytest.mark.parametrize("rate", [96_000, 37_800])
def test_odd_rates_and_six_channels_are_embedded_so_that_browsers_play_them(tmp_path, rate):
    sound = np.repeat(sum(stems_of(3, 1.0).values())[:, :1], 6, axis=1)
    soundfile.write(tmp_path / "a.wav", 0.9 * sound / np.abs(sound).max(), rate)
    page = (separated(tmp_path, tmp_path / "a.wav", "--page") / "listen.html").read_text()
    found = re.findall(r'id="sound-\d">(.*?)</script>', page, re.DOTALL)
    for data in found:
        held = soundfile.info(io.BytesIO(base64.b64decode(data)))
        assert held.channels == 1
        assert held.samplerate == (48_000 if rate > 48_000 else 44_100)
        assert held.duration == pytest.approx(len(sound) / rate, abs=1e-3)
    assert len(found) == 3
