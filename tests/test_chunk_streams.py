"""Streams of sound: opened in one way, held, resampled."""

import os
import shutil
import subprocess
import threading

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check import InputError
from vocal_separation_sanity_check.sound import (
    HeldChunks,
    opened,
    read_sound,
    resampled,
    sound_info,
)
from vocal_separation_sanity_check.sound.libsndfile import quiet_decoder

RATE = 44_100
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture
def noise():
    return 0.3 * np.random.default_rng(25).standard_normal((70_001, 2)).clip(-3, 3)


def test_held_chunks_give_what_is_asked_for_and_zeros_after_the_end():
    sound = np.arange(20.0).reshape(10, 2)
    held = HeldChunks(iter([sound[:3], sound[3:4], sound[4:]]))
    assert held.n_channels == 2
    np.testing.assert_array_equal(held.look(5), sound[:5])
    np.testing.assert_array_equal(held.take(2), sound[:2])
    np.testing.assert_array_equal(held.look(12), np.pad(sound[2:], ((0, 4), (0, 0))))
    np.testing.assert_array_equal(held.take(7), sound[2:9])
    np.testing.assert_array_equal(held.take(5), sound[9:])
    assert held.take(5).shape == (0, 2)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_32", "DOUBLE"])
def test_chunks_are_the_file_sample_by_sample(tmp_path, noise, subtype):
    soundfile.write(tmp_path / "a.wav", noise / 2, RATE, subtype=subtype)
    with opened(tmp_path / "a.wav") as sound:
        assert (sound.sample_rate_hz, sound.n_channels, sound.subtype) == (RATE, 2, subtype)
        found = np.concatenate(list(sound.chunks(10_000)))
    np.testing.assert_array_equal(found, soundfile.read(tmp_path / "a.wav")[0])


@needs_ffmpeg
@pytest.mark.parametrize(("depth", "subtype"), [("s16", "PCM_16"), ("s32", "PCM_24")])
def test_a_flac_from_a_pipe_keeps_its_bit_depth(tmp_path, noise, depth, subtype):
    soundfile.write(tmp_path / "a.wav", noise / 2, RATE, subtype="PCM_24")
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.wav"), "-sample_fmt", depth]
    with (tmp_path / "piped.flac").open("wb") as out:
        subprocess.run([*command, "-f", "flac", "-"], stdout=out, check=True)
    info = sound_info(tmp_path / "piped.flac")
    assert (info.n_samples, info.subtype) == (len(noise), subtype)
    if subtype == "PCM_24":
        found = read_sound(tmp_path / "piped.flac").samples
        np.testing.assert_array_equal(found, soundfile.read(tmp_path / "a.wav", dtype="float32")[0])


@needs_ffmpeg
def test_a_decoder_that_nobody_reads_to_the_end_is_stopped(tmp_path, noise):
    soundfile.write(tmp_path / "a.wav", np.tile(noise, (20, 1)), RATE)
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.wav"), str(tmp_path / "a.m4a")]
    subprocess.run(command, check=True)
    with opened(tmp_path / "a.m4a") as sound:
        chunks = sound.chunks()
        assert len(next(chunks))
    with pytest.raises((InputError, ValueError)):
        list(chunks)


def test_info_is_of_the_whole_file(tmp_path, noise):
    soundfile.write(tmp_path / "a.wav", noise / 2, RATE, subtype="DOUBLE")
    info = sound_info(tmp_path / "a.wav")
    assert (info.n_samples, info.n_channels, info.sample_rate_hz) == (70_001, 2, RATE)
    assert info.level == pytest.approx(np.sqrt(np.mean((noise / 2) ** 2)))
    assert info.peak == np.abs(noise / 2).max()
    assert info.duration_s == 70_001 / info.sample_rate_hz


def test_a_bar_is_shown_to_who_asks_for_it_only(tmp_path, noise, monkeypatch, capsys):
    """A check has one bar of its own, and its workers share the terminal."""
    soundfile.write(tmp_path / "a.wav", noise / 2, RATE)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    sound_info(tmp_path / "a.wav")
    assert capsys.readouterr().err == ""
    sound_info(tmp_path / "a.wav", with_bar=True)
    assert "a.wav: reading" in capsys.readouterr().err


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_info_tells_where_a_sample_is_not_finite(tmp_path, noise, bad):
    noise[60_000] = bad
    soundfile.write(tmp_path / "a.wav", noise, RATE, subtype="FLOAT")
    with pytest.raises(InputError, match="NaN or infinity"):
        sound_info(tmp_path / "a.wav")


@pytest.mark.parametrize(("from_hz", "to_hz"), [(48000, 44100), (8192, 44100), (44100, 44100)])
def test_resampling_a_stream_keeps_time(from_hz, to_hz):
    t = np.arange(2 * from_hz)[:, None] / from_hz
    sound = np.sin(2 * np.pi * 440 * t) * np.hanning(len(t))[:, None]
    parts = (sound[i : i + 777] for i in range(0, len(sound), 777))
    found = np.concatenate(list(resampled(parts, from_hz, to_hz, 2 * to_hz)))
    t = np.arange(2 * to_hz)[:, None] / to_hz
    window = 0.5 - 0.5 * np.cos(np.pi * t)
    assert found.shape == t.shape
    np.testing.assert_allclose(found, np.sin(2 * np.pi * 440 * t) * window, atol=2e-3)


def test_decoders_in_threads_leave_standard_error_as_it_was(capfd):
    """Each saves and restores the process's descriptor: crosswise, one would save the other's."""
    inside, outside = threading.Event(), threading.Event()

    def first():
        with quiet_decoder():
            inside.set()
            outside.wait(0.3)

    def second():
        inside.wait()
        with quiet_decoder():
            outside.set()

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"
