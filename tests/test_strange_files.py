"""Files that are no sound, or sound that nobody can mean: refused by what they are, at once."""

import os
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from unet.songs.stems import read_stem_mp4
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.sound import open_mono, read_sound, reading, sound_info
from vocal_separation_sanity_check.sound.checks import checked_signal

RATE_HZ = 44_100
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def noise(length_s=1.5):
    shape = (round(RATE_HZ * length_s), 2)
    return 0.1 * np.random.default_rng(3).standard_normal(shape).astype(np.float32)


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nother.{}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile other.{}\n",
    "dash": '<?xml version="1.0"?><MPD type="static"><Period><AdaptationSet><Representation id="1">'
    "<BaseURL>other.{}</BaseURL></Representation></AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    "words": "these are words and no sound\n" * 40,
}


@needs_ffmpeg
@pytest.mark.slow
@pytest.mark.parametrize("name", ["list.wav", "list.m3u8", "list.m4a", "a.stem.mp4"])
@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("other", ["ts", "mp3"])
def test_playlists_are_not_followed(tmp_path, monkeypatch, kind, name, other):
    monkeypatch.chdir(tmp_path)
    soundfile.write("other.wav", noise(), RATE_HZ)
    command = ["ffmpeg", "-v", "error", "-i", "other.wav", f"other.{other}"]
    subprocess.run(command, check=True)
    (tmp_path / name).write_text(PLAYLISTS[kind].format(other))
    with pytest.raises(InputError, match="is not a sound file"):
        read_sound(tmp_path / name)
    if name == "a.stem.mp4":
        with pytest.raises(InputError, match="is not an MP4 file"):
            read_stem_mp4(tmp_path / name)


@needs_ffmpeg
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.m4a", []),
        ("alac.m4a", ["-c:a", "alac"]),
        ("a.mov", ["-c:a", "pcm_s16le"]),
        ("a.mka", []),
        ("a.webm", ["-c:a", "libopus", "-ar", "48000"]),
        ("a.wma", []),
        ("a.avi", []),
        ("a.flv", ["-c:a", "aac"]),
        ("a.ts", ["-c:a", "aac"]),
        ("a.mpg", ["-c:a", "mp2"]),
        ("a.aac", []),
        ("tagged.aac", ["-write_id3v2", "1", "-metadata", "title=a"]),
        ("a.ac3", []),
        ("a.eac3", []),
        ("a.dts", ["-c:a", "dca", "-strict", "-2"]),
        ("a.wv", []),
        ("a.tta", []),
        ("flac.oga", ["-c:a", "flac"]),
        ("adpcm.wav", ["-c:a", "adpcm_yamaha"]),
        ("opus.caf", ["-c:a", "libopus", "-ar", "48000"]),
    ],
)
def test_the_name_decides_nothing(tmp_path, name, options):
    soundfile.write(tmp_path / "plain.wav", noise(), RATE_HZ)
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "plain.wav"), *options]
    subprocess.run([*command, str(tmp_path / name)], check=True)
    (tmp_path / name).rename(tmp_path / "a.txt")
    sound = read_sound(tmp_path / "a.txt")
    assert len(sound.samples) == pytest.approx(1.5 * sound.sample_rate_hz, rel=0.07)
    assert 0.05 < sound.samples.std() < 0.12


@pytest.mark.parametrize("bad", [3e38, -1e18, 1.1e7])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_what_only_damage_can_mean_is_refused(tmp_path, bad, n_channels):
    sound = noise()[:, :n_channels]
    sound[RATE_HZ + 5, -1] = bad
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype="FLOAT")
    message = f"holds a sample of {abs(bad):.2g}".replace("+", r"\+")
    for read in (read_sound, sound_info):
        with pytest.raises(InputError, match=f"a.wav, near second 1, {message}"):
            read(tmp_path / "a.wav")
    with pytest.raises(InputError, match=message):
        open_mono(tmp_path / "a.wav", RATE_HZ)
    with pytest.raises(InputError, match=r"wanted at most 1e\+07"):
        checked_signal(sound[:, -1], "it")


def test_whole_numbers_taken_for_floats_are_read(tmp_path):
    sound = noise() * 2**23
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype="FLOAT")
    np.testing.assert_array_equal(read_sound(tmp_path / "a.wav").samples, sound)


@pytest.mark.parametrize("kind", ["a.flac", pytest.param("piped.flac", marks=needs_ffmpeg)])
@pytest.mark.parametrize("limit", ["LONGEST_S", "MOST_VALUES"])
def test_what_no_memory_could_hold_is_refused(tmp_path, monkeypatch, kind, limit):
    soundfile.write(tmp_path / "a.flac", noise(), RATE_HZ)
    if kind == "piped.flac":
        command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.flac"), "-f", "flac", "-"]
        with (tmp_path / kind).open("wb") as out:
            subprocess.run(command, stdout=out, check=True)
    monkeypatch.setattr(reading, limit, 1.4 if limit == "LONGEST_S" else 2 * RATE_HZ)
    with pytest.raises(InputError, match=r"holds more than 0\.000(39|28) hours of sound"):
        read_sound(tmp_path / kind)
    assert sound_info(tmp_path / kind).n_samples == len(noise())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_pipes_and_devices_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    for read in (read_sound, sound_info, lambda path: open_mono(path, RATE_HZ)):
        with pytest.raises(InputError, match=r"a\.wav: it is a pipe, wanted a file"):
            read(tmp_path / "a.wav")
    with pytest.raises(InputError, match="it is a device"):
        read_sound(os.devnull)
