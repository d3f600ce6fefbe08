"""Frames added up where they lie."""

import numpy as np
import pytest
import scipy.signal

from vocal_separation_sanity_check.spectral.overlap_add import OverlapAdd, hann

WINDOW = hann(64).astype(np.float32)


def test_the_window_is_the_periodic_one_and_shifted_copies_sum_to_a_constant():
    np.testing.assert_allclose(hann(64), scipy.signal.windows.hann(64, sym=False), atol=1e-15)
    np.testing.assert_allclose(hann(64)[:32] + hann(64)[32:], 1, atol=1e-15)


def naive_overlap_add(frames, starts, n_samples):
    total, weight = np.zeros((n_samples, frames.shape[1])), np.zeros(n_samples)
    for frame, start in zip(frames, starts, strict=True):
        for k in range(len(WINDOW)):
            if 0 <= start + k < n_samples:
                total[start + k] += WINDOW[k] * frame[:, k]
                weight[start + k] += WINDOW[k] ** 2
    return (total / np.maximum(weight, 1e-6)[:, None]).T


@pytest.mark.parametrize("cut", [1, 3, 100])
def test_frames_at_uneven_places_in_parts_are_the_plain_sum(cut):
    rng = np.random.default_rng(24)
    starts = np.cumsum(rng.integers(10, 33, 20)) - 60
    frames = rng.standard_normal((20, 2, 64)).astype(np.float32)
    n_samples = int(starts[-1]) + 40
    total = OverlapAdd(n_samples, WINDOW, n_channels=2)
    parts = []
    for first in range(0, 20, cut):
        following = starts[first + cut : first + cut + 1]
        next_start = int(following[0]) if len(following) else None
        parts.append(
            total.add(frames[first : first + cut], starts[first : first + cut], next_start)
        )
    found = np.concatenate(parts, axis=1)
    assert found.shape == (2, n_samples)
    np.testing.assert_allclose(found, naive_overlap_add(frames, starts, n_samples), atol=1e-4)


def test_a_sound_cut_into_windowed_frames_comes_back():
    sound = np.random.default_rng(24).standard_normal(500).astype(np.float32)
    starts = np.arange(-32, 500, 32)
    padded = np.pad(sound, (32, 96))
    frames = np.stack([padded[b + 32 : b + 96] * WINDOW for b in starts])
    np.testing.assert_allclose(OverlapAdd(500, WINDOW).add(frames, starts, None), sound, atol=1e-5)
