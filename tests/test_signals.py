"""Signals and files in pieces."""

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check import InputError
from vocal_separation_sanity_check.check.npz_stream import writing_npz
from vocal_separation_sanity_check.sound import signals
from vocal_separation_sanity_check.sound.mono_files import SoundFileSignal, open_mono
from vocal_separation_sanity_check.sound.signals import (
    Clipped,
    Difference,
    Scaled,
    peak_of,
    pieces,
)
from vocal_separation_sanity_check.sound.spool import Spool
from vocal_separation_sanity_check.sound.writing import writing_wav

RATE = 22050


@pytest.fixture
def noise():
    return np.random.default_rng(21).uniform(-1, 1, 50_000).astype(np.float32)


def test_sums_of_signals_are_those_of_arrays(noise, monkeypatch):
    other = noise[::-1].copy()
    signal = Clipped(Difference(Scaled(noise, -2.0), other))
    wanted = np.clip(-2 * noise - other, -1, 1)
    np.testing.assert_array_equal(signal[700:900], wanted[700:900])
    monkeypatch.setattr(signals, "PIECE", 777)
    np.testing.assert_array_equal(np.concatenate(list(pieces(signal))), wanted)
    assert peak_of(Scaled(noise, 3)) == pytest.approx(3 * np.abs(noise).max())
    noise[40_000] = np.nan
    assert np.isnan(peak_of(noise))


def test_a_spool_gives_back_what_it_got_and_leaves_nothing(tmp_path, noise):
    rows = noise.reshape(-1, 5)
    spool = Spool(tmp_path, 5)
    for part in (rows[:3000], rows[3000:7000], rows[7000:]):
        spool.append(part)
    assert len(spool) == len(rows)
    np.testing.assert_array_equal(spool.rows(2990, 3010), rows[2990:3010])
    np.testing.assert_array_equal(spool[:], noise)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write to"):
        Spool(tmp_path / "file", 1)


def test_mono_wav_is_read_in_pieces_and_anything_else_whole(tmp_path, noise):
    plain, other = tmp_path / "a.wav", tmp_path / "b.wav"
    soundfile.write(plain, noise, RATE, subtype="FLOAT")
    soundfile.write(other, np.stack([noise, noise], 1), RATE, subtype="FLOAT")
    assert isinstance(open_mono(plain, RATE), SoundFileSignal)
    np.testing.assert_array_equal(open_mono(plain, RATE)[100:200], noise[100:200])
    assert isinstance(open_mono(other, RATE), np.ndarray)
    np.testing.assert_array_equal(open_mono(other, RATE)[100:200], noise[100:200])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path, _: path.write_bytes(path.read_bytes()[:9000]), "cut off"),
        (lambda path, x: soundfile.write(path, x * np.nan, RATE, subtype="FLOAT"), "NaN"),
        (lambda path, x: soundfile.write(path, 0 * x, RATE), "only silence"),
        (lambda path, _: path.write_bytes(b""), "empty"),
        (lambda path, x: soundfile.write(path, x[:0], RATE), "no sound"),
    ],
)
def test_a_bad_file_is_refused_as_if_it_were_read_whole(tmp_path, noise, spoil, words):
    path = tmp_path / "a.wav"
    soundfile.write(path, noise, RATE)
    spoil(path, noise)
    with pytest.raises(InputError, match=words):
        open_mono(path, RATE)


def test_a_wav_file_in_pieces_is_the_one_written_at_once(tmp_path, noise):
    stereo = np.stack([noise, -noise], 1)
    soundfile.write(tmp_path / "a.wav", stereo, 48_000, subtype="PCM_24")
    with writing_wav(tmp_path / "b.wav", 48_000, 2, "PCM_24", len(noise)) as write:
        write(stereo[:999])
        write(stereo[999:])
    one, other = (soundfile.read(tmp_path / name)[0] for name in ("a.wav", "b.wav"))
    np.testing.assert_array_equal(one, other)


def test_what_is_too_long_for_wav_becomes_rf64(tmp_path, noise):
    with writing_wav(tmp_path / "a.wav", RATE, 1, "PCM_24", 1 << 30) as write:
        write(noise)
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.format, info.frames) == ("RF64", len(noise))


def test_a_matrix_in_pieces_is_what_numpy_loads(tmp_path, noise):
    matrix = noise.reshape(50, 1000)
    with writing_npz(tmp_path / "m.npz", "mask", 50, 1000, {"rate": 7}) as write:
        write(matrix[:, :300].T)
        write(matrix[:, 300:].T)
    with np.load(tmp_path / "m.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["mask"], matrix)
        assert stored["rate"] == 7
