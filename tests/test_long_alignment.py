"""Aligning what does not fit into memory: read in pieces, followed a stretch at a time."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from vocal_separation_sanity_check.alignment import align, align_signals
from vocal_separation_sanity_check.alignment.correlation import local_lags
from vocal_separation_sanity_check.sound import pieces, signals

pytestmark = pytest.mark.slow

RATE_HZ = 2000
DURATION_S = 300
"""Two stretches."""


class Watched:
    """A signal that remembers how much of it was asked for at most."""

    def __init__(self, samples):
        self.samples, self.longest = samples, 0

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, part):
        read = self.samples[part]
        self.longest = max(self.longest, len(read))
        return read


def voice(n_samples):
    """Phrases of noise, with nothing near half the rate."""
    rng = np.random.default_rng(4)
    phrases = np.repeat(rng.uniform(size=n_samples // RATE_HZ + 2) > 0.4, RATE_HZ)[:n_samples]
    noise = sosfiltfilt(butter(6, [0.1, 0.7], "band", output="sos"), rng.normal(size=n_samples))
    return (0.2 * noise * phrases).astype(np.float32)


def drifting(samples, depth_samples, swings_hz):
    """What a slow tape makes of it, and the delay that brings each moment back."""
    at = np.arange(len(samples), dtype=float)
    late = depth_samples * np.sin(2 * np.pi * swings_hz * at / RATE_HZ)
    dense = np.fft.irfft(np.fft.rfft(samples), 8 * len(samples)) * 8
    return np.interp(8 * (at + late), np.arange(len(dense)), dense).astype(np.float32), late


def test_no_more_than_a_stretch_is_ever_read(monkeypatch):
    monkeypatch.setattr(signals, "PIECE", 1 << 15)
    own = voice(DURATION_S * RATE_HZ)
    tape, late = drifting(own, 3.0, 0.02)
    mixture = own + 0.05 * np.random.default_rng(0).normal(size=len(own)).astype(np.float32)
    watched, kept = (Watched(mixture), Watched(tape)), []

    def keep(signal):
        kept.append(Watched(np.concatenate(list(pieces(signal)))))
        return kept[-1]

    found = align_signals(*watched, RATE_HZ, keep=keep)
    assert found.is_confident
    assert max(one.longest for one in (*watched, *kept)) < 180 * RATE_HZ
    # The curve runs on where one stretch hands over to the next.
    at = np.arange(5 * RATE_HZ, len(own) - 5 * RATE_HZ, RATE_HZ, dtype=float)
    error = found.timeline.delay(at) - late[at.astype(int)]
    assert np.percentile(np.abs(error), 95) < 0.2
    assert np.abs(found.aligned.samples - own).std() < 0.1 * own.std()


def test_a_long_song_on_an_even_clock_keeps_its_samples():
    own = voice(260 * RATE_HZ)
    mixture = own + 0.05 * np.random.default_rng(0).normal(size=len(own)).astype(np.float32)
    aligned = align(mixture, own[700:], RATE_HZ).aligned
    np.testing.assert_array_equal(aligned[700:], own[700:])


def test_windows_that_lie_apart_say_what_they_say_among_others():
    own = voice(40 * RATE_HZ)
    mixture = np.roll(own, 3) + 0.02 * np.random.default_rng(0).normal(size=len(own))
    near, apart = (
        local_lags(mixture.astype(np.float32), own, RATE_HZ, 1.0, hop_s, 0.02)
        for hop_s in (0.25, 2.5)
    )
    same = np.isin(near.times_s, apart.times_s)
    assert same.sum() == len(apart.times_s) > 5
    np.testing.assert_allclose(near.correlations[same], apart.correlations, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(near.per_gain[same], apart.per_gain, rtol=1e-6)
