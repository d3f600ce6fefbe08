"""Channels to one: the plain mean unless the samples say that this would lose the sound."""

import numpy as np
import pytest
import soundfile
import soxr

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound.mixdown import ChannelStatistics, Mixdown
from vocal_separation_sanity_check.sound.reading import read_mixdown, spooled_mixdown

RATE_HZ = 22050


def noise(n_channels, correlation=0.5, seed=0):
    """Channels of noise, any two with this correlation."""
    rng = np.random.default_rng(seed)
    covariance = np.full((n_channels, n_channels), correlation)
    np.fill_diagonal(covariance, 1)
    root = np.linalg.cholesky(covariance)
    return (0.1 * rng.normal(size=(RATE_HZ, n_channels)) @ root.T).astype(np.float32)


def mixed_down(sound):
    statistics = ChannelStatistics(sound.shape[1])
    statistics.add(sound)
    repair = statistics.repair()
    return Mixdown(repair.mono(sound), repair.faults)


@pytest.mark.parametrize("n_channels", [1, 2, 6])
def test_ordinary_sound_is_the_mean_bit_for_bit(n_channels):
    sound = noise(n_channels)
    found = mixed_down(sound)
    np.testing.assert_array_equal(found.samples, sound.mean(axis=1))
    assert found.faults == ()


@pytest.mark.parametrize("correlation", [-0.1, 0.0, 0.9])
def test_wide_stereo_is_the_mean(correlation):
    sound = noise(2, correlation)
    np.testing.assert_array_equal(mixed_down(sound).samples, sound.mean(axis=1))


@pytest.mark.parametrize("right_gain", [-1.0, -0.5])
@pytest.mark.parametrize("correlation", [0.3, 0.95])
def test_an_inverted_channel_is_turned_over(correlation, right_gain):
    sound = noise(2, correlation) * np.float32([1, right_gain])
    found = mixed_down(sound)
    np.testing.assert_allclose(found.samples, (sound[:, 0] - sound[:, 1]) / 2, atol=1e-7)
    assert found.faults == ("right channel is inverted: it was turned over",)


@pytest.mark.parametrize("correlation", [0.05, 0.1, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("sign", [-1, 1])
def test_three_quarters_are_kept_of_the_power_that_signs_can_keep(correlation, sign):
    sound = noise(2, correlation) * np.float32([1, sign])
    kept = np.square(mixed_down(sound).samples).mean()
    best = max(np.square(sound @ signs / 2).mean() for signs in ([1, 1], [1, -1]))
    assert kept >= 0.75 * best


def test_inverted_channels_among_six():
    sound = noise(6, 0.8)
    found = mixed_down(sound * np.float32([1, -1, 1, 1, -1, -1]))
    np.testing.assert_allclose(found.samples, sound.mean(axis=1), atol=1e-6)
    assert found.faults == ("channels 2, 5, 6 are inverted: they were turned over",)


@pytest.mark.parametrize(("empty", "other"), [("left", "right"), ("right", "left")])
def test_the_other_channel_of_an_empty_one(empty, other):
    sound = noise(2)
    sound[:, int(empty == "right")] *= 1e-3
    found = mixed_down(sound)
    np.testing.assert_array_equal(found.samples, sound[:, int(empty == "left")])
    assert found.faults == (f"{empty} channel is empty: the {other} one is used alone",)


def test_the_subwoofer_of_six_may_be_empty():
    sound = noise(6) * np.float32([1, 1, 1, 0, 1, 1])
    np.testing.assert_array_equal(mixed_down(sound).samples, sound.mean(axis=1))


@pytest.mark.parametrize("n_channels", [1, 2])
def test_an_offset_is_taken_off_and_told(n_channels):
    sound = noise(n_channels)
    found = mixed_down(sound + np.float32(0.5))
    wanted = (sound - sound.mean(axis=0)).mean(axis=1)
    np.testing.assert_allclose(found.samples, wanted, atol=1e-6)
    assert found.faults == ("waveform was off zero by +0.50: the offset was taken off",)


def test_a_small_offset_stays_bit_for_bit():
    sound = noise(2)
    sound += np.float32(0.08) * sound.std() - sound.mean(axis=0)
    np.testing.assert_array_equal(mixed_down(sound).samples, sound.mean(axis=1))


def test_a_few_samples_have_no_offset():
    sound = np.full((1, 2), 0.3, np.float32)
    assert mixed_down(sound).samples == sound[0, 0]


def test_opposite_offsets_do_not_look_like_an_inverted_channel():
    sound = noise(2, 0.95)
    found = mixed_down(sound + np.float32([0.5, -0.5]))
    np.testing.assert_allclose(found.samples, (sound - sound.mean(axis=0)).mean(axis=1), atol=1e-6)
    assert len(found.faults) == 1


def test_an_offset_and_nothing_else_is_an_empty_channel():
    sound = noise(2)
    sound[:, 1] = -0.5
    found = mixed_down(sound)
    np.testing.assert_array_equal(found.samples, sound[:, 0])
    assert [fault.split(":")[0] for fault in found.faults] == [
        "waveform was off zero by -0.50",
        "right channel is empty",
    ]


def test_an_offset_alone_is_silence(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full((RATE_HZ, 2), 0.5), RATE_HZ, subtype="FLOAT")
    with pytest.raises(InputError, match="holds only silence"):
        read_mixdown(tmp_path / "a.wav", RATE_HZ)


def test_an_offset_leaves_no_step_at_the_ends(tmp_path):
    # Resampled with its offset, the file would begin and end with a click.
    sound = noise(2)
    for name, offset in (("plain", 0.0), ("off", 0.5)):
        centred = sound - sound.mean(axis=0)
        soundfile.write(tmp_path / f"{name}.wav", centred + offset, 44100, subtype="FLOAT")
    plain, off = (
        read_mixdown(tmp_path / f"{name}.wav", RATE_HZ).samples for name in ("plain", "off")
    )
    np.testing.assert_allclose(off, plain, atol=1e-5)


@pytest.mark.parametrize("faulty", [False, True])
def test_on_the_disk_it_is_the_same(tmp_path, faulty):
    sound = np.tile(noise(2), (31, 1)) * np.float32([1, -1 if faulty else 1])
    soundfile.write(tmp_path / "a.wav", sound, 44_100, subtype="FLOAT")
    held = read_mixdown(tmp_path / "a.wav", RATE_HZ)
    spooled = spooled_mixdown(tmp_path / "a.wav", RATE_HZ, tmp_path)
    np.testing.assert_array_equal(held.samples, spooled.samples[: len(spooled.samples)])
    assert len(held.faults) == len(spooled.faults) == faulty
    # What is mixed down in pieces and resampled as a stream is what it is at once.
    plain = (sound * np.float32([1, -1 if faulty else 1])).mean(axis=1)
    np.testing.assert_array_equal(held.samples, soxr.resample(plain, 44_100, RATE_HZ, "VHQ"))
