"""Targets, masks, scores, and the separation as a whole."""

from pathlib import Path

import naive
import numpy as np
import pytest
import soundfile
import soxr

from vocal_separation_sanity_check import InputError, Settings, separate
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.scoring.distortion_ratios import si_sdr_db
from vocal_separation_sanity_check.separation import COHERENT
from vocal_separation_sanity_check.separation.cross_power import (
    CrossPower,
    MagnitudeRatios,
)
from vocal_separation_sanity_check.spectral.masks import ideal_masks, reachable_target
from vocal_separation_sanity_check.spectral.transform import istft, stft

PAIRS = Path(__file__).resolve().parents[2] / "shared" / "data" / "pairs"
RATE = 22050


@pytest.fixture(scope="module")
def pair():
    """Mixture and vocal of the demo song, 2.5 s mono."""
    song = demo_song(2.5, RATE)
    return song.mixture.mean(1), song.vocal.mean(1)


@pytest.fixture(scope="module")
def spectra(pair):
    return tuple(stft(signal, Settings()) for signal in pair)


def test_si_sdr_is_the_plain_one_and_ignores_scale():
    rng = np.random.default_rng(12)
    reference, estimate = rng.standard_normal((2, 500))
    assert si_sdr_db(estimate, reference) == pytest.approx(naive.si_sdr_db(estimate, reference))
    assert si_sdr_db(3 * estimate, reference) == pytest.approx(si_sdr_db(estimate, reference))
    noise = rng.standard_normal(500)
    noise -= (noise @ reference) / (reference @ reference) * reference
    noise *= np.linalg.norm(reference) / np.linalg.norm(noise) / 10
    assert si_sdr_db(reference + noise, reference) == pytest.approx(20)
    with pytest.raises(InputError, match="silent"):
        si_sdr_db(estimate, np.zeros(500))
    with pytest.raises(InputError, match="one length"):
        si_sdr_db(estimate[1:], reference)


