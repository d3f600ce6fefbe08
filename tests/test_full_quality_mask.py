"""The mask at a song's own rate: each channel, the whole band, references that lack some of it."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.fft

from vocal_separation_sanity_check.check import full_quality_mask
from vocal_separation_sanity_check.check.original_pair import OriginalPair
from vocal_separation_sanity_check.scoring.distortion_ratios import si_sdr_db
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.sound import ChannelStatistics
from vocal_separation_sanity_check.spectral import ideal_extraction

RATE_HZ = 44_100
WINDOWS = Settings(sample_rate_hz=RATE_HZ, n_fft=4096, hop_length=2048)
TARGETS = {"0": "phase-sensitive"}


def bursts(seed, n_channels=2, n_samples=120_000):
    """Noise of a colour of its own in every tenth of a second, float32 (n_channels, n_samples)."""
    rng = np.random.default_rng(seed)
    out = np.zeros((n_channels, n_samples))
    for begin in range(0, n_samples, 4410):
        part = out[:, begin : begin + 4410]
        colour = rng.exponential(size=(n_channels, 2206)) ** 2
        spectrum = colour * np.exp(2j * np.pi * rng.random((n_channels, 2206)))
        part[:] = scipy.fft.irfft(spectrum, 4410)[:, : part.shape[1]]
    return (0.1 * out / out.std()).astype(np.float32)


def extracted(song, reference, targets=TARGETS, reference_rate_hz=RATE_HZ, *, is_one_signal=False):
    """What is taken of a song, both (n_channels, n_samples)."""
    info = SimpleNamespace(sample_rate_hz=RATE_HZ)
    stretch = SimpleNamespace(info=info, n_samples=song.shape[1])
    pair = OriginalPair(
        None, stretch, tuple(song), tuple(reference), is_one_signal, reference_rate_hz
    )
    parts = list(full_quality_mask.masked_parts(pair, targets, Settings()))
    return np.concatenate(parts).T


def band(sound, low_hz, high_hz):
    spectrum = scipy.fft.rfft(sound)
    frequency_hz = scipy.fft.rfftfreq(sound.shape[-1], 1 / RATE_HZ)
    spectrum[..., (frequency_hz < low_hz) | (frequency_hz >= high_hz)] = 0
    return scipy.fft.irfft(spectrum, sound.shape[-1])


def test_side_and_highs_come_out_as_the_middle_does():
    voice, music = bursts(1), bursts(2)
    voice[1] += voice[0]
    found = extracted(voice + music, voice)
    mid, side = (
        si_sdr_db(found[0] + sign * found[1], voice[0] + sign * voice[1]) for sign in (1, -1)
    )
    high = si_sdr_db(band(found[0], 12_000, 20_000), band(voice[0], 12_000, 20_000))
    low = si_sdr_db(band(found[0], 100, 8000), band(voice[0], 100, 8000))
    assert min(mid, side) > 5
    assert abs(high - low) < 1


@pytest.mark.parametrize("n_channels", [1, 3])
def test_other_than_two_channels_have_the_ideal_mask_each(n_channels):
    voice, music = bursts(1, n_channels), bursts(2, n_channels)
    found = extracted(voice + music, voice)
    for channel in range(n_channels):
        alone = ideal_extraction(voice[channel], (voice + music)[channel], WINDOWS)
        np.testing.assert_allclose(found[channel], alone, atol=1e-5)


def test_one_signal_for_both_channels_is_masked_as_the_middle_wherever_it_stands():
    voice, music = bursts(1, 1), bursts(2)
    song = voice + music
    found = extracted(song, np.repeat(voice, 2, axis=0), is_one_signal=True)
    middle = ideal_extraction(voice[0], song.mean(axis=0), WINDOWS)
    np.testing.assert_allclose(found.mean(axis=0), middle, atol=1e-5)
    assert found[0].std() > 0.9 * middle.std()
    turned = np.array([[1], [-1]], np.float32)
    again = extracted(turned * song, turned * voice, is_one_signal=True)
    np.testing.assert_allclose(again, turned * found, atol=1e-5)


def test_above_what_the_reference_holds_the_share_of_the_octave_below_is_kept():
    voice, music = bursts(1), bursts(2)
    voice[:, :60_000] = 0
    low = band(voice, 0, 9900).astype(np.float32)
    found = band(extracted(voice + music, low, reference_rate_hz=22_050), 11_000, 20_000)
    assert np.abs(found[:, 4096:55_000]).max() < 1e-3
    share = found[:, 65_000:].std() / band(voice + music, 11_000, 20_000)[:, 65_000:].std()
    assert 0.2 < share < 0.8
    nothing = band(extracted(voice + music, low), 11_000, 20_000)
    assert nothing.std() < 0.01 * found.std()


def test_bands_whose_waveform_is_not_in_the_song_are_matched_by_magnitude():
    voice, music = bursts(1, 1), bursts(2, 1)
    song = voice + music
    same, inverted = (
        extracted(song, sign * voice, {"0": "phase-sensitive", "4000": "magnitude"})
        for sign in (1, -1)
    )
    above, below = (6000, 20_000), (0, 3000)
    inner = (slice(None), slice(4096, -4096))
    np.testing.assert_allclose(band(inverted, *above)[inner], band(same, *above)[inner], atol=1e-4)
    assert si_sdr_db(band(same, *below)[0], band(voice, *below)[0]) > 5
    assert si_sdr_db(band(inverted, *below)[0], band(voice, *below)[0]) < 0


def test_nothing_depends_on_how_many_windows_are_worked_on_at_once(monkeypatch):
    voice, music = bursts(1), bursts(2)
    whole = extracted(voice + music, voice)
    monkeypatch.setattr(full_quality_mask, "WINDOWS_AT_ONCE", 7)
    np.testing.assert_allclose(extracted(voice + music, voice), whole, atol=1e-6)


@pytest.mark.parametrize(
    ("side", "expected"), [(0.0, True), (0.005, True), (0.05, False), (1.0, False)]
)
def test_mono_in_a_file_for_stereo_is_one_signal(side, expected):
    one, other = bursts(3)
    statistics = ChannelStatistics(2)
    for part in (slice(0, 5000), slice(5000, None)):
        statistics.add(np.stack([one + side * other, one - side * other], axis=1)[part])
    assert statistics.is_one_signal is expected
