"""Alignments made by hand, to test what is told of them."""

import numpy as np

from vocal_separation_sanity_check.alignment import Alignment, Clock, Segment, Timeline
from vocal_separation_sanity_check.alignment.channel import Channel
from vocal_separation_sanity_check.alignment.null_depth import BandNull, NullTest

RATE_HZ = 22050
SONG_S = 20


def straight(begin_s, end_s, offset_s=0.0, drift_ppm=0.0):
    """A segment whose clock runs evenly."""
    clock = Clock(offset_s * RATE_HZ, drift_ppm)
    return Segment(begin_s * RATE_HZ, end_s * RATE_HZ, clock, 0.98)


def bent(begin_s, end_s, offset_s=0.0, drift_ppm=0.0, turn_s=1.8, swing=1e-3, knots_s=0.046):
    """A segment from a record player whose speed swings once a turn."""
    at_s = np.arange(begin_s, end_s, knots_s)
    delay_s = swing * turn_s / (2 * np.pi) * np.sin(2 * np.pi * at_s / turn_s)
    clock = Clock(offset_s * RATE_HZ, drift_ppm, at_s * RATE_HZ, delay_s * RATE_HZ)
    errors = np.full(len(at_s), 0.02e-3 * RATE_HZ)
    return Segment(begin_s * RATE_HZ, end_s * RATE_HZ, clock, 0.98, at_s * RATE_HZ, errors)


def alignment_of(timeline: Timeline, *, after_db=10.0, **changes) -> Alignment:
    """What lining up gives, with a null test of -1 dB before."""
    clock = timeline.segments[0].clock
    times_s = np.arange(0.25, SONG_S, 0.25)
    band = BandNull("vocal band", 150.0, 8000.0, -1.0, after_db, 0.9, 1.0)
    found = {
        "aligned": np.zeros(SONG_S * RATE_HZ, np.float32),
        "offset_samples": clock.start_samples,
        "offset_ms": clock.start_samples / RATE_HZ * 1e3,
        "drift_ppm": clock.drift_ppm,
        "polarity": 1,
        "gain_db": 0.0,
        "confidence": 0.98,
        "is_confident": True,
        "reason": "",
        "timeline": timeline,
        "window_times_s": times_s,
        "window_offsets_ms": timeline.delay(times_s * RATE_HZ) / RATE_HZ * 1e3,
        "window_weights": np.ones(len(times_s)),
        "rivals": (),
        "left_out_s": (),
        "channel": Channel(np.array([0]), np.ones((1, 1)), 0),
        "null": NullTest(band, (band,)),
    }
    return Alignment(**(found | changes))
