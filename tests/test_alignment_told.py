"""What a user is told of an alignment: sentences, alignment.json, the picture."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from alignments import RATE_HZ, SONG_S, alignment_of, bent, straight
from numpy.testing import assert_allclose

from vocal_separation_sanity_check.alignment import Rival, Segment, Timeline
from vocal_separation_sanity_check.alignment.null_depth import BandNull, NullTest
from vocal_separation_sanity_check.prepare.alignment_figure import alignment_figure
from vocal_separation_sanity_check.prepare.alignment_file import alignment_text
from vocal_separation_sanity_check.prepare.alignment_sentences import sentences
from vocal_separation_sanity_check.prepare.timeline_facts import shows_above_hz, uncertainty_ms
from vocal_separation_sanity_check.prepare.wander_kind import told_wander

EVEN = Timeline((straight(0, SONG_S),))
EDIT = Timeline((straight(0, 4), bent(4, 9, -8.0), bent(11, 16, 3.25), bent(16, 20, -20.0)))
RIVALS = (Rival(12345.6784, 12.34), Rival(-500.0, 0.0))


def told(alignment, placed_by="found", source="vocal"):
    return sentences(alignment, source, RATE_HZ, placed_by)


def facts(alignment, placed_by="found"):
    return json.loads(alignment_text(alignment, RATE_HZ, placed_by))


def with_error(timeline, error_ms):
    """Every segment known to that standard error."""
    return Timeline(
        tuple(
            replace(
                segment,
                uncertainty_at_samples=np.array([0.0, 1000.0]),
                uncertainty_samples=np.full(2, error_ms * 1e-3 * RATE_HZ),
            )
            for segment in timeline.segments
        )
    )


def test_a_reference_in_place_and_one_that_was_corrected():
    assert told(alignment_of(EVEN)) == [
        "The acapella lines up with the song as it is.",
        "Subtracting it now removes 10.0 dB from 150 Hz to 8 kHz (as it came: 1.0 dB louder;"
        " confidence 0.98).",
    ]
    late = Timeline((straight(0, SONG_S, -1.5, 80),))
    assert told(alignment_of(late, polarity=-1), source="music")[0] == (
        "The instrumental started 1.500 s late, ran 80 ppm fast and was inverted: corrected."
    )


@pytest.mark.parametrize("source", ["vocal", "music"])
def test_a_correction_that_removes_less_is_not_praised(source):
    late = Timeline((straight(0, SONG_S, -1.5),))
    lines = told(alignment_of(late, after_db=-3.0), source=source)
    assert not any("corrected" in line or "now removes" in line for line in lines)
    assert "helps less than before: it makes the song 3.0 dB louder" in lines[1]
    assert "--no-align" in lines[1]


@pytest.mark.parametrize(("speed", "turn_s"), [("33 1/3", 1.8), ("45", 1.3333), ("78", 0.7692)])
@pytest.mark.parametrize("off", [0.95, 1.0, 1.05])
@pytest.mark.parametrize("duration_s", [7, 200])
def test_a_records_speed_is_named(speed, turn_s, off, duration_s):
    segment = bent(0, duration_s, turn_s=off * turn_s, swing=0.7e-3)
    assert told_wander(segment, RATE_HZ) == f"swung like a record at {speed} rpm (0.07 %)"


@pytest.mark.parametrize("turn_s", [0.25, 1.0, 1.55, 2.2, 30.0])
def test_other_speeds_are_no_records(turn_s):
    assert told_wander(bent(0, 60, turn_s=turn_s), RATE_HZ).startswith("wandered like tape")


def test_tape_is_told_by_how_far_it_goes():
    rng = np.random.default_rng(0)
    path_s = np.cumsum(np.cumsum(rng.normal(size=600))) * 1e-7
    at_samples = np.linspace(0, 60 * RATE_HZ, 600)
    clock = replace(bent(0, 1).clock, wander_at_samples=at_samples, wander_samples=path_s * RATE_HZ)
    line = np.polynomial.Polynomial.fit(at_samples, path_s, 1)(at_samples)
    text = told_wander(Segment(0, 60 * RATE_HZ, clock), RATE_HZ)
    (by_ms,) = re.fullmatch(r"wandered like tape \(by (.+) ms\)", text).groups()
    assert float(by_ms) == pytest.approx(1e3 * np.ptp(path_s - line), rel=0.1)


def test_uncertainty_is_told_where_it_shows():
    sure, unsure = (alignment_of(with_error(EVEN, error_ms)) for error_ms in (0.005, 0.02))
    assert not any("is known to" in line for line in told(sure))
    assert told(unsure)[-1] == (
        "Its place is known to 0.02 ms: above 4 kHz what is left of the vocal may be audible."
    )
    assert facts(sure)["shows_above_hz"] is None
    assert facts(unsure)["shows_above_hz"] == pytest.approx(0.5 / (2 * np.pi * 20e-6))
    assert facts(unsure)["uncertainty_ms"] == pytest.approx(0.02)


def test_what_is_not_known_of_the_uncertainty_is_no_number():
    assert uncertainty_ms(EVEN, RATE_HZ) is None
    assert shows_above_hz(None, RATE_HZ) is None
    assert shows_above_hz(0.0, RATE_HZ) is None
    assert uncertainty_ms(with_error(EVEN, np.inf), RATE_HZ) is None
    found = facts(alignment_of(with_error(EVEN, np.nan)))
    assert found["uncertainty_ms"] is None
    assert found["segments"][0]["uncertainty_ms"] == []


def test_another_edit_is_told_by_its_stretches():
    lines = told(alignment_of(EDIT, left_out_s=((5.0, 7.5),)))
    assert lines[0].startswith("The acapella is another edit: 3 of its 4 stretches were moved.")
    assert "swung like a record at 33 1/3 rpm (0.10 %)" in lines[0]
    rows = lines[1:5]
    assert rows[1] == "     4.00 to     9.00 s of the song:    12.00 s of the acapella on"
    assert len({len(row) for row in rows}) == 1, "columns are aligned"
    assert lines[5:7] == [
        "The song has none of it from 9.00 to 11.00 s.",
        "Left out of the acapella: what sounds from 5.00 to 7.50 s.",
    ]
    assert "removes 10.0 dB" in lines[7]
    in_place = Timeline((bent(0, 4), straight(7, 20, 0.004)))
    assert told(alignment_of(in_place))[0].startswith(
        "The acapella is another edit, in 2 stretches."
    )
    one = Timeline((bent(0, 4), straight(7, 20, 0.4)))
    assert "edit: 1 of its 2 stretches was moved." in told(alignment_of(one))[0]
    moved = Timeline(EDIT.segments[1:3])
    assert "another edit: 2 stretches were moved." in told(alignment_of(moved))[0]


def test_many_stretches_are_summed_up():
    many = Timeline(tuple(straight(second, second + 1, second) for second in range(0, 20, 2)))
    lines = told(alignment_of(many))
    assert lines[1] == "All 10 stretches are in alignment.json."
    assert "and in 2 more stretches (alignment.json)" in lines[2]
    assert not any("of the song:" in line for line in lines)


def test_rivals_are_offered_with_their_flags():
    lines = told(alignment_of(EVEN, rivals=RIVALS))
    assert lines[-4:] == [
        "3 places explain the song as well. The first was taken; to choose another:",
        "  --offset-ms 0.000 --drift-ppm 0.0",
        "  --offset-ms 12345.678 --drift-ppm 12.3",
        "  --offset-ms -500.000 --drift-ppm 0.0",
    ]
    many = told(alignment_of(EVEN, rivals=6 * RIVALS))
    assert many[-1] == "  and 5 more in alignment.json"
    left = told(alignment_of(EVEN, rivals=RIVALS, is_confident=False, confidence=0.4), "none")
    assert left == [
        "The acapella was not lined up (confidence 0.40): 2 places explain the song equally well. "
        "It was left as it came; to choose one:",
        "  --offset-ms 12345.678 --drift-ppm 12.3",
        "  --offset-ms -500.000 --drift-ppm 0.0",
    ]


def test_a_refused_pair_gets_no_figure_but_what_to_try():
    refused = alignment_of(EVEN, is_confident=False, confidence=0.1, reason="It is of no use.")
    lines = told(refused, "none")
    assert lines[:2] == ["The acapella was not lined up (confidence 0.10):", "It is of no use."]
    assert not any("dB" in line for line in lines)
    assert all(flag in lines[2] for flag in ("--offset-ms", "--start", "the same song"))


def test_what_the_user_placed_is_not_given_a_confidence():
    placed = alignment_of(EDIT, is_confident=False, confidence=0.1, reason="It is of no use.")
    lines = told(placed, "user")
    assert lines[0] == "The acapella was moved as you asked."
    assert "of the song:" in lines[1]
    assert not any("confidence" in line or "of no use" in line for line in lines)
    assert [segment["confidence"] for segment in facts(placed, "user")["segments"]] == 4 * [None]


def test_the_file_tells_all_of_an_edit():
    found = facts(alignment_of(EDIT, left_out_s=((5.0, 7.5),), rivals=RIVALS))
    assert found["placed_by"] == "found"
    assert_allclose(found["silent"], [[9, 11]])
    assert found["left_out"] == [[5.0, 7.5]]
    assert found["rivals"][0] == {"offset_ms": 12345.6784, "drift_ppm": 12.34}
    second = found["segments"][1]
    assert (second["song_from_s"], second["song_to_s"]) == (4, 9)
    # The swing of a record moves either end by some tenths of a millisecond.
    assert second["reference_from_s"] == pytest.approx(12, abs=5e-4)
    assert second["reference_to_s"] == pytest.approx(17, abs=5e-4)
    assert second["offset_ms"] == -8000
    assert second["confidence"] == 0.98
    assert_allclose(np.array(second["uncertainty_ms"])[:, 1], 0.02)
    assert found["segments"][0]["wander"] == []


def test_the_file_tells_of_silence_at_either_end():
    middle = Timeline((straight(3, 15),))
    assert_allclose(facts(alignment_of(middle))["silent"], [[0, 3], [15, 20]])


def panels(timeline, *, is_placed=True, **changes):
    return alignment_figure(alignment_of(timeline, **changes), RATE_HZ, is_placed=is_placed).axes


def title_of(axes):
    """Title, wherever the style in use puts it."""
    return axes.get_title("center") or axes.get_title("left")


def test_the_picture_shows_a_swing_of_a_third_of_a_millisecond():
    """Drift of 5 ms and an offset of 8 s would leave it a pixel high."""
    offsets = panels(Timeline((bent(0, SONG_S, -8.0, 300.0),)))[0]
    low, high = offsets.get_ylim()
    curve = offsets.lines[0].get_ydata()
    assert np.ptp(curve) > 0.4 * (high - low)
    assert np.ptp(curve) == pytest.approx(2 * 1e-3 * 1800 / (2 * np.pi), rel=0.1)
    start_ms, drift_ppm = re.findall(r"(-?[\d.]+) (?:ms|ppm)", title_of(offsets))
    assert float(start_ms) == pytest.approx(-8000, abs=3)
    assert float(drift_ppm) == pytest.approx(300, rel=0.02)


def test_the_picture_of_an_even_clock_is_in_milliseconds_applied():
    offsets = panels(Timeline((straight(0, SONG_S, 0.0191),)))[0]
    assert_allclose(offsets.lines[0].get_ydata(), 19.1)
    assert np.ptp(offsets.get_ylim()) > 0.1


@pytest.mark.parametrize("is_placed", [True, False])
def test_what_no_one_can_hear_looks_even(is_placed):
    """Offsets of 0.0015 ms fill no picture, whether the reference was lined up or not."""
    found_ms = 0.0015 * np.sin(np.arange(0.25, SONG_S, 0.25))
    offsets = panels(EVEN, is_placed=is_placed, window_offsets_ms=found_ms)[0]
    assert np.ptp(found_ms) < 0.05 * np.ptp(offsets.get_ylim())


def test_bars_of_lining_up_are_drawn_where_it_changed_something():
    def bars(before_db, after_db):
        band = BandNull("band", 250, 500, before_db, after_db, 0.9, 1.0)
        axes = panels(EVEN, null=NullTest(band, (band, band)))[-2]
        return axes, [box.get_label() for box in axes.containers]

    assert bars(-1, 10)[1] == ["as it came", "lined up"]
    axes, names = bars(0.02, 0.03)
    assert names == ["as it came: lining up changed nothing"]
    low_db, high_db = axes.get_ylim()
    assert low_db <= -1
    assert high_db >= 1


def test_pictures_say_minutes_from_a_minute_on():
    for song_s, shown in ((SONG_S, ["0", "2", "4"]), (209, ["0:00", "0:20", "0:40"])):
        figure = alignment_figure(
            alignment_of(EVEN, aligned=np.zeros(song_s * RATE_HZ, np.float32)),
            RATE_HZ,
            is_placed=True,
        )
        axes = figure.axes[0]
        figure.draw_without_rendering()
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels[labels.index(shown[0]) :][:3] == shown
        assert axes.get_xlabel() == ("song (s)" if song_s < 60 else "song (min:s)")


def test_the_picture_of_an_edit_shows_stretches_and_gaps():
    edit, offsets, *_ = panels(EDIT, left_out_s=((5.0, 7.5),))
    thick = [line for line in edit.lines if line.get_linewidth() >= 4]
    assert_allclose([line.get_ydata()[0] for line in thick], [0, 12, 7.75, 36], atol=1e-3)
    assert len({line.get_color() for line in thick}) == 4
    assert len({line.get_linestyle() for line in offsets.lines}) == 4
    seconds = np.concatenate([line.get_xdata() for line in offsets.lines])
    assert not ((seconds > 9.01) & (seconds < 10.99)).any()
    assert all("(" in name for axes in (edit, offsets) for name in (axes.get_xlabel(),))


def test_the_uncertainty_is_a_band():
    (band,) = [
        area
        for area in panels(with_error(EVEN, 0.05))[0].collections
        if area.get_label() == "one standard error"
    ]
    heights = band.get_paths()[0].vertices[:, 1]
    assert np.ptp(heights) == pytest.approx(0.1)


def test_the_picture_of_a_refused_pair_supposes_no_place():
    (guess,) = panels(EVEN, is_placed=False, is_confident=False)
    assert "Not lined up" in title_of(guess)
    assert not guess.lines
