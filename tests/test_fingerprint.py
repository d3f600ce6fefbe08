"""The fingerprint and its match."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from vocal_separation_sanity_check import (
    METRICS,
    SLICES,
    InputError,
    fingerprint,
    match,
)
from vocal_separation_sanity_check.fingerprints import is_compiled


def magnitude(n_windows, n_bins=1025):
    return np.random.default_rng(5).random((n_bins, n_windows)).astype(np.float32)


@pytest.mark.compiled
@pytest.mark.parametrize(("n_windows", "n_points"), [(100, 765_000), (102, 780_300)])
def test_number_of_points(n_windows, n_points):
    found = fingerprint(magnitude(n_windows))
    assert found.n_points == n_points
    assert found.values.shape == (n_points // 425, 425)
    assert len(METRICS) == 425


@pytest.mark.compiled
def test_is_compiled_tells_whether_an_earlier_run_has_kept_the_kernels(tmp_path):
    fingerprint(magnitude(2, 65))
    assert is_compiled()
    question = "from vocal_separation_sanity_check.fingerprints import is_compiled as kept\n"
    answer = subprocess.run(
        [sys.executable, "-c", question + "print(kept())"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "False\n"


def test_rows_are_labelled():
    found = fingerprint(magnitude(5, 257))
    assert found.values.shape[0] == 17 * 5 + 2 * 2 == len(found.slice_number) == len(found.window)
    for which in SLICES:
        rows = found.values[found.slice_number == which.number]
        np.testing.assert_array_equal(rows, found.of(which))
    np.testing.assert_array_equal(found.linear_profiles[3], found.of(SLICES[3])[:, :400])


def test_windows_do_not_depend_on_windows_two_away():
    whole = fingerprint(magnitude(6, 257)).linear_profiles
    part = fingerprint(magnitude(6, 257)[:, :4]).linear_profiles
    np.testing.assert_array_equal(whole[:, :3], part[:, :3])


def test_match_of_equal_is_one_and_of_silence_is_zero():
    sound = magnitude(4, 257)
    own = fingerprint(sound)
    assert match(own, own).overall == 1
    none = match(fingerprint(np.zeros_like(sound)), own)
    assert none.overall == pytest.approx(0, abs=1e-12)
    assert list(none.by_family) == [
        "profile", "band energies", "shape", "harmonic", "formant", "dynamics"
    ]  # fmt: skip
    assert len(none.by_slice) == 19


def test_match_falls_with_distance():
    sound = magnitude(4, 257)
    other = np.random.default_rng(6).random(sound.shape).astype(np.float32)
    own = fingerprint(sound)
    near, far = (match(fingerprint(sound + share * other), own).overall for share in (0.1, 1.0))
    assert 1 > near > far


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.zeros(5, np.float32), "wanted \\(n_bins, n_windows\\)"),
        (np.zeros((1025, 1), np.float32), "2 windows"),
        (np.full((1025, 3), -1, np.float32), "negative"),
        (np.full((1025, 3), np.nan, np.float32), "NaN"),
        (np.ones((1025, 3), np.complex64), "magnitudes"),
    ],
)
def test_what_is_no_magnitude_is_refused(bad, words):
    with pytest.raises(InputError, match=words):
        fingerprint(bad)


def test_fingerprints_of_two_lengths_are_refused():
    with pytest.raises(InputError, match="one length"):
        match(fingerprint(magnitude(3, 257)), fingerprint(magnitude(4, 257)))


def test_a_fingerprint_is_frozen():
    with pytest.raises(AttributeError):
        fingerprint(magnitude(3, 257)).n_bins = 3
    assert replace(fingerprint(magnitude(3, 257)), bin_hz=1.0).bin_hz == 1
