"""Null depths: what they say about pairs for which the answer is known."""

from dataclasses import astuple

import numpy as np
import pytest
from disturb import RATE_HZ, synthetic_song

from vocal_separation_sanity_check.alignment import null_depth
from vocal_separation_sanity_check.alignment.null_depth import null_test
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectral import stft
from vocal_separation_sanity_check.spectral.bands import BANDS_HZ


@pytest.fixture(scope="module")
def song():
    return synthetic_song(4.0)


def test_exact_stem_is_removed_and_inverted_one_is_doubled(song):
    vocal, music = song
    found = null_test(vocal + music, -vocal, vocal, RATE_HZ)
    assert found.overall.after_db > 6
    assert found.overall.before_db < -4
    assert found.overall.coherence > 0.8
    assert found.overall.in_phase_share == pytest.approx(1, abs=0.1)


def test_nothing_but_the_voice_nulls_completely(song):
    vocal, _ = song
    found = null_test(vocal, 0.5 * vocal, vocal, RATE_HZ)
    assert found.overall.after_db == pytest.approx(120)
    assert found.overall.before_db == pytest.approx(20 * np.log10(2), abs=0.01)
    assert found.overall.coherence == pytest.approx(1, abs=1e-5)


def test_half_the_level_in_error_leaves_a_quarter_of_the_energy(song):
    vocal, _ = song
    found = null_test(vocal, vocal, 1.1 * vocal, RATE_HZ)
    assert found.overall.after_db == pytest.approx(20, abs=0.05)
    assert found.overall.in_phase_share == pytest.approx(1 / 1.1, abs=1e-3)


def test_unrelated_voice_has_no_coherence(song):
    vocal, music = song
    stranger, _ = synthetic_song(4.0, seed=9)
    found = null_test(vocal + music, stranger, stranger, RATE_HZ)
    assert found.overall.coherence < 0.1
    assert found.overall.after_db < 0
    assert abs(found.overall.in_phase_share) < 0.3


def test_loud_music_elsewhere_does_not_hide_the_voice(song):
    vocal, music = song
    time = np.arange(len(vocal)) / RATE_HZ
    hum = (3 * np.sin(2 * np.pi * 60 * time)).astype(np.float32)
    quiet = null_test(vocal + music, vocal, vocal, RATE_HZ).overall.after_db
    loud = null_test(vocal + music + hum, vocal, vocal, RATE_HZ).overall.after_db
    assert loud == pytest.approx(quiet, abs=1.0)


def test_bands_cover_the_spectrum_and_silent_ones_say_nothing(song):
    vocal, music = song
    found = null_test(vocal + music, vocal, vocal, RATE_HZ)
    assert [band.name for band in found.bands] == list(BANDS_HZ)
    assert found.bands[-1].high_hz == RATE_HZ / 2
    time = np.arange(len(vocal)) / RATE_HZ
    tone = np.sin(2 * np.pi * 1000 * time).astype(np.float32) * np.hanning(len(time))
    only_mid = null_test(vocal + music, tone, tone.astype(np.float32), RATE_HZ)
    assert only_mid.bands[4].after_db == 0
    assert only_mid.bands[4].coherence == 0


def test_against_all_cells_at_once(song, monkeypatch):
    vocal, music = song
    mixture, aligned = vocal + music, np.roll(vocal, 1)
    found = null_test(mixture, vocal, aligned, RATE_HZ)
    monkeypatch.setattr(null_depth, "_AT_ONCE", 7)
    in_pieces = null_test(mixture, vocal, aligned, RATE_HZ)
    settings = Settings(n_fft=2048, hop_length=1024)
    spectra = [stft(signal, settings) for signal in (mixture, vocal, aligned)]
    for band, other in zip(found.bands, in_pieces.bands, strict=True):
        assert astuple(band) == pytest.approx(astuple(other), abs=1e-6)
        hz = np.arange(1025) * RATE_HZ / 2048
        rows = (hz >= BANDS_HZ[band.name][0]) & (hz < BANDS_HZ[band.name][1])
        mixed, _, lined_up = (spectrum[rows].ravel() for spectrum in spectra)
        loudest_first = np.argsort(-np.abs(lined_up))
        share = np.cumsum(np.abs(lined_up[loudest_first]) ** 2) / np.sum(np.abs(lined_up) ** 2)
        cells = loudest_first[: 1 + np.searchsorted(share, 0.95)]
        left = np.sum(np.abs(mixed - lined_up)[cells] ** 2)
        expected_db = 10 * np.log10(np.sum(np.abs(mixed[cells]) ** 2) / left)
        assert band.after_db == pytest.approx(expected_db, abs=0.01)