def test_ideal_masks_by_hand():
    mixture = np.array([[2 + 0j, 1j, 4 + 0j]], np.complex64)
    vocal = np.array([[1 + 0j, -1j, 5 + 0j]], np.complex64)
    masks = ideal_masks(vocal, mixture)
    np.testing.assert_allclose(masks["psm"], [[0.5, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(masks["irm1"], [[1 / 2, 1 / 3, 5 / 6]], atol=1e-6)
    np.testing.assert_allclose(masks["irm2"], [[1 / 2, 1 / 5, 25 / 26]], atol=1e-6)
    magnitude = reachable_target(vocal, mixture, "magnitude")
    np.testing.assert_allclose(magnitude, [[1, 1, 4]], atol=1e-6)


def test_level_and_coherence_of_the_reference(spectra):
    mixture, vocal = spectra
    gain, coherence = CrossPower.of(-4 * vocal, mixture).coherent_gain()
    assert gain == pytest.approx(-0.25, rel=0.05)
    assert coherence < -0.2
    shuffled = vocal[:, np.random.default_rng(13).permutation(vocal.shape[1])]
    assert abs(CrossPower.of(shuffled, mixture).coherent_gain()[1]) < 0.1
    ratios = MagnitudeRatios()
    ratios.add(4 * vocal, mixture)
    assert ratios.median_gain() == pytest.approx(0.25, rel=0.15)


def test_levels_of_parts_add_up_to_those_of_the_whole(spectra):
    mixture, vocal = spectra
    parts, whole = MagnitudeRatios(), MagnitudeRatios()
    whole.add(vocal, mixture)
    total = None
    for part in (slice(0, 20), slice(20, 31), slice(31, None)):
        own = CrossPower.of(vocal[:, part], mixture[:, part])
        total = own if total is None else total + own
        parts.add(vocal[:, part], mixture[:, part])
    assert parts.median_gain() == whole.median_gain()
    at_once = CrossPower.of(vocal, mixture)
    np.testing.assert_allclose(total.coherent_gain(), at_once.coherent_gain(), rtol=1e-6)
    assert total.targets(1.0, 22050 / 2048) == at_once.targets(1.0, 22050 / 2048)


@pytest.mark.slow
@pytest.mark.compiled
def test_the_extraction_reaches_the_ideal_mask_and_the_parts_sum_to_the_mixture(pair):
    mixture, vocal = pair
    result = separate(mixture, vocal)
    assert result.si_sdr_db["extraction"] > result.si_sdr_db["psm"] - 0.1
    assert result.si_sdr_db["psm"] > result.si_sdr_db["irm2"] > result.si_sdr_db["mixture"]
    np.testing.assert_allclose(result.vocal + result.music, mixture, atol=1e-6)
    assert len(result.vocal) == len(mixture)
    assert result.coherence > 0.1
    assert not result.is_inverted


@pytest.mark.slow
@pytest.mark.compiled
def test_level_and_polarity_of_the_file_do_not_matter(pair):
    mixture, vocal = pair
    plain, other = separate(mixture, vocal), separate(mixture, -0.1 * vocal)
    assert other.si_sdr_db["extraction"] == pytest.approx(plain.si_sdr_db["extraction"], abs=0.01)
    np.testing.assert_allclose(other.vocal, plain.vocal, atol=1e-3)
    assert other.is_inverted


@pytest.mark.compiled
def test_the_instrumental_in_place_of_the_vocal_is_the_same_job_mirrored(pair):
    mixture, vocal = pair
    result = separate(mixture, mixture - vocal, source="music")
    np.testing.assert_allclose(result.vocal + result.music, mixture, atol=1e-6)
    assert si_sdr_db(result.music, mixture - vocal) == pytest.approx(
        result.si_sdr_db["extraction"], abs=0.01
    )
    assert si_sdr_db(result.vocal, vocal) > 10


@pytest.mark.slow
@pytest.mark.compiled
def test_each_band_is_matched_by_what_its_phase_allows(pair):
    mixture, vocal = pair
    assert set(separate(mixture, vocal).target.values()) == {"phase-sensitive"}
    spectrum = stft(vocal, Settings())
    above = np.arange(1025) * 22050 / 2048 >= 2000
    turns = np.random.default_rng(16).random((above.sum(), spectrum.shape[1]))
    spectrum[above] *= np.exp(2j * np.pi * turns)
    other = istft(spectrum, len(vocal), Settings())
    result = separate(mixture, other)
    assert result.target["506"] == "phase-sensitive"
    assert result.target["2003"] == "magnitude"
    forced = separate(mixture, other, Settings(target="phase-sensitive"))
    assert si_sdr_db(result.vocal, vocal) > si_sdr_db(forced.vocal, vocal)


@pytest.mark.compiled
def test_a_vocal_of_another_song_is_told(pair):
    mixture, _ = pair
    noise = np.random.default_rng(14).standard_normal(len(mixture)).astype(np.float32)
    assert abs(separate(mixture, noise).coherence) < COHERENT


def test_bad_signals_are_refused(pair):
    mixture, vocal = pair
    with pytest.raises(InputError, match="common part"):
        separate(mixture, vocal[1:])
    with pytest.raises(InputError, match="only silence"):
        separate(mixture, 0 * vocal)
    with pytest.raises(InputError, match="NaN"):
        separate(mixture * np.nan, vocal)
    with pytest.raises(InputError, match="mono first"):
        separate(np.stack([mixture, mixture], 1), vocal)


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.skipif(not PAIRS.is_dir(), reason="the real pairs are not on this machine")
def test_eight_real_pairs_reach_the_ceiling():
    scores = []
    for full in sorted(PAIRS.glob("*_100-full.flac")):
        signals = []
        for path in (full, full.with_name(full.name.replace("-full", "-stem"))):
            samples, rate = soundfile.read(path, dtype="float32")
            signals.append(soxr.resample(samples.mean(1), rate, RATE, "VHQ")[: round(4.7 * RATE)])
        scores.append(separate(*signals).si_sdr_db)
    assert len(scores) == 8
    assert np.mean([s["extraction"] for s in scores]) > 12.9
    assert max(s["psm"] - s["extraction"] for s in scores) < 0.1
