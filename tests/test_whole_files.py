"""Files that were cut off, joined, or do not say how long they are: all of them, or told."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import read_sound, sound_info
from vocal_separation_sanity_check.sound.counted_frames import CountedFrames
from vocal_separation_sanity_check.sound.libsndfile import PlainFile
from vocal_separation_sanity_check.sound.mpeg_frames import frames_of

RATE_HZ = 44_100
LENGTH_S = 6.8
FRAME = 1152
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed"),
]


def encoded(folder: Path, name: str, *options: str, rate_hz: int = RATE_HZ) -> Path:
    """A sound whose bit rate varies much: half of it noise, half of it nearly silent."""
    n_samples = round(rate_hz * LENGTH_S)
    sound = 0.2 * np.random.default_rng(1).standard_normal((n_samples, 2))
    sound[n_samples // 2 :] *= 0.01
    soundfile.write(folder / "plain.wav", sound, rate_hz)
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(folder / "plain.wav"), *options]
    subprocess.run([*command, str(folder / name)], check=True)
    return folder / name


@pytest.mark.parametrize("quality", [["-q:a", "4"], ["-b:a", "128k"]])
@pytest.mark.parametrize("rate_hz", [44_100, 22_050])
def test_an_mp3_that_does_not_say_its_length_is_read_to_the_end(tmp_path, quality, rate_hz):
    said = read_sound(encoded(tmp_path, "said.mp3", *quality, rate_hz=rate_hz)).samples
    path = encoded(tmp_path, "a.mp3", *quality, "-write_xing", "0", rate_hz=rate_hz)
    found = read_sound(path).samples
    assert sound_info(path).n_samples == len(found)
    delay = FRAME // 2  # of the encoder; of it, the header would have told
    assert len(said) == round(LENGTH_S * rate_hz)
    np.testing.assert_allclose(found[delay : delay + len(said)], said, atol=1e-6)


def test_joined_mp3_files_are_read_to_the_end(tmp_path):
    part = encoded(tmp_path, "part.mp3", "-q:a", "4")
    (tmp_path / "a.mp3").write_bytes(2 * part.read_bytes())
    found = read_sound(tmp_path / "a.mp3").samples
    n_part = round(LENGTH_S * RATE_HZ)
    assert 2 * n_part <= len(found) <= 2 * n_part + 4 * FRAME
    loud = np.abs(found).max(axis=1) > 0.1
    halves = [loud[begin:][: n_part // 2].mean() for begin in (0, n_part + FRAME)]
    assert halves[1] == pytest.approx(halves[0], rel=0.1)


def test_joined_mp3_files_at_different_rates_are_told(tmp_path):
    one = encoded(tmp_path, "one.mp3", "-q:a", "4").read_bytes()
    other = encoded(tmp_path, "other.mp3", "-q:a", "4", "-ar", "48000").read_bytes()
    (tmp_path / "a.mp3").write_bytes(one + other)
    with pytest.raises(InputError, match="goes on at another sampling rate midway"):
        read_sound(tmp_path / "a.mp3")


def test_what_follows_the_last_frame_is_no_sound(tmp_path):
    path = encoded(tmp_path, "a.mp3", "-q:a", "4", "-write_xing", "0", "-id3v2_version", "3")
    before = read_sound(path).samples
    noise = np.random.default_rng(2).integers(0, 256, 200_000, np.uint8).tobytes()
    path.write_bytes(path.read_bytes() + b"APETAGEX" + noise)
    np.testing.assert_array_equal(read_sound(path).samples, before)


def test_the_number_of_frames_is_the_only_thing_put_in(tmp_path):
    path = encoded(tmp_path, "a.mp3", "-q:a", "4", "-write_xing", "0", "-id3v2_version", "3")
    with PlainFile(path) as file:
        frames = frames_of(file)
        assert frames.n_said is None
        counted = CountedFrames(file, frames)
        content = counted.read()
        front = content[: -(path.stat().st_size - frames.begin)]
        assert content[len(front) :] == path.read_bytes()[frames.begin :]
        assert int.from_bytes(front[front.index(b"Xing") + 8 :][:4], "big") == frames.n_frames
        assert counted.seek(-10, 2) == len(content) - 10
        assert counted.read() == content[-10:]
        assert counted.seek(len(front) - 3) == counted.tell()
        assert counted.read(6) == content[len(front) - 3 :][:6]
        assert counted.seek(-5) == counted.tell() == len(front) + 3


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.999])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.ogg", ["-c:a", "libvorbis"]),
        ("flac.oga", ["-c:a", "flac"]),
        ("a.mka", ["-c:a", "pcm_s16le"]),
        ("a.webm", ["-c:a", "libopus", "-ar", "48000"]),
        ("a.mp2", []),
        ("unsaid.mp3", ["-q:a", "4", "-write_xing", "0"]),
    ],
)
def test_a_cut_off_file_is_told(tmp_path, name, options, share):
    path = encoded(tmp_path, name, *options)
    whole = path.read_bytes()
    assert len(read_sound(path).samples) > 0.99 * LENGTH_S * RATE_HZ
    path.write_bytes(whole[: int(share * len(whole)) // 7 * 7])
    with pytest.raises(InputError, match="cut off before its end"):
        read_sound(path)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.ogg", ["-c:a", "libvorbis"]),
        ("a.opus", ["-ar", "48000"]),
        ("flac.oga", ["-c:a", "flac"]),
        ("a.mka", ["-c:a", "pcm_s16le"]),
        ("a.webm", ["-c:a", "libopus", "-ar", "48000"]),
    ],
)
def test_what_is_missing_in_the_middle_is_told(tmp_path, name, options):
    path = encoded(tmp_path, name, *options)
    whole = path.read_bytes()
    begin = len(whole) // 2
    damaged = [whole[:begin] + whole[begin + 999 :]]
    if b"OggS" in whole:
        begin = whole.index(b"OggS", begin)
        end = whole.index(b"OggS", begin + 4)
        damaged += [whole[:begin] + whole[end:], whole[: end - 9] + b"?" + whole[end - 8 :]]
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(InputError, match="damaged or cut off"):
            read_sound(path)


@pytest.mark.parametrize("bad", [b"\0" * 12, b"\x01" * 12, b"\xff" * 12, b"\x1a\x45\xdf\xa3"])
@pytest.mark.parametrize("place", [0, 4, 20, 50])
def test_a_damaged_matroska_header_is_no_surprise(tmp_path, bad, place):
    path = encoded(tmp_path, "a.mka", "-c:a", "pcm_s16le")
    content = path.read_bytes()
    path.write_bytes((content[:place] + bad + content[place + len(bad) :])[:5000])
    with pytest.raises(InputError, match=r"damaged or cut off|is not a sound file"):
        read_sound(path)


def test_recordings_one_after_another_are_told(tmp_path):
    path = encoded(tmp_path, "a.ogg", "-c:a", "libvorbis")
    path.write_bytes(2 * path.read_bytes())
    with pytest.raises(InputError, match="several recordings, one after another"):
        read_sound(path)


def test_a_stream_that_cannot_say_its_length_is_taken(tmp_path):
    """A Matroska file that was written to a pipe."""
    path = tmp_path / "a.mka"
    encoded(tmp_path, "seekable.mka", "-c:a", "pcm_s16le")
    with path.open("wb") as out:
        command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "seekable.mka"), "-c", "copy"]
        subprocess.run([*command, "-f", "matroska", "pipe:1"], stdout=out, check=True)
    assert len(read_sound(path).samples) == round(LENGTH_S * RATE_HZ)
