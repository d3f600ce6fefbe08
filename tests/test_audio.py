"""Sound files of every kind, whole and damaged."""

import errno
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import writing
from vocal_separation_sanity_check.sound.reading import read_mono, read_sound
from vocal_separation_sanity_check.sound.writing import write_wav

RATE_HZ = 44100
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def tone(rate_hz=RATE_HZ, length_s=1.5, n_channels=2, pitch_hz=440.0):
    at_s = np.arange(round(rate_hz * length_s)) / rate_hz
    wave = 0.5 * np.sin(2 * np.pi * pitch_hz * at_s)
    return np.repeat(wave[:, None], n_channels, axis=1).astype(np.float32)


def ffmpeg(source: Path, *options: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(source), *options], check=True)


FORMATS = {
    "a.wav": ("WAV", "PCM_16", 1e-4),
    "b.WAV": ("WAV", "PCM_24", 1e-6),
    "c.wav": ("WAV", "FLOAT", 0),
    "d.flac": ("FLAC", "PCM_24", 1e-6),
    "e.ogg": ("OGG", "VORBIS", 0.1),
    "g.aiff": ("AIFF", "PCM_16", 1e-4),
    "h.w64": ("W64", "PCM_16", 1e-4),
    "-dash: päir \u4e16.wav": ("WAV", "PCM_24", 1e-6),
}


@pytest.mark.parametrize("name", FORMATS)
def test_reads_what_libsndfile_reads(tmp_path, name):
    container, subtype, tolerance = FORMATS[name]
    signal = tone()
    soundfile.write(tmp_path / name, signal, RATE_HZ, format=container, subtype=subtype)
    sound = read_sound(tmp_path / name)
    assert sound.sample_rate_hz == RATE_HZ
    assert sound.samples.dtype == np.float32
    np.testing.assert_allclose(sound.samples, signal, atol=tolerance)


@pytest.mark.parametrize(
    ("name", "subtype", "rate_hz"), [("a.mp3", None, 44100), ("a.opus", "OPUS", 48000)]
)
def test_reads_lossy_formats(tmp_path, name, subtype, rate_hz):
    container = "OGG" if subtype else "MP3"
    signal = tone(rate_hz)
    soundfile.write(tmp_path / name, signal, rate_hz, format=container, subtype=subtype)
    sound = read_sound(tmp_path / name)
    assert sound.samples.shape == signal.shape
    assert np.corrcoef(sound.samples[:, 0], signal[:, 0])[0, 1] > 0.98


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.m4a", "-odd: name'.mp4", "piped.flac"])
def test_reads_other_formats_through_ffmpeg(tmp_path, name):
    soundfile.write(tmp_path / "a.wav", tone(), RATE_HZ)
    if name == "piped.flac":
        with (tmp_path / name).open("wb") as out:
            command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.wav"), "-f", "flac", "-"]
            subprocess.run(command, stdout=out, check=True)
    else:
        ffmpeg(tmp_path / "a.wav", f"file:{tmp_path / name}")
    sound = read_sound(tmp_path / name)
    assert sound.sample_rate_hz == RATE_HZ
    assert sound.samples.shape[1] == 2
    assert abs(len(sound.samples) - len(tone())) < 4096
    assert 0.4 < np.abs(sound.samples).max() < 0.6


@needs_ffmpeg
def test_streamed_wav_of_unknown_length_is_whole(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(), RATE_HZ)
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.wav"), "-f", "wav", "-"]
    with (tmp_path / "piped.wav").open("wb") as out:
        subprocess.run(command, stdout=out, check=True)
    assert read_sound(tmp_path / "piped.wav").samples.shape == tone().shape


def test_says_that_ffmpeg_is_missing(tmp_path, monkeypatch):
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x1cftypM4A " + bytes(500))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(InputError, match="need ffmpeg, which is not installed"):
        read_sound(tmp_path / "a.m4a")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
