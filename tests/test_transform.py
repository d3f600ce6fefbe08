"""STFT and back."""

import librosa
import naive
import numpy as np
import pytest

from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.spectral.transform import istft, stft


def signal(n_samples):
    return np.random.default_rng(11).standard_normal(n_samples).astype(np.float32)


def test_it_is_the_definition():
    settings = Settings(n_fft=64, hop_length=32)
    sound = signal(300)
    np.testing.assert_allclose(stft(sound, settings), naive.stft(sound, 64, 32), atol=1e-4)


@pytest.mark.parametrize("hop_length", [1024, 512, 441])
def test_it_is_librosas(hop_length):
    sound = signal(103_635)
    ours = stft(sound, Settings(hop_length=hop_length))
    theirs = librosa.stft(sound, n_fft=2048, hop_length=hop_length)
    assert ours.shape[1] - theirs.shape[1] in (0, 1)
    np.testing.assert_allclose(ours[:, :-1], theirs[:, : ours.shape[1] - 1], atol=2e-3)


def test_the_clip_has_102_windows():
    assert stft(signal(round(4.7 * 22050)), Settings()).shape == (1025, 102)


@pytest.mark.parametrize("n_samples", [22_050, 30_000, 1024 * 30 - 1, 1024 * 30 + 511, 103_635])
@pytest.mark.parametrize("hop_length", [1024, 300])
def test_round_trip_is_exact_to_the_last_sample(n_samples, hop_length):
    settings = Settings(hop_length=hop_length)
    sound = signal(n_samples)
    back = istft(stft(sound, settings), n_samples, settings)
    assert back.shape == sound.shape
    np.testing.assert_allclose(back, sound, atol=2e-5)
