"""Pictures: a value is drawn where it is, and moments have the names that people give them."""

import base64
import subprocess
import sys
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image

from vocal_separation_sanity_check import report
from vocal_separation_sanity_check.report import loss_figure
from vocal_separation_sanity_check.report.page_media import embedded_picture
from vocal_separation_sanity_check.sound.times import MOST_LABELS, step_s, time_label, told_duration


@pytest.mark.parametrize("psm", [4e-18, 2e-6, 0.0])
def test_the_loss_of_an_ideal_mask_is_drawn_where_it_is(psm):
    loss = np.array([0.5, 1e-3, 2e-11])
    losses = {"irm1": 3e-3, "irm2": 2e-3, "psm": psm}
    axes = loss_figure(SimpleNamespace(loss=loss, loss_of_ideal=losses, source="vocal")).axes[0]
    lines = {line.get_label(): line.get_ydata() for line in axes.lines}
    (name,) = [name for name in lines if "PSM" in name]
    low, high = axes.get_ylim()
    if psm:
        assert set(lines[name]) == {psm}
        assert low < psm < high
    else:
        assert len(lines[name]) == 0
        assert name.endswith(": 0")
    assert low < 2e-11 < 0.5 < high


@pytest.mark.parametrize(
    "duration_s", [0.3, 4.7, 59.9, 60, 95, 400, 3599, 3600, 6000, 19_799, 19_800, 36_000, 400_000]
)
def test_the_time_axis_of_any_length_is_labelled_with_the_time(duration_s):
    moments = np.arange(0, duration_s, step_s(duration_s))
    assert 4 <= len(moments) <= MOST_LABELS
    for moment_s in moments:
        label = time_label(moment_s, duration_s)
        assert label.endswith(" s") == (duration_s < 60)
        parts = [float(part) for part in label.removesuffix(" s").split(":")]
        assert all(0 <= part < 60 for part in parts[1:])
        told_s = sum(60**power * part for power, part in enumerate(reversed(parts)))
        assert told_s == pytest.approx(moment_s)


def test_moments_may_have_a_fraction():
    told = [time_label(moment_s, 200, 2) for moment_s in (17.8, 59.996, 179.99, 0)]
    assert told == ["0:17.80", "1:00.00", "2:59.99", "0:00.00"]
    assert time_label(3725.25, 4000, 1) == "1:02:05.2"
    assert time_label(17.85, 20, 2) == "17.85 s"


def test_lengths_are_minutes_from_a_minute_on():
    told = [told_duration(length_s) for length_s in (4.7, 59.94, 60, 209.4, 3600, 7384)]
    assert told == ["4.7 s", "59.9 s", "1:00 min", "3:29 min", "1:00:00 h", "2:03:04 h"]


@pytest.mark.parametrize("colours", ["magma", "cividis"])
def test_the_pages_colours_are_those_of_the_pictures(colours):
    every_level = np.arange(256)[None] / 255
    uri = embedded_picture(every_level, 0, 1, colours)
    picture = Image.open(BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")
    wanted = colormaps[colours](np.arange(256), bytes=True)[:, :3]
    np.testing.assert_array_equal(np.asarray(picture)[0], wanted)


def test_what_draws_loads_nothing_that_computes():
    """It is loaded in a second process while the first loads the rest: not twice."""
    code = f"""if True:
        import sys
        from {report.__name__} import load_drawing
        load_drawing()
        print(*sorted({{"matplotlib", "numba", "scipy", "jinja2"}} & set(sys.modules)))"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == [
        "matplotlib"
    ]