@pytest.mark.parametrize("name", [*list(FORMATS)[:7], "a.mp3", "a.opus", "a.m4a"])
def test_notices_a_cut_off_file(tmp_path, capfd, name, share):
    rng = np.random.default_rng(0)
    signal = (0.1 * rng.standard_normal((48000 * 4, 2))).astype(np.float32)
    if name == "a.m4a":
        if shutil.which("ffmpeg") is None:
            pytest.skip("ffmpeg is not installed")
        soundfile.write(tmp_path / "whole.wav", signal, 48000)
        ffmpeg(tmp_path / "whole.wav", "-movflags", "+faststart", str(tmp_path / name))
    else:
        container, subtype = {"a.mp3": ("MP3", None), "a.opus": ("OGG", "OPUS")}.get(
            name
        ) or FORMATS[name][:2]
        soundfile.write(tmp_path / name, signal, 48000, format=container, subtype=subtype)
    read_sound(tmp_path / name)
    encoded = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(encoded[: int(len(encoded) * share)])
    with pytest.raises(InputError, match=r"cut off|not a sound file"):
        read_sound(tmp_path / name)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"these are words, not sound\n" * 50, "is not a sound file"),
        (b"RIFF", "is not a sound file"),
        (bytes(4000), "is not a sound file"),
    ],
)
@needs_ffmpeg
def test_refuses_what_is_no_sound(tmp_path, content, message):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_sound(tmp_path / "a.wav")


def test_refuses_missing_files_and_folders(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*No such file"):
        read_sound(tmp_path / "a.wav")
    with pytest.raises(InputError, match=r"cannot read .*: it is a folder"):
        read_sound(tmp_path)


def test_refuses_no_samples(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 2)), RATE_HZ)
    with pytest.raises(InputError, match="0 samples"):
        read_sound(tmp_path / "a.wav")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_refuses_what_is_not_finite(tmp_path, bad):
    signal = tone()
    signal[1000] = bad
    soundfile.write(tmp_path / "a.wav", signal, RATE_HZ, subtype="FLOAT")
    with pytest.raises(InputError, match="NaN or infinity"):
        read_sound(tmp_path / "a.wav")


def test_refuses_an_absurd_rate(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(), 5)
    with pytest.raises(InputError, match="claims 5 samples a second"):
        read_sound(tmp_path / "a.wav")


def test_peaks_above_one_are_read_as_they_are(tmp_path):
    soundfile.write(tmp_path / "a.wav", 6 * tone(), RATE_HZ, subtype="FLOAT")
    assert np.abs(read_sound(tmp_path / "a.wav").samples).max() == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize("n_channels", [1, 2, 6])
@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 192000])
def test_mono_at_any_rate_keeps_time_and_level(tmp_path, rate_hz, n_channels):
    soundfile.write(tmp_path / "a.wav", tone(rate_hz, 1.5, n_channels), rate_hz, subtype="FLOAT")
    mono = read_mono(tmp_path / "a.wav", 22050)
    wanted = tone(22050, 1.5, 1)[:, 0]
    assert mono.dtype == np.float32
    assert mono.shape == wanted.shape
    inside = slice(2000, -2000)
    np.testing.assert_allclose(mono[inside], wanted[inside], atol=1e-4)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_channels_that_cancel_are_not_lost(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", tone() * [0.5, -0.5], RATE_HZ, subtype=subtype)
    mono = read_mono(tmp_path / "a.wav", RATE_HZ)
    np.testing.assert_allclose(mono, 0.5 * tone()[:, 0], atol=1e-4)


def test_silence_is_refused(tmp_path):
    soundfile.write(tmp_path / "silent.wav", 0 * tone(), RATE_HZ)
    with pytest.raises(InputError, match="holds only silence"):
        read_mono(tmp_path / "silent.wav", 22050)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_wav_round_trip_in_24_bits(tmp_path, n_channels):
    signal = tone(n_channels=n_channels)
    signal[:2] = [[1.0], [-1.0]]
    write_wav(tmp_path / "a.wav", signal, RATE_HZ)
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_24"
    np.testing.assert_allclose(read_sound(tmp_path / "a.wav").samples, signal, atol=2.0**-22)


@pytest.mark.parametrize("bad", [1.001, -1.5, np.nan, np.inf])
def test_never_clips_in_silence(tmp_path, bad):
    signal = tone()
    signal[5, 0] = bad
    with pytest.raises(InputError, match="would clip"):
        write_wav(tmp_path / "a.wav", signal, RATE_HZ)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("failure", "raised"),
    [(OSError(errno.ENOSPC, "No space left on device"), InputError), (KeyboardInterrupt(),) * 2],
)
def test_a_failing_write_keeps_the_old_file(tmp_path, monkeypatch, failure, raised):
    write_wav(tmp_path / "a.wav", tone(), RATE_HZ)
    before = (tmp_path / "a.wav").read_bytes()

    def half_a_sound(signal):
        yield signal[:100]
        raise failure

    monkeypatch.setattr(writing, "pieces", half_a_sound)
    with pytest.raises(raised if isinstance(raised, type) else type(raised)):
        write_wav(tmp_path / "a.wav", 0.5 * tone(), RATE_HZ)
    assert (tmp_path / "a.wav").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
