"""An alignment.json that is read back: the same place, what a person changed, what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from alignments import RATE_HZ, alignment_of, bent, straight

from vocal_separation_sanity_check.alignment import Clock, Segment, Timeline
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.alignment_file import alignment_text
from vocal_separation_sanity_check.prepare.thinned_wander import thinned_wander
from vocal_separation_sanity_check.prepare.timeline_file import check_within, read_timeline

EDIT = Timeline(
    (
        straight(0, 4, offset_s=421 / RATE_HZ),
        bent(4, 9, offset_s=-8.0, drift_ppm=300.0),
        bent(11, 20, offset_s=3.25, drift_ppm=-41.5, turn_s=0.77),
    )
)


def written(tmp_path, timeline, **changes):
    path = tmp_path / "edited.json"
    alignment = replace(alignment_of(timeline), **changes)
    path.write_text(alignment_text(alignment, RATE_HZ, "found"), encoding="utf-8")
    return path


def edited(tmp_path, change):
    """The file of `EDIT`, changed as a person would."""
    path = written(tmp_path, EDIT)
    facts = json.loads(path.read_text(encoding="utf-8"))
    change(facts)
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


def test_unchanged_it_gives_the_same_place(tmp_path):
    given = read_timeline(written(tmp_path, EDIT, polarity=-1), RATE_HZ)
    assert given.polarity == -1
    assert [(s.begin, s.end) for s in given.timeline.segments] == [
        (s.begin, s.end) for s in EDIT.segments
    ]
    samples = np.arange(0, 20 * RATE_HZ, 7.0)
    is_there = np.isfinite(EDIT.delay(samples))
    np.testing.assert_array_equal(is_there, np.isfinite(given.timeline.delay(samples)))
    off_ms = (given.timeline.delay(samples) - EDIT.delay(samples))[is_there] / RATE_HZ * 1e3
    assert np.abs(off_ms).max() < 0.001


@pytest.mark.parametrize("shift", [-100_003, -7, 0, 1, 421, 4_000_001])
def test_a_whole_shift_stays_one(tmp_path, shift):
    timeline = Timeline((Segment(0, 20 * RATE_HZ, Clock(float(shift))),))
    clock = read_timeline(written(tmp_path, timeline), RATE_HZ).timeline.segments[0].clock
    assert clock.is_whole_shift
    assert clock.offset_samples == shift


def test_a_clock_known_in_the_middle_only_is_kept_to_the_ends(tmp_path):
    """Beyond its knots a clock goes on straight, which a thinned one must not miss."""
    at_samples = np.arange(8 * RATE_HZ, 12 * RATE_HZ, 512.0)
    clock = Clock(5.0, 20.0, at_samples, 6 * np.sin(at_samples / 6000))
    timeline = Timeline((Segment(0, 60 * RATE_HZ, clock),))
    given = read_timeline(written(tmp_path, timeline), RATE_HZ).timeline
    samples = np.arange(0, 60 * RATE_HZ, 11.0)
    off_ms = (given.delay(samples) - timeline.delay(samples)) / RATE_HZ * 1e3
    assert np.abs(off_ms).max() < 0.001


def test_a_wander_is_thinned(tmp_path):
    segment = bent(0, 20, knots_s=0.005)
    at_samples, _ = thinned_wander(segment, RATE_HZ)
    assert 20 < len(at_samples) < len(segment.clock.wander_at_samples) / 8
    lines = written(tmp_path, EDIT).read_text(encoding="utf-8").splitlines()
    assert len(lines) < 100, "a list of numbers takes one line"


def test_a_person_moves_cuts_and_segments(tmp_path):
    def change(facts):
        del facts["segments"][2]
        facts["segments"][0]["song_to_s"] = 3.5
        facts["segments"][1] |= {"song_from_s": 3.5, "offset_ms": -7990.0}
        facts["segments"][1]["reference_from_s"] = "for information only"

    segments = read_timeline(edited(tmp_path, change), RATE_HZ).timeline.segments
    assert [(s.begin / RATE_HZ, s.end / RATE_HZ) for s in segments] == [(0, 3.5), (3.5, 9)]
    assert segments[1].clock.offset_samples == pytest.approx(-7.99 * RATE_HZ)


def segment_with(**values):
    return lambda facts: facts["segments"][1].update(values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda facts: facts.pop("segments"), "no list of segments"),
        (lambda facts: facts.update(segments={}), "no list of segments"),
        (lambda facts: facts.update(segments=[]), "0 segments, wanted 1 to 1000"),
        (lambda facts: facts["segments"].extend(1000 * [{}]), "1003 segments"),
        (lambda facts: facts["segments"].append("x"), "segment 4 of edited.json is 'x'"),
        (lambda facts: facts.pop("polarity"), "polarity in edited.json is missing, wanted 1"),
        (lambda facts: facts.update(polarity=0), "polarity in edited.json is 0"),
        (lambda facts: facts.update(polarity=True), "polarity in edited.json is True"),
        (lambda facts: facts["segments"][1].pop("wander"), "segment 2 of .* has no wander; copy"),
        (lambda facts: facts["segments"].reverse(), "begins at 4.000 s, before segment 1 ends"),
        (segment_with(song_from_s=3.0), "segment 2 .* begins at 3.000 s, before segment 1 ends"),
        (segment_with(song_to_s=4.0), "to 4 s of the song, wanted it to end after"),
        (segment_with(song_from_s=-1), "song_from_s in segment 2 of edited.json is -1, wanted"),
        (segment_with(song_to_s=1e9), "song_to_s .* is 1000000000.0, wanted a number, 0 to"),
        (segment_with(offset_ms="12"), "offset_ms in segment 2 .* is '12', wanted a number"),
        (segment_with(offset_ms=float("nan")), "offset_ms .* is nan"),
        (segment_with(offset_ms=10**400), "offset_ms .* is 1000"),
        (segment_with(drift_ppm=None), "drift_ppm .* is missing, wanted a number"),
        (segment_with(drift_ppm=-1e6), "drift_ppm .* wanted a number, -100000 to 100000"),
        (segment_with(wander=3), "wander .* is 3, wanted a list"),
        (segment_with(wander=[[0, 0]] * 200_001), "200001 points"),
        (segment_with(wander=[0, 1]), "wander .* holds 0, wanted pairs"),
        (segment_with(wander=[[0, 1, 2]]), "wanted pairs"),
        (segment_with(wander=[[0, float("inf")], [1, 0]]), "wander .* is inf"),
        (segment_with(wander=[[0, 1]]), "wanted two or more"),
        (segment_with(wander=[[1, 0], [1, 1]]), "each later than the one before"),
        (segment_with(wander=[[0, 0], [1, 700]]), "changes by 0.7 s a second, wanted under 0.5"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        read_timeline(edited(tmp_path, change), RATE_HZ)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON .*; is a comma or a bracket missing"),
        (b"[]", "no list of segments"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b" " * 50_000_001, "50 MB, wanted at most 50"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, content, message):
    path = tmp_path / "edited.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_timeline(path, RATE_HZ)


def test_no_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.json"):
        with pytest.raises(InputError, match="cannot read"):
            read_timeline(path, RATE_HZ)


def test_an_editors_mark_in_front_does_no_harm(tmp_path):
    path = written(tmp_path, EDIT)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_timeline(path, RATE_HZ).timeline.segments) == 3


def test_it_may_not_go_on_beyond_the_song():
    check_within(EDIT, 20 * RATE_HZ, RATE_HZ)
    with pytest.raises(InputError, match=r"ends at 20.000 s, wanted at most .* 19.500 s"):
        check_within(EDIT, round(19.5 * RATE_HZ), RATE_HZ)
