"""Two files that sum to one, in every encoding."""

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.sound.encodings import BITS, split_samples, wav_subtype


def test_what_wav_has_is_kept_and_what_a_decoder_computes_is_float():
    assert [wav_subtype(name) for name in ("PCM_16", "PCM_24", "FLOAT", "DOUBLE")] == [
        "PCM_16",
        "PCM_24",
        "FLOAT",
        "DOUBLE",
    ]
    assert wav_subtype("PCM_S8") == "PCM_U8"
    assert {wav_subtype(name) for name in ("MPEG_LAYER_III", "VORBIS", "ALAW")} == {"FLOAT"}


@pytest.mark.parametrize("subtype", BITS)
def test_integers_sum_exactly_and_neither_part_clips(tmp_path, subtype):
    rng = np.random.default_rng(22)
    shift = 32 - BITS[subtype]
    given = rng.integers(-(2**31), 2**31, (5000, 2)).astype(np.int32) >> shift << shift
    given[:2] = np.array([[-(2**31)] * 2, [(2**31 - 1) >> shift << shift] * 2])
    extracted = rng.uniform(-1.5, 1.5, given.shape).astype(np.float32)
    stored = []
    for number, part in enumerate(split_samples(given / 2.0**31, extracted, subtype)):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, part, 22_050, subtype=subtype)
        stored.append(soundfile.read(path, dtype="int32")[0].astype(np.int64))
    np.testing.assert_array_equal(stored[0] + stored[1], given)
    assert np.abs(stored[0][2:] / 2.0**31 - np.clip(extracted[2:], -1, 1)).max() <= 1.0


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_are_not_rounded_and_may_go_beyond_full_scale(subtype):
    rng = np.random.default_rng(22)
    mixture = rng.uniform(-3, 3, (500, 1)).astype(np.float32).astype(np.float64)
    extracted = rng.uniform(-3, 3, (500, 1)).astype(np.float32)
    vocal, music = split_samples(mixture, extracted, subtype)
    np.testing.assert_array_equal(vocal, extracted)
    np.testing.assert_array_equal(vocal + music, mixture)


def test_stems_that_would_clip_still_sum():
    mixture = np.array([[0.75], [-1.0], [0.25]])
    vocals, music = split_samples(mixture, np.float32([[-1.5], [0.7], [0.1]]), "PCM_16")
    np.testing.assert_array_equal(vocals + music, mixture)
    assert max(np.abs(vocals).max(), np.abs(music).max()) <= 1
    np.testing.assert_array_equal(vocals * 32768, np.round(vocals * 32768))
