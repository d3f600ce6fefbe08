"""A listening page in a real browser: what it plays, and what it shows."""

import shutil

import numpy as np
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


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


def lane_of(page, title):
    return page.get_by_role("region", name=title, exact=True)


def gains_after_fading(page):
    page.wait_for_timeout(150)
    return np.array(state(page, "sound.gains.map((gain) => gain.gain.value)"))


def heard(page):
    """What comes out of the loudspeaker: every lane times its gain."""
    gains = gains_after_fading(page)
    lanes = state(page, "sound.buffers.map((buffer) => Array.from(buffer.getChannelData(0)))")
    return gains @ np.array(lanes)


def play_round(page):
    """Play all of it again and again: gains stand still where nothing sounds."""
    page.keyboard.press("[")
    page.keyboard.press("Space")
    wait_until(page, "state.playing")
